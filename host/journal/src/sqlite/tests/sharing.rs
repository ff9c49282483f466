//! Several writers, in one process and in two.

use lockstep_core::journal::{Error, Journal};

use super::{Place, Temporary, inbox, numbers};
use crate::conformance::records::{event, record_of};
use crate::conformance::{commit, commit_of, run, wait};
use crate::sqlite::Sqlite;

#[test]
fn a_second_opening_is_refused_while_the_first_lives() {
    let place = Place::new();
    let first = place.open();
    assert_eq!(
        place.refusal(Sqlite::open(&place.path())),
        "runs.db is in use by another process (PID); wait for it, or name another store"
    );
    drop(first);
    place.open();
}

#[test]
fn without_the_lock_the_epoch_keeps_the_older_one_from_writing() {
    let place = Place::new();
    let old = Sqlite::open_with(&place.path(), None).unwrap();
    wait(old.commit(vec![commit(1, 1..=2)])).unwrap();
    let new = Sqlite::open_with(&place.path(), None).unwrap();
    assert!(matches!(wait(old.commit(vec![commit(1, 3..=3)])), Err(Error::Fenced)));
    wait(new.commit(vec![commit(1, 3..=4)])).unwrap();
    assert!(matches!(wait(old.commit(vec![commit(2, 1..=1)])), Err(Error::Fenced)));
    assert!(matches!(wait(old.purge(&run(1))), Err(Error::Fenced)));
    assert_eq!(numbers(&new, 1), [1, 2, 3, 4]);
    assert!(numbers(&new, 2).is_empty());
}

#[test]
fn an_older_owner_may_still_post() {
    let place = Place::new();
    let old = Sqlite::open_with(&place.path(), None).unwrap();
    let new = Sqlite::open_with(&place.path(), None).unwrap();
    let id = wait(old.post(&run(1), b"hello".to_vec())).unwrap();
    assert_eq!(inbox(&new).iter().map(|message| message.id).collect::<Vec<_>>(), [id]);
    assert!(matches!(wait(old.reply(id, Vec::new())), Err(Error::Fenced)));
    assert_eq!(inbox(&new).len(), 1);
}

#[test]
fn many_writers_share_transactions_and_none_loses_a_row() {
    let store = Temporary::new();
    std::thread::scope(|scope| {
        for which in 1..=32 {
            let store = store.store();
            scope.spawn(move || {
                for row in 1..=20 {
                    wait(store.commit(vec![commit(which, row..=row)])).unwrap();
                }
            });
        }
    });
    for which in 1..=32 {
        assert_eq!(numbers(store.store(), which), (1..=20).collect::<Vec<_>>());
    }
}

#[test]
fn rows_that_carry_the_same_bytes_share_them_in_the_file() {
    let place = Place::new();
    let store = place.open();
    let large = "1".repeat(1 << 20);
    for (which, seq) in [(1, 1), (1, 2), (2, 1)] {
        wait(store.commit(vec![commit_of(which, vec![record_of(seq, event(&large))])])).unwrap();
    }
    let count = || {
        let all =
            "SELECT count(*), coalesce(sum(length(data)), 0), (SELECT count(payload) FROM event) FROM blob";
        let three = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
        place.raw().query_row(all, [], three).unwrap()
    };
    assert_eq!(count(), (1, 1 << 20, 0));
    wait(store.purge(&run(1))).unwrap();
    assert_eq!(count(), (1, 1 << 20, 0));
    wait(store.purge(&run(2))).unwrap();
    assert_eq!(count(), (0, 0, 0));
}
