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
    /// The run failed, or an attack did not come out as expected.
    Failed = 1,
    /// A workflow, a component or another file is refused.
    Refused = 3,
    /// The input does not fit.
    Input = 4,
    /// The run stalled.
    Stalled = 5,
    /// The run's time was up.
    TimedOut = 6,
    /// The host itself failed.
    Host = 7,
    /// The run waits for a person.
    Waits = 8,
    /// There is no such run, question or delivery, or it does not allow what is asked.
    NotDone = 9,
    /// A case did not come to what it expects.
    Case = 10,
    /// The run was interrupted.
    Cancelled = 130,
}

/// What `--help` says about them.
pub(crate) const HELP: &str = "\
Exit codes:
  0    done: the run completed, the command did what it was asked
  1    the run failed, or an attack did not come out as expected
  2    the command line is wrong
  3    refused: a workflow, a component or another file
  4    the input does not fit: it is not the start event, answer or event that is wanted
  5    the run stalled
  6    the run timed out
  7    the host itself failed
  8    the run waits for a person: for an answer, for a yes or no, or because it is parked or paused
  9    there is no such run, question, call or delivery, or what is asked of it cannot be done
  10   a case of `lockstep test` did not come to what it expects
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
        Status::Waiting | Status::Parked | Status::Paused => Exit::Waits,
        Status::Running => Exit::Host,
    }
}

/// An input that is no start event.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct BadInput(pub(crate) String);

/// What a command names is not there.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct NotFound(pub(crate) String);

/// What is asked of a run cannot be done; nothing was changed.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct NotDone {
    /// A short stable word.
    pub(crate) code: String,
    /// Why, for people.
    pub(crate) message: String,
}

/// How the program ends with an error.
pub(crate) fn of(error: &anyhow::Error) -> Exit {
    if error.is::<BadInput>() {
        Exit::Input
    } else if let Some(refused) = error.downcast_ref::<NotDone>() {
        if refused.code == "misfit" { Exit::Input } else { Exit::NotDone }
    } else if let Some(error) = error.downcast_ref::<lockstep_runtime::Error>() {
        of_host(error)
    } else if error.is::<NotFound>() {
        Exit::NotDone
    } else if error.is::<project::Refused>() || error.is::<lockstep_toolchain::Error>() {
        Exit::Refused
    } else {
        Exit::Host
    }
}

fn of_host(error: &lockstep_runtime::Error) -> Exit {
    use lockstep_core::run::NoFork;
    use lockstep_runtime::Error;
    match error {
        Error::NoFork(NoFork::Fold(_)) => Exit::Host,
        Error::NoFork(_) => Exit::NotDone,
        Error::Unknown { .. } | Error::KeyTaken { .. } | Error::NotEnded { .. } => Exit::NotDone,
        _ => Exit::Host,
    }
}
