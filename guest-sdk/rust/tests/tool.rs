//! `#[tool]` on a module with tools that take text and what is read from it: that it compiles is most of the
//! test. What a component of it does is told by the plugins.

#[lockstep_sdk::tool]
mod tools {
    use lockstep_sdk::{Failure, Json};

    const NUMBER: &str = r#"{"type": "integer"}"#;

    /// Gives back what it is given.
    #[tool(schema = r#"{"type": "object"}"#)]
    pub(super) fn echo(arguments: Json) -> Result<Json, Failure> {
        Ok(arguments)
    }

    /// Adds one
    /// to a number.
    #[tool(schema = NUMBER)]
    pub(super) fn add_one(n: u32) -> Result<u32, Failure> {
        n.checked_add(1).ok_or_else(|| Failure::permanent("too-large", "there is no such number"))
    }
}

#[test]
fn tools_are_functions_as_before() {
    assert_eq!(tools::echo("{}".into()).unwrap(), "{}");
    assert_eq!(tools::add_one(1).unwrap(), 2);
    assert_eq!(tools::add_one(u32::MAX).unwrap_err().code, "too-large");
}
