//! `[[tools]]`: rules from what a person wrote. Names are read as the servers have them, since they are
//! compared byte by byte.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use toml::de::DeValue;

use super::http::{at_most_once, rate, reuse, timeout};
use super::narrow;
use crate::blob::{Digest, NotAReference};
use crate::grant::keys;
use crate::grant::tools::{
    Allowed, RESULT_BYTES, TIMEOUT, ToolSource, ToolsGrant, ToolsRule, exact, is_argument_name, is_tool_name,
};
use crate::suggest::did_you_mean;
use crate::table::{Entry, Reader, Table, is_name};

const SOURCE: &str = "name whose tools: `mcp = \"server\"`, or `component = \"name\"`";

const ALLOW: &str = "name the tools: `allow = [\"search_issues\"]`";

const RESULT: &str = "a size from 1B to 16MiB, such as \"256KiB\"";

const VALUES: &str =
    "text, a number that JSON has exactly, `true`, `false`, or a list of such values, each once";

/// The rules of a step. It calls a tool by its bare name, so no name may mean two.
pub(super) fn of_step(reader: &mut Reader, table: &Table<'_>) -> ToolsGrant {
    read(reader, table, |_| ())
}

/// The rules of a ceiling: tools of several servers may have one name.
pub(super) fn of_ceiling(reader: &mut Reader, table: &Table<'_>) -> ToolsGrant {
    read(reader, table, |from| from)
}

/// All rules; no two of them allow a tool of one name and of what `apart` tells apart.
fn read<K: Ord>(reader: &mut Reader, table: &Table<'_>, apart: impl Fn(ToolSource) -> K) -> ToolsGrant {
    let mut grant = ToolsGrant::default();
    let mut taken = BTreeSet::new();
    for (line, table) in reader.list(&keys::TOOLS, table, "tools") {
        let Some(rule) = rule(reader, &table, line) else { continue };
        for name in rule.allow.iter().collect::<BTreeSet<_>>() {
            if !taken.insert((apart(rule.from.clone()), name.clone())) {
                let message =
                    format!("the tool `{name}` is allowed by two [[tools]]; leave it in one of them");
                reader.report(table.step(), reader.line_of(&table, "allow").unwrap_or(line), message);
            }
        }
        grant.rules.push(rule);
    }
    grant
}

fn rule(reader: &mut Reader, table: &Table<'_>, line: u32) -> Option<ToolsRule> {
    let from = source(reader, table, line);
    reader.missing(table, line, "allow", ALLOW);
    let allow = names(reader, table, "allow");
    let known: Vec<&str> = allow.iter().flatten().map(String::as_str).collect();
    let args = args(reader, table, &known);
    let approve = names(reader, table, "approve").unwrap_or_default();
    approve.iter().for_each(|name| among(reader, table, "approve", name, &known));
    let rule = ToolsRule {
        args,
        approve,
        pin: reader.parsed(table, "pin", pin),
        calls: reader.count(table, "calls"),
        result_bytes: reader.size(table, "result-bytes", 1..=16 << 20, RESULT).map_or(RESULT_BYTES, narrow),
        timeout: timeout(reader, table).unwrap_or(TIMEOUT),
        at_most_once: at_most_once(reader, table),
        reuse: reuse(reader, table),
        rate: reader.parsed(table, "rate", rate),
        from: from?,
        allow: allow?,
    };
    Some(rule)
}

/// A server or a component, and never both.
fn source(reader: &mut Reader, table: &Table<'_>, line: u32) -> Option<ToolSource> {
    let lines = ["mcp", "component"].map(|key| reader.line_of(table, key));
    let server = reader.parsed(table, "mcp", name).map(ToolSource::Server);
    let component = reader.parsed(table, "component", name).map(ToolSource::Component);
    match lines {
        [None, None] => {
            reader.report(table.step(), line, format!("the tools are nobody's; {SOURCE}"));
            None
        }
        [Some(_), Some(line)] => {
            let message = "tools are of an `mcp` server or of a `component`; remove one, or write two tables";
            reader.report(table.step(), line, message.into());
            None
        }
        _ => server.or(component),
    }
}

