//! What follows from the rows can be lost and is written anew.

use lockstep_core::journal::Journal;
use rusqlite::types::Value;

use super::{Place, Temporary, due, listed, numbers};
use crate::conformance::life::{self, Life};
use crate::conformance::{commit, run, wait};

const WRECK: &str = "
    DELETE FROM alias WHERE run % 2;
    UPDATE alias SET name = 'another' WHERE run = 2;
    UPDATE run SET workflow = 'w', revision = 'r', key = 'k', alias = 'a', session = 's', continues = 'c',
        started_at = 1, status = 'parked', changed_at = 2, wake_at = 3, asking = 4, parked = 5,
        forked = 'f', forked_at = 6";

/// Each value of each row of both tables.
fn tables(place: &Place) -> Vec<Vec<Value>> {
    let connection = place.raw();
    let mut all = Vec::new();
    for table in ["run", "alias"] {
        let mut statement = connection.prepare(&format!("SELECT * FROM {table} ORDER BY run")).unwrap();
        let columns = statement.column_count();
        let values = |row: &rusqlite::Row<'_>| (0..columns).map(|column| row.get(column)).collect();
        let rows: rusqlite::Result<Vec<Vec<Value>>> = statement.query_map([], values).unwrap().collect();
        all.extend(rows.unwrap());
    }
    all
}

#[test]
fn projections_are_rebuilt() {
    let place = Place::new();
    let store = place.open();
    let lives = life::lives(&store);
    let (told, revision) = (listed(&store), lives[0].summary().1.about.revision.clone());
    let (waking, before) = (due(&store, revision.as_str()), tables(&place));
    assert!(told.iter().any(|(_, known)| known.asking > 0) && told.iter().any(|(_, known)| known.parked > 0));
    assert!(waking.len() > 3 && before.len() > told.len());

    place.raw().execute_batch(WRECK).unwrap();
    assert_ne!(tables(&place), before);
    wait(store.rebuild(lives.iter().map(Life::summary).collect())).unwrap();
    assert_eq!(tables(&place), before);
    assert_eq!((listed(&store), due(&store, revision.as_str())), (told, waking));
}

#[test]
fn a_run_that_is_not_rebuilt_keeps_its_rows_and_is_not_taken_up() {
    let store = Temporary::new();
    let store = store.store();
    wait(store.commit(vec![commit(1, 1..=2), commit(2, 1..=1)])).unwrap();
    let [_, first] = &listed(store)[..] else { panic!("two runs") };
    wait(store.rebuild(vec![first.clone(), (run(9), first.1.clone())])).unwrap();
    assert_eq!(due(store, "r1").len(), 1);
    assert_eq!(listed(store)[0].1.about.revision.as_str(), "");
    assert_eq!([numbers(store, 1), numbers(store, 2), numbers(store, 9)], [vec![1, 2], vec![1], vec![]]);
    wait(store.commit(vec![commit(2, 2..=2)])).unwrap();
}
