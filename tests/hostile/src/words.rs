//! The guest that says what it is given.

use serde_json::json;

use crate::made_of;

/// Where it says it, beside the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In an event.
    Event,
    /// As the code and the message of its failure.
    Failure,
}

/// The step.
pub fn component() -> Vec<u8> {
    made_of(include_str!("../words.wit"), include_str!("../words.wat"))
}

/// The event that has it say this, as JSON text.
pub fn work(place: Place, text: &str) -> String {
    json!({ "fails": place == Place::Failure, "text": text }).to_string()
}
