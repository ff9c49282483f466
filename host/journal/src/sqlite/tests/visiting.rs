//! Whoever opens a store beside its owner.

use lockstep_core::event::Json;
use lockstep_core::journal::{Commit, Error, Journal, MessageId};
use lockstep_core::workflow::{Graph, Revision};
use rusqlite::Connection;

use super::{Place, inbox, listed, numbers};
use crate::conformance::{commit, commit_of, run, wait};
use crate::sqlite::Sqlite;

#[test]
fn a_visitor_sees_what_the_owner_writes() {
    let place = Place::new();
    let owner = place.open();
    let visitor = place.visit();
    assert_eq!(listed(&visitor), []);
    wait(owner.commit(vec![commit(1, 1..=2)])).unwrap();
    assert_eq!(numbers(&visitor, 1), [1, 2]);
    assert_eq!(listed(&visitor), listed(&owner));
    assert_eq!(wait(visitor.named(&run(1).as_str()[..4], 9)).unwrap(), [run(1)]);
}

#[test]
fn a_visitor_posts_and_the_owner_answers() {
    let place = Place::new();
    let owner = place.open();
    let visitor = place.visit();
    let id = wait(visitor.post(&run(1), b"cancel".to_vec())).unwrap();
    assert_eq!(inbox(&owner).iter().map(|message| message.id).collect::<Vec<_>>(), [id]);
    wait(owner.commit(vec![Commit { takes: Some(id), ..commit(1, 1..=1) }])).unwrap();
    assert_eq!(inbox(&visitor), []);
    assert_eq!(wait(visitor.replied(id)).unwrap(), None);
    wait(owner.reply(id, b"cancelled".to_vec())).unwrap();
    assert_eq!(wait(visitor.replied(id)).unwrap().as_deref(), Some(&b"cancelled"[..]));
}

#[test]
fn what_a_visitor_posts_waits_for_the_next_owner() {
    let place = Place::new();
    drop(place.open());
    let id = wait(place.visit().post(&run(1), b"cancel".to_vec())).unwrap();
    let delivered = || inbox(&place.open()).iter().map(|message| message.id).collect::<Vec<_>>();
    assert_eq!([delivered(), delivered()], [[id], [id]], "until a commit takes it");
    wait(place.open().commit(vec![Commit { takes: Some(id), ..commit_of(1, Vec::new()) }])).unwrap();
    assert_eq!(delivered(), []);
}

#[test]
fn a_visitor_writes_nothing_but_messages() {
    let place = Place::new();
    let owner = place.open();
    wait(owner.commit(vec![commit(1, 1..=1)])).unwrap();
    let id = wait(owner.post(&run(1), Vec::new())).unwrap();
    let visitor = place.visit();
    let graph = Graph { revision: Revision::named("r1"), json: Json::trusted("{}") };
    let refused = [
        wait(visitor.commit(vec![commit(1, 2..=2)])).map(drop),
        wait(visitor.keep(&graph)),
        wait(visitor.purge(&run(1))),
        wait(visitor.reply(id, Vec::new())),
        wait(visitor.rebuild(Vec::new())),
    ];
    assert!(refused.iter().all(|answer| matches!(answer, Err(Error::Fenced))), "{refused:?}");
    assert_eq!(wait(owner.graph(&graph.revision)).unwrap(), None);
    assert_eq!((numbers(&owner, 1), inbox(&owner).len()), (vec![1], 1));
}

#[test]
fn a_visit_leaves_the_owner_its_store() {
    let place = Place::new();
    let owner = place.open();
    let visitors = [place.visit(), place.visit()];
    assert_eq!(wait(owner.commit(vec![commit(1, 1..=1)])).unwrap(), 1);
    for visitor in &visitors {
        wait(visitor.post(&run(1), Vec::new())).unwrap();
    }
    assert_eq!(wait(owner.commit(vec![commit(1, 2..=2)])).unwrap(), 2, "a message takes no number");
    drop(visitors);
    assert_eq!(wait(owner.commit(vec![commit(1, 3..=3)])).unwrap(), 3);
    drop(owner);
    assert_eq!(numbers(&place.visit(), 1), [1, 2, 3]);
    place.open();
}

#[test]
fn many_visitors_post_while_the_owner_writes() {
    let place = Place::new();
    let owner = place.open();
    std::thread::scope(|scope| {
        for which in 1..=4 {
            let place = &place;
            scope.spawn(move || {
                let visitor = place.visit();
                for _ in 0..10 {
                    wait(visitor.post(&run(which), Vec::new())).unwrap();
                }
            });
        }
        for row in 1..=40 {
            wait(owner.commit(vec![commit(9, row..=row)])).unwrap();
        }
    });
    let messages = inbox(&owner);
    assert_eq!((messages.len(), numbers(&owner, 9).len()), (40, 40));
    assert!(messages.is_sorted_by(|a, b| a.id < b.id));
}

#[test]
fn a_visitor_refuses_what_is_no_store_of_its_format() {
    let place = Place::new();
    let visit = || place.refusal(Sqlite::visit(&place.path()));
    assert_eq!(
        visit(),
        "there is no store runs.db; start a run with `lockstep run` to make one, or name another store"
    );
    assert!(!place.path().exists() && !place.beside(".lock").exists());
    std::fs::write(place.path(), "").unwrap();
    assert_eq!(visit(), "runs.db is not a store of Lockstep: it is empty; name another file");
    std::fs::write(place.path(), "this is a letter and no database, and it is long enough").unwrap();
    assert_eq!(visit(), "runs.db is not a store of Lockstep: it is no database; name another file");
    std::fs::remove_file(place.path()).unwrap();
    Connection::open(place.path()).unwrap().execute_batch("CREATE TABLE guests (name)").unwrap();
    assert_eq!(
        visit(),
        "runs.db is not a store of Lockstep: it is the database of another program; name another file"
    );
}

#[test]
fn a_message_that_was_never_posted_has_no_answer() {
    let place = Place::new();
    drop(place.open());
    assert_eq!(wait(place.visit().replied(MessageId(7))).unwrap(), None);
}
