//! Backends of core's [`Journal`](lockstep_core::journal::Journal) seam. Commits go in and are kept
//! as encoded rows; rows come out as they went in. Beside the rows stands what a commit says is
//! known of its run, the graphs that runs move through, and an inbox. A backend holds no rule of a
//! run: the one thing it insists on is that rows follow on each other, because that is how a second
//! owner or a lost commit shows. It knows no sandbox, no runtime and no retry.
//!
//! Whoever writes a backend runs the [`conformance`] suite on it with [`conforms!`].

pub mod conformance;
mod memory;
mod sqlite;

pub use memory::Memory;
pub use sqlite::{Bare, OpenError, Prepared, Sqlite};

use lockstep_core::event::Timestamp;
use lockstep_core::journal::{Commit, Error, MessageId, Row, Summary};
use lockstep_core::run::{RunId, Seq};

/// The latest time that backends tell apart: databases have no larger integers.
const LATEST: Timestamp = Timestamp(i64::MAX as u64);

/// A commit as a backend stores it.
#[derive(Debug)]
pub(crate) struct Encoded {
    pub(crate) run: RunId,
    pub(crate) rows: Vec<Row>,
    pub(crate) summary: Summary,
    pub(crate) takes: Option<MessageId>,
}

/// A commit with its rows encoded; by whoever commits, so that no backend's writer has to wait for
/// it.
pub(crate) fn encode(commit: Commit) -> Encoded {
    let Commit { run, records, summary, takes } = commit;
    Encoded { run, rows: records.iter().map(Row::encode).collect(), summary: clamped(summary), takes }
}

/// With a time to wake at that keeps its order in every database.
pub(crate) fn clamped(summary: Summary) -> Summary {
    Summary { wake_at: summary.wake_at.map(|at| at.min(LATEST)), ..summary }
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
