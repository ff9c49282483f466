//! A store in a file: what becomes of runs when somebody takes it over, or when it is damaged.

use std::fs::{File, remove_file};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lockstep_core::event::Json;
use lockstep_core::run::QuestionId;
use lockstep_journal::Sqlite;
use lockstep_test_support::script::{deed, event, question};
use tempfile::TempDir;

use super::lab::{Told, completed, id, new, on, read, script, soon, start, state};
use crate::{Error, Host, Reply, Request, Settings, Until};

/// Runs of the store that is damaged.
const RUNS: u128 = 6;
const PAGE: usize = 4096;

fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs.db");
    (folder, path)
}

fn answer(question: QuestionId) -> Request {
    let answer = Json::trusted(event(&[deed("add", "yes").n(1)]).to_string());
    Request::Answer { question, answer, by: None }
}

/// Takes the store over though somebody has it: on some network shares, locks are not.
fn take_over(path: &Path) -> Sqlite {
    remove_file(path.with_extension("db.lock")).unwrap();
    Sqlite::open(path).unwrap()
}

#[tokio::test]
async fn a_host_whose_store_was_taken_over_acknowledges_nothing_and_the_new_owner_goes_on() {
    let (_folder, path) = place();
    let old = Host::new(on(Arc::new(Sqlite::open(&path).unwrap())));
    let handle = start(&old, &script(""), 1, &[question()]).await;
    soon(handle.wait(Until::Rest)).await.unwrap();
    let store = Arc::new(take_over(&path));
    let number = read(&*store, &id(1)).await.questions().next().unwrap().0;
    let fenced = |error: Option<Error>| {
        let told = error.expect("nothing is acknowledged").to_string();
        assert!(told.ends_with("another process has taken this store over; nothing was written"), "{told}");
    };
    fenced(soon(old.ask(&id(1), answer(number))).await.err());
    fenced(soon(old.start(&script(""), new(2, &[]))).await.err());
    let host = Host::new(on(store.clone()));
    host.take_up(&script("")).await.unwrap();
    assert_eq!(soon(host.ask(&id(1), answer(number))).await.unwrap(), Reply::Done);
    assert_eq!(completed(&soon(host.run(id(1)).rest()).await.unwrap()), "{\"n\":1}");
    assert_eq!(state(&read(&*store, &id(1)).await), [("gathered", "1".to_owned()), ("yes", "1".to_owned())]);
    assert!(matches!(host.run(id(2)).rest().await, Err(Error::Unknown { .. })));
}

/// A store with runs that wait for an answer.
async fn asking() -> Vec<u8> {
    let (_folder, path) = place();
    let host = Host::new(on(Arc::new(Sqlite::open(&path).unwrap())));
    for which in 0..RUNS {
        let handle = start(&host, &script(""), which, &[question()]).await;
        soon(handle.wait(Until::Rest)).await.unwrap();
    }
    soon(host.stop()).await;
    while path.with_extension("db-wal").exists() {
        // The last reader closes the file when its thread has ended.
        tokio::task::yield_now().await;
    }
    std::fs::read(&path).unwrap()
}

/// What became of an answer to a run of a damaged store.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Ends,
    Fails,
    Pauses,
}

/// Answers one run on a store of which one page is damaged.
async fn answered(path: &Path, which: u128, number: QuestionId) -> Fate {
    let Ok(store) = Sqlite::open(path) else { return Fate::Fails };
    let told = Told::new();
    let host = Host::new(Settings { observers: vec![told.clone()], ..on(Arc::new(store)) });
    let goes_on = async {
        host.take_up(&script("")).await?;
        host.ask(&id(which), answer(number)).await?;
        host.run(id(which)).rest().await
    };
    tokio::select! {
        rest = soon(goes_on) => match rest {
            Ok(rest) => {
                assert_eq!(completed(&rest), "{\"n\":1}");
                Fate::Ends
            }
            Err(error) => {
                assert!(["journal", "damaged"].contains(&error.code()), "{error}");
                Fate::Fails
            }
        },
        () = told.until(|seen| seen.troubled > 0) => Fate::Pauses,
    }
}

#[tokio::test]
async fn a_damaged_page_ends_in_an_error_or_a_pause_and_never_in_another_result() {
    let whole = asking().await;
    let (_folder, path) = place();
    std::fs::write(&path, &whole).unwrap();
    let store = Sqlite::open(&path).unwrap();
    let number = read(&store, &id(0)).await.questions().next().unwrap().0;
    drop(store);
    let mut fates = Vec::new();
    for page in 0..whole.len() / PAGE {
        let (_folder, path) = place();
        std::fs::write(&path, &whole).unwrap();
        let file = File::options().write(true).open(&path).unwrap();
        file.write_all_at(&[0xa5; PAGE], (page * PAGE) as u64).unwrap();
        fates.push(answered(&path, page as u128 % RUNS, number).await);
    }
    for fate in [Fate::Ends, Fate::Fails, Fate::Pauses] {
        assert!(fates.contains(&fate), "{fates:?}");
    }
    assert_eq!(answered(&path, 0, number).await, Fate::Ends, "the whole store goes on");
}
