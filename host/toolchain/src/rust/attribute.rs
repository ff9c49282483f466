//! What `#[step(…)]` says of the WIT that a crate is written against.

use std::path::PathBuf;

use serde::Deserialize;

/// `world = "assess", wit = "../../wit"`, both optional.
#[derive(Debug, Default, Deserialize, PartialEq, Eq)]
pub(crate) struct Attribute {
    /// The world, if the folder holds several.
    pub(crate) world: Option<String>,
    /// The folder, from that of the crate.
    pub(crate) wit: Option<PathBuf>,
}

/// The first one of a file, outside of comments.
pub(crate) fn attribute(code: &str) -> Option<Attribute> {
    let is_code = |line: &&str| !line.trim_start().starts_with("//");
    let code: String = code.lines().filter(is_code).map(|line| format!("{line} ")).collect();
    let attributes = code.split("#[").skip(1).filter_map(|rest| rest.split_once(']'));
    attributes.map(|(attribute, _)| attribute).find_map(read)
}

/// What stands in its parentheses reads like a table of TOML.
fn read(attribute: &str) -> Option<Attribute> {
    let (path, options) = attribute.split_once('(').unwrap_or((attribute, ")"));
    let is_step = path.split("::").last().is_some_and(|name| name.trim() == "step");
    let options = options.trim_end().strip_suffix(')')?.trim_end().trim_end_matches(',');
    let table = is_step.then(|| format!("step = {{ {options} }}"))?;
    let read: std::collections::BTreeMap<String, Attribute> = toml::from_str(&table).ok()?;
    read.into_values().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_attribute_is_read_wherever_it_stands() {
        let given = |world: Option<&str>, wit: Option<&str>| Attribute {
            world: world.map(Into::into),
            wit: wit.map(Into::into),
        };
        for (code, expected) in [
            ("#[step]\nfn on_a() {}", Some(given(None, None))),
            (
                "//! #[step(world = \"b\")]\n#[lockstep_sdk::step(world = \"a\", wit = \"../../wit\")]",
                Some(given(Some("a"), Some("../../wit"))),
            ),
            (
                "#![allow(x)]\n#[derive(Debug)]\nstruct A;\n#[step(\n    wit = \"w\",\n)]\nmod a {}",
                Some(given(None, Some("w"))),
            ),
            ("#[tool(schema = \"{}\")]\nfn count() {}", None),
        ] {
            assert_eq!(attribute(code), expected, "{code}");
        }
    }
}
