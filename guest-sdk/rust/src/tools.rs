//! Tools of servers and of components, as the step's grant allows: `[[tools]]` says which, with what arguments,
//! and which calls a person decides on.
//!
//! ```no_run
//! use lockstep_sdk::{Failure, Json, info, tools};
//!
//! fn replace(text: &Json) -> Result<String, Failure> {
//!     for tool in tools::list() {
//!         info!("{}: {}", tool.name, tool.description);
//!     }
//!     let before = tools::call("read_text_file", r#"{"path": "faq.md"}"#)?;
//!     info!("it was {before}");
//!     match tools::call("write_file", format!(r#"{{"path": "faq.md", "content": {text}}}"#)) {
//!         Err(tools::Error::Refused(why)) => Ok(format!("not replaced: {why}")),
//!         written => Ok(written?),
//!     }
//! }
//! ```
//!
//! Where the grant says `approve`, [`call`] does not come back until a person has decided: the attempt ends, and
//! a later one makes the same call and gets what came of it. So a step asks for the same again when it is run
//! again; what it asked for otherwise is another call.
//!
//! `?` makes a [`Failure`] of what went wrong: transient where another attempt may succeed (`tool-timeout`,
//! `tool-unavailable`), permanent where not (`tool-denied`, `tool-refused`, `tool-invalid-arguments`, `tool-failed`,
//! `tool-too-large`).

use std::fmt::Display;

pub use crate::host::lockstep::step::tools::{Error, Tool};
pub use crate::host::lockstep::step::types::Denial;

use crate::host::lockstep::step::tools as host;
use crate::{Failure, Json};

/// The tools that the grant allows, by name, each with the schema of its arguments. One whose server cannot be
/// reached now is not among them.
pub fn list() -> Vec<Tool> {
    host::list()
}

/// Calls a tool and waits for its result, which is JSON text. Arguments are an object: JSON text, or whatever
/// writes itself as such.
pub fn call(name: &str, arguments: impl Display) -> Result<Json, Error> {
    host::call(name, &arguments.to_string())
}

/// `?` on a call that has no result.
impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        match error {
            Error::Denied(Denial { what, why, .. }) => {
                Failure::permanent("tool-denied", format!("the grant does not allow `{what}`: {why}"))
            }
            Error::Refused(reason) => Failure::permanent("tool-refused", reason),
            Error::InvalidArguments(why) => Failure::permanent("tool-invalid-arguments", why),
            Error::Failed(why) => Failure::permanent("tool-failed", why),
            Error::Timeout => Failure::transient("tool-timeout", "the tool took longer than it may"),
            Error::TooLarge => Failure::permanent("tool-too-large", "the result is too large for the grant"),
            Error::Unavailable(why) => Failure::transient("tool-unavailable", why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FailureKind::{self, Permanent, Transient};

    #[test]
    fn what_went_wrong_is_a_failure_that_rules_can_match() {
        let denial =
            Denial { capability: "tools".into(), what: "files/write_file".into(), why: "tool".into() };
        for (error, kind, code, message) in [
            (
                Error::Denied(denial),
                Permanent,
                "tool-denied",
                "the grant does not allow `files/write_file`: tool",
            ),
            (Error::Refused("not today".into()), Permanent, "tool-refused", "not today"),
            (Error::InvalidArguments("n".into()), Permanent, "tool-invalid-arguments", "n"),
            (Error::Failed("no such file".into()), Permanent, "tool-failed", "no such file"),
            (Error::Timeout, Transient, "tool-timeout", "the tool took longer than it may"),
            (Error::TooLarge, Permanent, "tool-too-large", "the result is too large for the grant"),
            (Error::Unavailable("it crashed".into()), Transient, "tool-unavailable", "it crashed"),
        ] {
            let failure = Failure::from(error);
            let told: (FailureKind, &str, &str) = (failure.kind, &failure.code, &failure.message);
            assert_eq!(told, (kind, code, message));
        }
    }
}
