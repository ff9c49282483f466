//! Several writers, in one process and in two.

use lockstep_core::journal::{Error, Journal};

use super::{Place, Temporary, inbox, numbers};
use crate::conformance::{commit, run, wait};
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
