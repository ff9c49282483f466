//! What observers learn, and when.

use std::sync::{Arc, Mutex};

use lockstep_core::journal::Commit;
use lockstep_core::outcome::Update;
use lockstep_core::run::{Change, Status};
use lockstep_test_support::script::{deed, work};

use super::lab::{Told, completed, run, script, settings, start};
use super::sums::{plain, run_on};
use crate::{Attempt, Host, Observer, Settings};

/// Notes what was written and what began, in the order the loop told it.
#[derive(Default)]
struct Notes(Mutex<Vec<(u64, &'static str)>>);

impl Observer for Notes {
    fn began(&self, attempt: &Attempt) {
        self.0.lock().unwrap().push((attempt.delivery.0, "began"));
    }

    fn committed(&self, commit: &Commit) {
        let made = commit.records.iter().filter(|record| matches!(record.change, Change::Delivery { .. }));
        self.0.lock().unwrap().extend(made.map(|record| (record.seq.0, "written")));
    }
}

#[tokio::test]
async fn nothing_begins_before_its_delivery_is_written_where_no_run_may_go_ahead() {
    let notes = Arc::new(Notes::default());
    let host = Host::new(Settings { observers: vec![notes.clone()], ahead: 0, ..settings() });
    run_on(&host, &plain(), 1, 6).await;
    let notes = notes.0.lock().unwrap();
    assert_eq!(notes.len(), 2 * 8, "each is written and begun once");
    for (delivery, _) in notes.iter().filter(|(_, what)| *what == "began") {
        let first = notes.iter().find(|(of, _)| of == delivery).unwrap();
        assert_eq!(first.1, "written");
    }
}

fn names(all: &[(Attempt, Update)]) -> Vec<(u32, &str)> {
    all.iter().map(|(attempt, update)| (attempt.attempt, &*update.name)).collect()
}

#[tokio::test]
async fn what_a_failed_attempt_has_published_is_withdrawn_and_the_rest_is_kept_once() {
    for reload in [false, true] {
        let told = Told::new();
        let host = Host::new(Settings { reload, observers: vec![told.clone()], ..settings() });
        let deeds =
            [deed("publish", "token").value("1"), deed("fail", "").n(2), deed("publish", "rest").value("2")];
        let rest = run(&host, &script("retry = { initial = \"1ms\" }"), 1, &[work(&deeds)]).await;
        assert_eq!(completed(&rest), "{\"n\":1}");
        let seen = told.seen();
        assert_eq!(names(&seen.published), [(1, "token"), (2, "token"), (2, "rest")]);
        assert_eq!(seen.withdrawn.iter().map(|attempt| attempt.attempt).collect::<Vec<_>>(), [1]);
        let kept = seen.changes().filter_map(|change| match change {
            Change::Update { attempt, name, payload, .. } => {
                Some((*attempt, &**name, payload.as_ref()?.as_str()))
            }
            _ => None,
        });
        assert_eq!(kept.collect::<Vec<_>>(), [(2, "token", "1"), (2, "rest", "2")]);
    }
}

#[tokio::test]
async fn what_a_cut_attempt_has_published_is_withdrawn() {
    let told = Told::new();
    let host = Host::new(Settings { observers: vec![told.clone()], ..settings() });
    let spins = work(&[deed("publish", "token").value("1"), deed("spin", "")]);
    let handle = start(&host, &script(""), 1, &[spins]).await;
    told.until(|seen| !seen.published.is_empty()).await;
    host.ask(handle.id(), crate::Request::Cancel).await.unwrap();
    assert_eq!(handle.rest().await.unwrap().status, Status::Cancelled);
    told.until(|seen| seen.withdrawn.len() == 1).await;
}

#[tokio::test]
async fn what_a_stopped_attempt_has_published_is_withdrawn() {
    let told = Told::new();
    let host = Host::new(Settings { observers: vec![told.clone()], ..settings() });
    let spins = work(&[deed("publish", "token").value("1"), deed("spin", "")]);
    start(&host, &script(""), 1, &[spins]).await;
    told.until(|seen| !seen.published.is_empty()).await;
    host.stop().await;
    assert_eq!(told.seen().withdrawn.len(), 1);
}
