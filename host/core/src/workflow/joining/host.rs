//! The host's own event types, `lockstep:step/host-events`: what it writes of each or reads, and who
//! may take and emit them.

use super::draft::Draft;
use crate::event::TypeName;
use crate::shape::{Field, Misfit, Shape};
use crate::workflow::{EventId, HandlerId};

/// An event type that the host itself writes or reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::workflow) enum HostEvent {
    /// A delivery failed for good.
    StepFailed,
    /// A timer of the step fired.
    TimerFired,
    /// A question that needs no type of its own.
    InputRequired,
    /// The answer to it.
    HumanResponse,
}

use HostEvent::*;

const ALL: [HostEvent; 4] = [StepFailed, TimerFired, InputRequired, HumanResponse];

impl HostEvent {
    /// The host's event that a type is.
    pub(in crate::workflow) fn of(name: &TypeName) -> Option<HostEvent> {
        let track = name.version.as_ref().map(|version| (version.major, version.minor));
        let is_hosts = name.package == "lockstep:step" && name.interface == "host-events";
        let found = ALL.into_iter().find(|event| event.name() == name.name);
        found.filter(|_| is_hosts && track == Some((0, 1)))
    }

    /// The short name.
    pub(super) fn name(self) -> &'static str {
        match self {
            StepFailed => "step-failed",
            TimerFired => "timer-fired",
            InputRequired => "input-required",
            HumanResponse => "human-response",
        }
    }

    /// Whether a text of the file names it.
    pub(super) fn is_called(self, text: &str) -> bool {
        let path = text.split_once('@').map_or(text, |(path, _)| path);
        path == self.name() || path.strip_prefix("lockstep:step/host-events/") == Some(self.name())
    }

    /// Whether only the host brings it to the one handler that it is for, joined with nothing.
    pub(super) fn is_told(self) -> bool {
        matches!(self, StepFailed | TimerFired)
    }

    /// Whether a step may emit it.
    pub(super) fn is_emitted(self) -> bool {
        self == InputRequired
    }

    /// The record that the host writes, or reads of a question.
    pub(super) fn shape(self) -> Shape {
        let option = |shape| Shape::Option(Box::new(shape));
        let fields = match self {
            StepFailed => vec![
                ("step", Shape::String),
                ("event-type", Shape::String),
                ("event", Shape::Json),
                ("attempts", Shape::U32),
                ("class", Shape::String),
                ("code", Shape::String),
                ("message", Shape::String),
            ],
            TimerFired => vec![("name", Shape::String)],
            InputRequired => vec![("prompt", Shape::String), ("schema", option(Shape::Json))],
            HumanResponse => {
                vec![("question", Shape::String), ("response", Shape::Json), ("by", option(Shape::String))]
            }
        };
        Shape::Record(fields.into_iter().map(|(name, shape)| Field::new(name, shape)).collect())
    }
}

/// The workflow's event that is one of the host's.
pub(super) fn event(draft: &Draft<'_>, which: HostEvent) -> Option<EventId> {
    draft.events().find(|event| HostEvent::of(&draft.workflow.event(*event).name) == Some(which))
}

/// Every field that a handler reads and the host does not write so, or that the host reads and a
/// handler does not write so.
pub(super) fn check(draft: &mut Draft<'_>) {
    let mut wrong = Vec::new();
    for handler in draft.handlers() {
        let node = draft.workflow.handler(handler);
        for input in &node.inputs {
            let read = |event: HostEvent| (event, event.shape().misfits(&input.shape));
            wrong.extend(written(draft, input.event).map(read).map(|found| (handler, found)));
        }
        for (event, shape) in node.emits.events() {
            let is_question = HostEvent::of(&draft.workflow.event(event).name) == Some(InputRequired);
            let misfits = shape.misfits(&InputRequired.shape());
            wrong.extend(is_question.then_some((handler, (InputRequired, misfits))));
        }
    }
    for (handler, (event, misfits)) in wrong.into_iter().filter(|(_, (_, misfits))| !misfits.is_empty()) {
        refuse(draft, handler, event, &misfits);
    }
}

/// The host's event that an event is, if the host writes it.
fn written(draft: &Draft<'_>, event: EventId) -> Option<HostEvent> {
    HostEvent::of(&draft.workflow.event(event).name).filter(|event| !event.is_emitted())
}

fn refuse(draft: &mut Draft<'_>, handler: HandlerId, event: HostEvent, misfits: &[Misfit]) {
    let misfits: Vec<_> = misfits.iter().map(ToString::to_string).collect();
    let message = format!(
        "its `{}` is not the host's: {}; build it against `lockstep:step@0.1.0`",
        event.name(),
        misfits.join("; ")
    );
    draft.step_error(draft.step_of(handler), message);
}
