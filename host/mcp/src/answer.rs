//! What came of a call, in the words of the seam. What the SDK read goes in; out comes JSON without secrets
//! and within its bound, or a fault that says truly whether the tool was called.

use lockstep_core::event::Json;
use lockstep_core::grant::tools::Tool;
use lockstep_sandbox::{Scrubber, ToolFault};
use rmcp::model::{CallToolResult, ContentBlock, ErrorData, ServerResult};
use serde_json::Value;

use crate::sieve::TOO_LONG;

/// So much of what a server says goes wrong is told.
const TOLD: usize = 4 << 10;

/// The result of a call, of at most so many bytes.
pub(crate) fn result(answer: ServerResult, most: usize, scrubber: &Scrubber) -> Result<Json, ToolFault> {
    let result = match answer {
        ServerResult::CallToolResult(result) => result,
        // A result with nothing in it says that there is nothing to say.
        ServerResult::EmptyResult(_) => return Ok(Json::trusted("[]")),
        _ => return Err(ToolFault::Failed("it answered with what is no result of a tool".into())),
    };
    if result.is_error == Some(true) {
        let said = text(&result.content).unwrap_or_else(|| blocks(&result.content).to_string());
        return Err(ToolFault::Failed(told(&said, scrubber)));
    }
    json(value(result), most, scrubber)
}

/// The fault of a server that answered with an error.
pub(crate) fn refused(error: &ErrorData, scrubber: &Scrubber) -> ToolFault {
    match error.code {
        TOO_LONG => ToolFault::TooLarge,
        _ => ToolFault::Failed(told(&error.message, scrubber)),
    }
}

/// What a server says, without secrets, and not much of it.
pub(crate) fn told(said: &str, scrubber: &Scrubber) -> String {
    let clean = scrubber.text(said);
    let end = clean.floor_char_boundary(TOLD.min(clean.len()));
    clean[..end].to_owned()
}

/// A tool as the server describes it, without secrets; none if it would not be one without them.
pub(crate) fn tool(tool: &rmcp::model::Tool, scrubber: &Scrubber) -> Option<Tool> {
    let schema = serde_json::to_string(tool.input_schema.as_ref()).ok()?;
    Some(Tool {
        name: scrubber.text(&tool.name).into_owned(),
        description: scrubber.text(tool.description.as_deref().unwrap_or_default()).into_owned(),
        schema: serde_json::from_str(&scrubber.text(&schema)).ok()?,
    })
}

fn json(value: Value, most: usize, scrubber: &Scrubber) -> Result<Json, ToolFault> {
    let text = value.to_string();
    let clean = scrubber.text(&text);
    if clean.len() > most {
        return Err(ToolFault::TooLarge);
    }
    match serde_json::from_str::<serde::de::IgnoredAny>(&clean) {
        Ok(_) => Ok(Json::trusted(clean.into_owned())),
        Err(_) => Err(ToolFault::Failed("it gave out a secret of the operator as a number".into())),
    }
}

fn value(result: CallToolResult) -> Value {
    match (result.structured_content, text(&result.content)) {
        (Some(value), _) => value,
        (None, Some(text)) => Value::String(text),
        (None, None) => blocks(&result.content),
    }
}

/// The text of content that is nothing else.
fn text(content: &[ContentBlock]) -> Option<String> {
    let texts: Option<Vec<&str>> =
        content.iter().map(|block| block.as_text().map(|it| it.text.as_str())).collect();
    texts.filter(|texts| !texts.is_empty()).map(|texts| texts.join("\n"))
}

fn blocks(content: &[ContentBlock]) -> Value {
    serde_json::to_value(content).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(answer: &str, expected: Expect) {
        let scrubber = Scrubber::new([&b"123456789012"[..]].into_iter());
        let answer = serde_json::from_str(answer).unwrap();
        let told = match result(answer, 120, &scrubber) {
            Ok(json) => json.to_string(),
            Err(fault) => format!("{fault:?}"),
        };
        expected.assert_eq(&told);
    }

    #[test]
    fn a_result_is_what_the_server_structured_else_its_text_else_its_content() {
        check(
            r#"{"content":[{"type":"text","text":"a"}],"structuredContent":{"b":1}}"#,
            expect![[r#"{"b":1}"#]],
        );
        check(
            r#"{"content":[{"type":"text","text":"a"},{"type":"text","text":"\"b"}]}"#,
            expect![[r#""a\n\"b""#]],
        );
        check(
            r#"{"content":[{"type":"text","text":"a"},{"type":"image","data":"AA==","mimeType":"image/png"}]}"#,
            expect![[
                r#"[{"text":"a","type":"text"},{"data":"AA==","mimeType":"image/png","type":"image"}]"#
            ]],
        );
        check(r#"{"content":[]}"#, expect!["[]"]);
    }

    #[test]
    fn an_error_of_a_tool_is_a_failure_in_its_words() {
        check(
            r#"{"content":[{"type":"text","text":"no such file"}],"isError":true}"#,
            expect![[r#"Failed("no such file")"#]],
        );
        check(r#"{"content":[],"isError":true}"#, expect![[r#"Failed("[]")"#]]);
    }

    #[test]
    fn what_is_too_long_is_no_result() {
        let long = "x".repeat(119);
        check(&format!(r#"{{"content":[{{"type":"text","text":"{long}"}}]}}"#), expect!["TooLarge"]);
    }

    #[test]
    fn secrets_are_taken_out_and_a_number_that_is_one_is_no_result() {
        check(
            r#"{"content":[{"type":"text","text":"it is 123456789012"}]}"#,
            expect![[r#""it is [secret]""#]],
        );
        check(
            r#"{"content":[{"type":"text","text":"it is 123456789012"}],"isError":true}"#,
            expect![[r#"Failed("it is [secret]")"#]],
        );
        check(
            r#"{"content":[],"structuredContent":{"a":1234567890123}}"#,
            expect![[r#"Failed("it gave out a secret of the operator as a number")"#]],
        );
    }

    #[test]
    fn what_goes_wrong_is_told_in_bounds() {
        let scrubber = Scrubber::new(std::iter::empty());
        assert_eq!(told(&"ä".repeat(10_000), &scrubber).len(), TOLD);
    }
}
