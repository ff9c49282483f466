//! Checks of the order in which runs want to be woken.

use std::sync::Arc;

use lockstep_core::event::Timestamp;
use lockstep_core::journal::{Due, Journal, Summary};
use lockstep_core::run::RunId;
use lockstep_core::workflow::Revision;

use super::records::commit_with;
use super::{refused, run, wait, write};

/// The soonest first, at one time by id, and none that wants no waking.
pub fn runs_are_woken_soonest_first(journal: &dyn Journal) {
    let times = [Some(30), None, Some(10), Some(10), Some(0), Some(10), None];
    (0..).zip(times).for_each(|(which, at)| begin(journal, which, at));
    let mut tens = [run(2), run(3), run(5)];
    tens.sort();
    let [a, b, c] = tens.map(|id| (Timestamp(10), id));
    assert_eq!(due(journal, None, 9), [(Timestamp(0), run(4)), a, b, c, (Timestamp(30), run(0))]);
}

/// Whoever asks for those after the last that it was told, sees each once, also where many want to
/// be woken at one time.
pub fn pages_of_waking_follow_each_other(journal: &dyn Journal) {
    (0..11).for_each(|which| begin(journal, which, Some(which / 4 * 5)));
    let all = due(journal, None, 99);
    assert_eq!(all.len(), 11);
    for limit in 1..4 {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = due(journal, after.clone(), limit);
            assert!(page.len() <= limit as usize);
            let Some(last) = page.last().cloned() else { break };
            seen.extend(page);
            after = Some(last);
        }
        assert_eq!(seen, all, "{limit} a page");
    }
    assert_eq!(due(journal, None, 0), []);
    let end_of_five = due(journal, Some((Timestamp(5), RunId::named("~"))), 99);
    assert_eq!(end_of_five, all[8..], "what it comes after need not be there");
}

/// A run that moves on is woken at its new time, or not at all.
pub fn a_run_is_woken_at_its_newest_time(journal: &dyn Journal) {
    (1..=3).for_each(|which| begin(journal, which, Some(which)));
    let later = |which, at: Option<u64>| commit_with(which, 2..=2, |summary| wake(summary, "r1", at));
    write(journal, vec![later(1, Some(9)), later(2, None)]);
    refused(journal, vec![commit_with(3, 9..=9, |summary| wake(summary, "r1", None))]);
    assert_eq!(due(journal, None, 9), [(Timestamp(3), run(3)), (Timestamp(9), run(1))]);
}

/// Another revision is another owner's, or nobody's.
pub fn runs_of_another_revision_are_not_woken(journal: &dyn Journal) {
    let revisions = ["r1", "r", "r10", "R1", ""];
    for (which, revision) in (0..).zip(revisions) {
        write(journal, vec![commit_with(which, 1..=1, |summary| wake(summary, revision, Some(0)))]);
    }
    for (which, revision) in (0..).zip(revisions) {
        let own = Due { revision: Revision::named(revision), after: None, limit: 9 };
        assert_eq!(wait(journal.due(&own)).expect("what is due"), [(Timestamp(0), run(which))]);
    }
    let other = Due { revision: Revision::named("r2"), after: None, limit: 9 };
    assert_eq!(wait(journal.due(&other)).expect("what is due"), []);
}

/// Times beyond what databases count come after all others, in the order of ids.
pub fn the_end_of_time_comes_last(journal: &dyn Journal) {
    let end = i64::MAX as u64;
    let times = [u64::MAX, 1, end - 1, end, end + 1];
    (0..).zip(times).for_each(|(which, at)| begin(journal, which, Some(at)));
    let mut last = [run(0), run(3), run(4)];
    last.sort();
    let [a, b, c] = last.map(|id| (Timestamp(end), id));
    let rest = [b.clone(), c];
    assert_eq!(
        due(journal, None, 9),
        [(Timestamp(1), run(1)), (Timestamp(end - 1), run(2)), a.clone(), rest[0].clone(), rest[1].clone()]
    );
    assert_eq!(due(journal, Some(a.clone()), 9), rest);
    assert_eq!(due(journal, Some((Timestamp(u64::MAX), a.1)), 9), rest);
}

fn begin(journal: &dyn Journal, which: u64, at: Option<u64>) {
    write(journal, vec![commit_with(which, 1..=1, |summary| wake(summary, "r1", at))]);
}

fn wake(summary: &mut Summary, revision: &str, at: Option<u64>) {
    Arc::make_mut(&mut summary.about).revision = Revision::named(revision);
    summary.wake_at = at.map(Timestamp);
}

fn due(journal: &dyn Journal, after: Option<(Timestamp, RunId)>, limit: u32) -> Vec<(Timestamp, RunId)> {
    wait(journal.due(&Due { revision: Revision::named("r1"), after, limit })).expect("what is due")
}
