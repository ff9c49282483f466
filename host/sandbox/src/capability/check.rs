//! What guests hand to capabilities, checked before anything is done with it.

use std::sync::Arc;

use lockstep_core::event::Json;
use lockstep_core::outcome::Class;
use serde_json::value::RawValue;

use crate::fault::Ended;

/// What a name names, and how long it may be.
pub(super) struct Name {
    /// As messages call it.
    pub(super) what: &'static str,
    /// The code of the failure.
    pub(super) code: &'static str,
    /// In bytes.
    pub(super) longest: usize,
}

impl Name {
    /// A name as the guest gives it, if it may be one.
    pub(super) fn check(&self, name: &str) -> Result<Arc<str>, Ended> {
        let Name { what, code, longest } = self;
        let length = name.len();
        if length > *longest {
            let message = format!("its {what} has {length} bytes; give it one of at most {longest}");
            return Err(Ended::failed(Class::Limit, code, message));
        }
        if name.is_empty() {
            return Err(Ended::failed(Class::Invalid, code, format!("its {what} is empty; give it a name")));
        }
        if name.contains(char::is_control) {
            let message = format!("its {what} {name:?} holds a control character; leave it out");
            return Err(Ended::failed(Class::Invalid, code, message));
        }
        Ok(name.into())
    }
}

/// A text that the guest gives as JSON, without the white space around it.
pub(super) fn json(text: &str, what: impl FnOnce() -> String) -> Result<Json, Ended> {
    match serde_json::from_str::<&RawValue>(text) {
        Ok(raw) => Ok(Json::trusted(raw.get())),
        Err(why) => Err(Ended::failed(Class::Invalid, "json", format!("{} is not JSON: {why}", what()))),
    }
}
