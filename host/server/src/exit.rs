//! The exit codes, one meaning each; `--help` lists them.

use std::process::ExitCode;

use lockstep_core::run::Status;

use crate::project;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// The run completed, or the command did what it was asked.
    Done = 0,
    /// The run failed.
    Failed = 1,
    /// A workflow, a component or another file is refused.
    Refused = 3,
    /// The input is no start event of this workflow.
    Input = 4,
    /// The run stalled.
    Stalled = 5,
    /// The run's time was up.
    TimedOut = 6,
    /// The host itself failed.
    Host = 7,
    /// The run was interrupted.
    Cancelled = 130,
}

/// What `--help` says about them.
pub(crate) const HELP: &str = "\
Exit codes:
  0    done: the run completed, the command did what it was asked
  1    the run failed
  2    the command line is wrong
  3    refused: a workflow, a component or another file
  4    the input is not a start event of this workflow
  5    the run stalled
  6    the run timed out
  7    the host itself failed
  130  interrupted";

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

/// How the program ends when a run has come to rest.
pub(crate) fn of_run(status: Status) -> Exit {
    match status {
        Status::Completed => Exit::Done,
        Status::Failed => Exit::Failed,
        Status::TimedOut => Exit::TimedOut,
        Status::Cancelled => Exit::Cancelled,
        Status::Stalled => Exit::Stalled,
        Status::Running => Exit::Host,
    }
}

/// An input that is no start event.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct BadInput(pub(crate) String);

/// How the program ends with an error.
pub(crate) fn of(error: &anyhow::Error) -> Exit {
    if error.is::<BadInput>() {
        Exit::Input
    } else if error.is::<project::Refused>() || error.is::<lockstep_toolchain::Error>() {
        Exit::Refused
    } else {
        Exit::Host
    }
}
