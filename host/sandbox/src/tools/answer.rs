//! What came of a call as the journal keeps it for a later attempt. Where a person says what the result was,
//! any JSON will do: it is the result.

use lockstep_core::event::Json;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::CallError;

/// Stored by the journal.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
enum Kept {
    /// The result.
    Result(Box<RawValue>),
    /// The tool could not do it.
    Failed(String),
    /// The result was longer than it may be.
    TooLarge,
}

/// A result as it is kept.
pub(super) fn result(result: &Json) -> Json {
    let raw = RawValue::from_string(result.as_str().to_owned()).expect("a result is JSON");
    keep(&Kept::Result(raw))
}

/// An error as it is kept; none for what is no answer of the tool.
pub(super) fn error(error: &CallError) -> Option<Json> {
    match error {
        CallError::Failed(why) => Some(keep(&Kept::Failed(why.clone()))),
        CallError::TooLarge => Some(keep(&Kept::TooLarge)),
        _ => None,
    }
}

fn keep(kept: &Kept) -> Json {
    Json::trusted(serde_json::to_string(kept).expect("texts are JSON"))
}

/// What was kept.
pub(super) fn kept(json: &Json) -> Result<Json, CallError> {
    match serde_json::from_str(json.as_str()) {
        Ok(Kept::Result(raw)) => Ok(Json::trusted(raw.get())),
        Ok(Kept::Failed(why)) => Err(CallError::Failed(why)),
        Ok(Kept::TooLarge) => Err(CallError::TooLarge),
        Err(_) => Ok(json.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_of_a_call_comes_back_as_it_was_kept() {
        let seven = Json::trusted("{\"n\":7.0}");
        assert_eq!(result(&seven).as_str(), r#"{"result":{"n":7.0}}"#);
        assert_eq!(kept(&result(&seven)), Ok(seven.clone()));
        for told in [CallError::Failed("no".into()), CallError::TooLarge] {
            assert_eq!(kept(&error(&told).unwrap()), Err(told));
        }
        assert_eq!(error(&CallError::Timeout), None);
        assert_eq!(kept(&seven), Ok(seven), "what a person says is the result");
    }
}
