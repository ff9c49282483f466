//! Tools for the conformance steps to call.

#[lockstep_sdk::tool]
mod tools {
    use lockstep_sdk::{Failure, Json};

    /// Makes tea.
    #[tool(schema = r#"{"type": "object", "properties": {"cups": {"type": "integer"}}}"#)]
    pub(super) fn brew(_arguments: Json) -> Result<Json, Failure> {
        Ok(r#"{"made": "tea"}"#.into())
    }

    /// Pours it.
    #[tool(schema = r#"{"type": "object"}"#)]
    pub(super) fn pour(_arguments: Json) -> Result<Json, Failure> {
        Err(Failure::permanent("empty", "there is no tea in the pot"))
    }
}
