//! Backends of core's [`Journal`](lockstep_core::journal::Journal) seam. Commits go in and are kept
//! as encoded rows; rows come out as they went in. A backend holds no rule of a run: the one thing
//! it insists on is that rows follow on each other, because that is how a second owner or a lost
//! commit shows. It knows no sandbox, no runtime and no retry.
//!
//! Whoever writes a backend runs the [`conformance`] suite on it with [`conforms!`].

pub mod conformance;
mod memory;
mod sqlite;

pub use memory::Memory;
pub use sqlite::{OpenError, Sqlite};

use lockstep_core::journal::{Commit, Error, Row};
use lockstep_core::run::{RunId, Seq};

/// A commit as a backend stores it.
pub(crate) type Encoded = (RunId, Vec<Row>);

/// The rows of a commit; by whoever commits, so that no backend's writer has to wait for it.
pub(crate) fn encode(commit: Commit) -> Encoded {
    let rows = commit.records.iter().map(Row::encode).collect();
    (commit.run, rows)
}

/// Where a run ends if `rows` come after row `stored`. Fails at the first that does not follow.
pub(crate) fn end_after(run: &RunId, stored: u64, rows: impl Iterator<Item = Seq>) -> Result<u64, Error> {
    let mut end = stored;
    for Seq(offered) in rows {
        if end.checked_add(1) != Some(offered) {
            return Err(Error::Gap { run: run.clone(), stored: end, offered });
        }
        end = offered;
    }
    Ok(end)
}
