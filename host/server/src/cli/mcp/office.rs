//! Whose questions a server answers for: those that are meant for somebody are left to people, but for those
//! in whose name whoever started it lets clients answer.

use std::path::Path;

use lockstep_core::run::{Open, QuestionId, Run};
use lockstep_mcp::serve::Refused;

use crate::cli::ready;
use crate::inert::inert;

/// The names in which clients answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Office(Vec<String>);

impl Office {
    pub(super) fn new(names: &[String]) -> Office {
        Office(names.to_vec())
    }

    /// Whether a client may answer a question: one that is for nobody in particular, or for one of these.
    pub(super) fn may_answer(&self, run: &Run, open: &Open) -> bool {
        let by = by(run, open);
        by.is_empty() || by.iter().any(|name| self.0.contains(name))
    }

    /// Why a client may not, and who can.
    pub(super) fn refusal(run: &Run, number: QuestionId, open: &Open, store: Option<&Path>) -> Refused {
        let by = by(run, open).join(", ");
        let command = command(run, number, store);
        Refused(
            inert(&format!(
                "the question {}.{number} is to be answered by {by}, and no client answers for them; {command} lets a \
                 person answer, `--answer-for NAME` of `lockstep mcp serve` a client",
                run.id()
            ))
            .into_owned(),
        )
    }
}

/// How a person answers.
pub(super) fn command(run: &Run, number: QuestionId, store: Option<&Path>) -> String {
    let option = store.map(ready::named).unwrap_or_default();
    format!("`lockstep answer {}.{number} JSON{option}`", run.id())
}

fn by<'r>(run: &'r Run, open: &Open) -> &'r [String] {
    run.workflow().event(open.event).question.as_ref().map_or(&[], |question| &question.by)
}
