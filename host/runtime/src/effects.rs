//! The line from an attempt to the loop: before a call leaves its run, and when it has come to an end,
//! the attempt asks the loop, which alone moves the run. An attempt that the loop does not know any more
//! is told so, and ends.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use lockstep_core::effect::{CallId, Denial, Ending, Intent, Leave};
use lockstep_core::run::DeliveryId;
use lockstep_sandbox::{Deciding, Effects, Unreadable};
use tokio::sync::{mpsc, oneshot};

use crate::scheduler::RunKey;

/// So many denials of one attempt are written; what is denied more often says nothing new.
const DENIALS: usize = 100;

/// An attempt, by a number that is never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ticket {
    pub(crate) key: RunKey,
    pub(crate) delivery: DeliveryId,
    pub(crate) number: u64,
}

/// What an attempt asks of the loop.
pub(crate) struct Called {
    pub(crate) ticket: Ticket,
    pub(crate) what: What,
}

/// What becomes of its calls.
pub(crate) enum What {
    /// One is about to leave.
    Begin { intent: Intent, leave: Answer<Leave> },
    /// One has come to an end.
    End { call: CallId, ending: Ending, done: Answer<()> },
    /// One is not allowed.
    Denied(Denial),
}

/// Where the loop answers an attempt.
pub(crate) type Answer<T> = oneshot::Sender<Result<T, Unreadable>>;

/// Where attempts ask. Each waits for its answers, and tells no more than [`DENIALS`] things besides: so
/// the line needs no bound.
pub(crate) type Line = mpsc::UnboundedSender<Called>;

/// The calls of one attempt.
pub(crate) struct Outgoing {
    ticket: Ticket,
    line: Line,
    /// What was denied, each once.
    denied: Mutex<HashSet<Denial>>,
}

impl Outgoing {
    pub(crate) fn new(ticket: Ticket, line: Line) -> Outgoing {
        Outgoing { ticket, line, denied: Mutex::default() }
    }

    async fn ask<T>(&self, what: impl FnOnce(Answer<T>) -> What) -> Result<T, Unreadable> {
        let (answer, answered) = oneshot::channel();
        let called = Called { ticket: self.ticket, what: what(answer) };
        self.line.send(called).map_err(|_| ended())?;
        answered.await.unwrap_or_else(|_| Err(ended()))
    }

    fn is_new(&self, denial: &Denial) -> bool {
        let mut denied = self.denied.lock().unwrap_or_else(PoisonError::into_inner);
        denied.len() < DENIALS && denied.insert(denial.clone())
    }
}

/// What an attempt is told that nobody waits for any more.
pub(crate) fn ended() -> Unreadable {
    Unreadable("the attempt has ended: nobody waits for its calls any more".into())
}

impl Effects for Outgoing {
    fn begin(&self, intent: Intent) -> Deciding<'_, Leave> {
        Box::pin(self.ask(|leave| What::Begin { intent, leave }))
    }

    fn end(&self, call: CallId, ending: Ending) -> Deciding<'_, ()> {
        Box::pin(self.ask(move |done| What::End { call, ending, done }))
    }

    fn denied(&self, denial: Denial) {
        if self.is_new(&denial) {
            // A loop that has ended writes nothing any more.
            let _ = self.line.send(Called { ticket: self.ticket, what: What::Denied(denial) });
        }
    }
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing").field("ticket", &self.ticket).finish_non_exhaustive()
    }
}
