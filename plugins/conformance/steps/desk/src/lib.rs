//! Asks the steps of all languages the same.

use lockstep_sdk::{Failure, step};

#[step(world = "desk", wit = "../../wit")]
fn on_asked(event: Asked) -> Result<Emits, Failure> {
    Ok(match event.question {
        Question::Echo(event) => event.into(),
        Question::Choose(event) => event.into(),
        Question::Spread(event) => event.into(),
        Question::Perhaps(event) => event.into(),
        Question::Quiet(event) => event.into(),
        Question::Fail(event) => event.into(),
        Question::Crash(event) => event.into(),
        Question::Remember(event) => event.into(),
        Question::Fetch(event) => event.into(),
        Question::UseTool(event) => event.into(),
        Question::Show(event) => event.into(),
        Question::Keep(event) => event.into(),
        Question::Arm(event) => event.into(),
        Question::Ask(event) => event.into(),
    })
}
