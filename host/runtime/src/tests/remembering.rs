//! What attempts see of the state of their run, and what becomes of those that were overtaken.

use std::sync::{Arc, Mutex, mpsc};

use lockstep_core::outcome::{Interruption, Outcome, Update};
use lockstep_core::run::Change;
use lockstep_journal::Memory;
use lockstep_test_support::script::{deed, work};

use super::disturbed::{Call, Disturbed, Fate, writes};
use super::lab::{Seen, Told, changes, completed, done, id, on, read, run, script, soon, start, state};
use crate::{Attempt, Host, Observer, Settings};

#[tokio::test]
async fn attempts_that_overtake_each_other_lose_nothing_and_cost_nothing() {
    for reload in [false, true] {
        let memory = Arc::new(Memory::new());
        let host = Host::new(Settings { reload, ..on(memory.clone()) });
        let parts = [(); 12].map(|()| work(&[deed("grow", "text").times(2), deed("add", "count").n(1)]));
        assert_eq!(completed(&run(&host, &script(""), 1, &parts).await), "{\"n\":12}");
        let text = format!("\"{}\"", "x".repeat(24));
        let expected = [("count", "12"), ("gathered", "1"), ("text", &text)];
        assert_eq!(
            state(&read(&*memory, &id(1)).await),
            expected.map(|(key, value)| (key, value.to_owned()))
        );
        let attempts = changes(&*memory, &id(1)).await.into_iter().filter_map(|change| match change {
            Change::Attempt { attempt, .. } => Some(attempt),
            _ => None,
        });
        assert_eq!(attempts.collect::<Vec<_>>(), [1; 14]);
    }
}

/// Holds an attempt that publishes until the test lets it go.
struct Holds(Mutex<mpsc::Receiver<()>>);

impl Observer for Holds {
    fn published(&self, attempt: &Attempt, _: &Update) {
        if attempt.attempt == 1 {
            // Whoever is let go a second time finds nobody there.
            let _ = self.0.lock().unwrap().recv();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_attempt_sees_only_what_is_written_and_begins_anew_when_that_changes() {
    let mut held = false;
    let journal = Disturbed::new(move |call| match call {
        Call::Commit(group) if !held && writes(group, "word") => {
            held = true;
            Fate::Waits
        }
        _ => Fate::Goes,
    });
    let (told, (release, holds)) = (Told::new(), mpsc::channel());
    let holds = Arc::new(Holds(Mutex::new(holds)));
    let host = Host::new(Settings { observers: vec![told.clone(), holds], ..on(journal.clone()) });
    let parts = [
        work(&[deed("set", "word").value("1")]),
        work(&[
            deed("publish", "before").value("0"),
            deed("get", "word"),
            deed("publish", "after").value("0"),
        ]),
    ];
    let handle = start(&host, &script(""), 1, &parts).await;
    journal.caught().await;
    // What the first part has set is decided, and not yet written.
    release.send(()).unwrap();
    told.until(|seen| seen.published.iter().any(|(_, update)| &*update.name == "after")).await;
    release.send(()).unwrap();
    drop(release);
    journal.release();
    assert_eq!(completed(&soon(handle.rest()).await.unwrap()), "{\"n\":2}");
    assert_eq!(
        first_told(&told.seen()).as_deref(),
        Some(r#"{"value":null,"all":[]}"#),
        "nobody sees what is not written"
    );
    assert_eq!(told.seen().withdrawn.len(), 1);
    assert!(done(&changes(&*journal, &id(1)).await).contains(&r#"{"value":"1","all":[]}"#));
}

/// What the first of the attempts came back with that have published anything.
fn first_told(seen: &Seen) -> Option<String> {
    seen.reported.iter().find_map(|(_, outcome)| match outcome {
        Outcome::Emitted(emitted) if !emitted.updates.is_empty() => {
            Some(emitted.events[0].payload.to_string())
        }
        Outcome::Interrupted(Interruption::Conflict) => Some("interrupted at once".into()),
        _ => None,
    })
}
