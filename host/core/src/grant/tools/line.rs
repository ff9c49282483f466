//! What to write in a grant so that a call of a tool is let through, as people are shown it.

use serde_json::Value;

use super::{COMPONENT, Why, is_argument_name, is_tool_name};
use crate::effect::Denial;
use crate::table::is_name;

/// The rule that allows what was denied, as lines of a grant's file, and no wider than it has to be. None for
/// what no line allows: a pin is accepted anew, and how many calls are enough only a person knows.
pub fn rule_that_allows(denial: &Denial) -> Option<String> {
    let why = Why::ALL.into_iter().find(|why| why.as_str() == &*denial.why)?;
    let (from, asked) = denial.what.split_once('/')?;
    let from = source(from)?;
    match why {
        Why::Tool if is_tool_name(asked) => Some(format!("[[tools]]\n{from}\nallow = [{}]\n", basic(asked))),
        Why::Argument => {
            let (tool, argument) = asked.split_once(' ').filter(|(tool, _)| is_tool_name(tool))?;
            let (name, value) = argument.split_once('=').filter(|(name, _)| is_argument_name(name))?;
            let value = shown(&serde_json::from_str(value).ok()?)?;
            let (allow, tool, name) = (basic(tool), key(tool), key(name));
            Some(format!(
                "# together with what the grant has of this tool\n\
                 [[tools]]\n{from}\nallow = [{allow}]\nargs = {{ {tool} = {{ {name} = [{value}] }} }}\n"
            ))
        }
        Why::Tool | Why::Pin | Why::Budget => None,
    }
}

/// Whose tool it is; nothing, if the guest's word was all there was.
fn source(from: &str) -> Option<String> {
    match from.strip_prefix(COMPONENT) {
        Some(name) if is_name(name) => Some(format!("component = {}", basic(name))),
        None if from.is_empty() => Some("mcp = \"server\"    # the one that has the tool".into()),
        None if is_name(from) => Some(format!("mcp = {}", basic(from))),
        _ => None,
    }
}

/// A value as a grant writes it, if it can be written there.
fn shown(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(basic(text)),
        Value::Bool(bool) => Some(bool.to_string()),
        Value::Number(number) if number.is_u64() && !number.is_i64() => None,
        // A float of JSON is one of TOML.
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A key, bare where it can be.
fn key(text: &str) -> String {
    match text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte)) {
        true => text.to_owned(),
        false => basic(text),
    }
}

/// A string of TOML on one line: those of JSON are such strings, but for one character.
fn basic(text: &str) -> String {
    Value::from(text).to_string().replace('\u{7f}', "\\u007F")
}
