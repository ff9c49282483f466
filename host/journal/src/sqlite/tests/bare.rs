//! The rows without the journal, and how often a journal syncs.

use lockstep_core::journal::Journal;

use super::{Place, Temporary, listed, numbers};
use crate::conformance::{commit, run, wait};
use crate::{Bare, Prepared};

#[test]
fn what_is_written_bare_reads_as_if_the_journal_had_written_it() {
    let (bare, whole) = (Place::new(), Temporary::new());
    let mut file = Bare::create(&bare.path()).unwrap();
    for group in [vec![commit(1, 1..=2), commit(2, 1..=1)], vec![commit(1, 3..=3)]] {
        file.write(&Prepared::of(group.clone())).unwrap();
        wait(whole.store().commit(group)).unwrap();
    }
    drop(file);
    let bare = bare.open();
    assert_eq!(listed(&bare), listed(whole.store()));
    assert_eq!((numbers(&bare, 1), numbers(&bare, 2)), (vec![1, 2, 3], vec![1]));
    for which in [1, 2] {
        assert_eq!(wait(bare.load(&run(which))).unwrap(), wait(whole.store().load(&run(which))).unwrap());
    }
}

#[test]
fn transactions_are_counted() {
    let place = Temporary::new();
    let before = place.store().transactions();
    for row in 1..=3 {
        wait(place.store().commit(vec![commit(1, row..=row)])).unwrap();
    }
    assert_eq!(place.store().transactions(), before + 3);
}