fn name(text: &str) -> Result<String, String> {
    match is_name(text) {
        true => Ok(text.to_owned()),
        false => Err("write the name as it is declared: lower-case letters, digits and `-`".into()),
    }
}

/// The names of tools, each once.
fn names(reader: &mut Reader, table: &Table<'_>, key: &str) -> Option<Vec<String>> {
    let line = reader.line_of(table, key)?;
    let names: Vec<String> = reader.all_parsed(table, key, tool)?;
    let is_empty = reader.length(table, key) == Some(0);
    let mut report = |message: String| reader.report(table.step(), line, message);
    if is_empty {
        report(format!("`tools.{key}` is empty; name a tool, or remove it"));
    }
    let mut seen = BTreeSet::new();
    names.iter().filter(|name| !seen.insert(*name)).for_each(|name| {
        report(format!("`tools.{key}` names `{name}` twice; name it once"));
    });
    Some(names)
}

fn tool(text: &str) -> Result<String, String> {
    match text {
        _ if text.contains('*') => Err("each tool is named; there are no wildcards".into()),
        _ if is_tool_name(text) => Ok(text.to_owned()),
        _ => Err("use up to 128 letters, digits and `_`, `-`, `.`, `:` or `/`".into()),
    }
}

fn pin(text: &str) -> Result<Digest, String> {
    text.parse().map_err(|wrong: NotAReference| wrong.to_string())
}

/// What a key says of a tool that is not allowed says nothing.
fn among(reader: &mut Reader, table: &Table<'_>, key: &str, name: &str, known: &[&str]) {
    if !known.contains(&name) {
        let meant = did_you_mean(name, known.iter().copied());
        let message = format!("`tools.{key}` names {name:?}, and `allow` does not{meant}");
        reader.report(table.step(), reader.line_of(table, key).unwrap_or(1), message);
    }
}

fn args(
    reader: &mut Reader,
    table: &Table<'_>,
    known: &[&str],
) -> BTreeMap<String, BTreeMap<String, Allowed>> {
    let mut args = BTreeMap::new();
    for tool in reader.named(table, "args") {
        among(reader, table, "args", &tool.name.value, known);
        let Some(entries) = tool.named(reader) else { continue };
        if entries.is_empty() {
            _ = tool.refuse::<()>(reader, "a table of arguments that is not empty");
        }
        let fixed = entries.iter().filter_map(|entry| argument(reader, entry));
        args.insert(tool.name.value.clone(), fixed.collect());
    }
    args
}

fn argument(reader: &mut Reader, entry: &Entry<'_>) -> Option<(String, Allowed)> {
    let name = &entry.name.value;
    if !is_argument_name(name) {
        let message = format!(
            "`tools.args` cannot name the argument {name:?}: it has white space, a control character or `=`"
        );
        reader.report(entry.owner(), entry.name.line, message);
    }
    let allowed = match entry.value.get_ref() {
        DeValue::Array(items) => one_of(items.iter().map(|item| scalar(item.get_ref()))).map(Allowed::OneOf),
        single => scalar(single).map(Allowed::Fixed),
    };
    match allowed {
        Some(allowed) => Some((name.clone(), allowed)),
        None => entry.refuse(reader, VALUES),
    }
}

/// A list that is not empty and says nothing twice.
fn one_of(values: impl Iterator<Item = Option<Value>>) -> Option<Vec<Value>> {
    let values = values.collect::<Option<Vec<_>>>()?;
    let is_once = values.iter().enumerate().all(|(at, value)| !values[..at].contains(value));
    (is_once && !values.is_empty()).then_some(values)
}

fn scalar(value: &DeValue<'_>) -> Option<Value> {
    match value {
        DeValue::String(text) => Some(Value::from(text.as_ref())),
        DeValue::Integer(integer) => {
            i64::from_str_radix(integer.as_str(), integer.radix()).ok().map(Value::from)
        }
        DeValue::Float(float) => exact(float.as_str()).map(Value::Number),
        DeValue::Boolean(bool) => Some(Value::from(*bool)),
        DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => None,
    }
}
