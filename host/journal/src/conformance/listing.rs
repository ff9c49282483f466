//! Checks of what is known of runs: that a listing tells it, and which runs it lists.

use std::sync::Arc;

use lockstep_core::event::Timestamp;
use lockstep_core::journal::{Journal, Query, Summary};
use lockstep_core::run::{About, Forked, Parent, RunId, Seq, Status};
use lockstep_core::workflow::Revision;

use super::hostile::TEXTS;
use super::records::{commit_with, summary};
use super::{commit, commit_of, listing, refused, run, runs, wait, write};

/// The order is that in which they began, whatever happens to them later.
pub fn runs_are_listed_newest_first(journal: &dyn Journal) {
    assert_eq!(runs(journal, &listing()), []);
    write(journal, vec![commit(1, 1..=1), commit(2, 1..=1)]);
    write(journal, vec![commit(3, 1..=1)]);
    write(journal, vec![commit(1, 2..=2)]);
    assert_eq!(runs(journal, &listing()), [run(3), run(2), run(1)]);
}

/// Everything that a summary says, for each part of it once as small and once as large as it gets.
pub fn a_listing_tells_what_is_known(journal: &dyn Journal) {
    let mut written = Vec::new();
    for (which, text) in (1..).zip([None].into_iter().chain(TEXTS.map(Some))) {
        let known = known(text);
        write(journal, vec![commit_with(which, 1..=1, |summary| *summary = known.clone())]);
        written.insert(0, (run(which), known));
    }
    assert_eq!(wait(journal.runs(&listing())).expect("a listing"), written);
}

fn known(text: Option<&str>) -> Summary {
    let some = || text.map(Into::into);
    let time = if text.is_some() { u64::MAX } else { 0 };
    let count = if text.is_some() { u32::MAX } else { 0 };
    let about = About {
        workflow: text.unwrap_or("plain").into(),
        revision: Revision::named(text.unwrap_or("r1")),
        key: some(),
        alias: some(),
        session: some(),
        continues: text.map(RunId::named),
        parent: text.map(|text| Parent { run: RunId::named(text), delivery: Seq(time) }),
        forked: text.map(|text| Forked { run: RunId::named(text), at: Seq(time) }),
    };
    Summary {
        about: Arc::new(about),
        started_at: Timestamp(time),
        status: Status::Waiting,
        changed_at: Timestamp(time),
        wake_at: text.map(|_| Timestamp(i64::MAX as u64)),
        asking: count,
        parked: count,
    }
}

/// Each status comes back as it went in.
pub fn every_status_comes_back(journal: &dyn Journal) {
    for (which, status) in (1..).zip(Status::ALL) {
        write(journal, vec![commit_with(which, 1..=1, |summary| summary.status = status)]);
    }
    let told = wait(journal.runs(&listing())).expect("a listing");
    let told = told.iter().rev().map(|(_, summary)| summary.status);
    assert!(told.eq(Status::ALL));
}

/// A listing tells what the newest commit with rows said; what was known from the beginning stays.
pub fn a_listing_tells_the_newest(journal: &dyn Journal) {
    write(journal, vec![commit(1, 1..=1)]);
    let now = commit_with(1, 2..=2, |summary| {
        *summary = Summary { status: Status::Completed, wake_at: None, asking: 2, parked: 3, ..known(None) };
    });
    write(journal, vec![commit_of(1, Vec::new()), now.clone(), commit_of(1, Vec::new())]);
    let Summary { about, started_at, .. } = summary(1);
    let told = wait(journal.runs(&listing())).expect("a listing");
    assert_eq!(told, [(run(1), Summary { about, started_at, ..now.summary })]);
}

/// A group that is refused changes nothing of what is known, and no run comes to be by it.
pub fn a_refused_group_is_not_listed(journal: &dyn Journal) {
    write(journal, vec![commit(1, 1..=1)]);
    let ended = commit_with(1, 2..=2, |summary| summary.status = Status::Failed);
    refused(journal, vec![ended, commit(2, 1..=1), commit(3, 2..=2)]);
    refused(journal, vec![commit_with(1, 4..=4, |summary| summary.status = Status::Failed)]);
    let told = wait(journal.runs(&listing())).expect("a listing");
    assert_eq!(told, [(run(1), summary(1))]);
}

/// Each condition of a query leaves out what does not meet it, and all of them together too.
pub fn a_listing_holds_what_was_asked_for(journal: &dyn Journal) {
    let status = |which| if which % 2 == 0 { Status::Waiting } else { Status::Failed };
    for which in 0..32 {
        let begun = commit_with(which, 1..=1, |summary| {
            summary.status = status(which);
            summary.asking = u32::from(which & 2 == 0);
            let about = Arc::make_mut(&mut summary.about);
            about.workflow = if which & 4 == 0 { "one" } else { "two" }.into();
            about.session = (which & 8 == 0).then(|| "s".into());
            about.continues = (which & 16 == 0).then(|| run(7));
        });
        write(journal, vec![begun]);
    }
    let (one, s) = (Some("one".to_owned()), Some("s".to_owned()));
    let waiting = Query { statuses: vec![Status::Waiting], ..listing() };
    let either = Query { statuses: vec![Status::Failed, Status::Paused, Status::Waiting], ..listing() };
    let all = Query {
        workflow: one.clone(),
        session: s.clone(),
        asking: true,
        continues: Some(run(7)),
        ..waiting.clone()
    };
    assert_listed(journal, &waiting, |which| which % 2 == 0);
    assert_listed(journal, &either, |_| true);
    assert_listed(journal, &Query { statuses: vec![Status::Paused], ..listing() }, |_| false);
    assert_listed(journal, &Query { asking: true, ..listing() }, |which| which & 2 == 0);
    assert_listed(journal, &Query { workflow: one, ..listing() }, |which| which & 4 == 0);
    assert_listed(journal, &Query { session: s, ..listing() }, |which| which & 8 == 0);
    assert_listed(journal, &Query { session: Some(String::new()), ..listing() }, |_| false);
    assert_listed(journal, &Query { continues: Some(run(7)), ..listing() }, |which| which & 16 == 0);
    assert_listed(journal, &Query { continues: Some(run(8)), ..listing() }, |_| false);
    assert_listed(journal, &all, |which| which == 0);
    assert_listed(journal, &Query { before: Some(run(5)), ..waiting }, |which| which < 5 && which % 2 == 0);
}

fn assert_listed(journal: &dyn Journal, query: &Query, is_wanted: fn(u64) -> bool) {
    let wanted: Vec<_> = (0..32).rev().filter(|which| is_wanted(*which)).map(run).collect();
    assert_eq!(runs(journal, query), wanted, "{query:?}");
}

/// Whoever asks for those before the last of a page, again and again, sees each run once.
pub fn pages_of_a_listing_follow_each_other(journal: &dyn Journal) {
    write(journal, (0..7).map(|which| commit(which, 1..=1)).collect());
    let page = |before, limit| runs(journal, &Query { before, limit, ..listing() });
    assert_eq!(page(None, 3), [run(6), run(5), run(4)]);
    assert_eq!(page(Some(run(4)), 3), [run(3), run(2), run(1)]);
    assert_eq!(page(Some(run(1)), 3), [run(0)]);
    assert_eq!(page(Some(run(0)), 3), []);
    assert_eq!(page(None, 0), []);
    assert_eq!(page(None, u32::MAX).len(), 7);
    assert_eq!(page(Some(run(99)), 3), [], "nothing began before a run that never did");
}
