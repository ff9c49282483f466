//! What every `Cargo.toml` of the workspace says. Versions, lints and the licence stand in one
//! place; a crate's own manifest refers to it.

use toml::{Table, Value};

use crate::offence::Offence;
use crate::tree::File;

/// What a package takes from the workspace.
const SHARED: [&str; 5] = ["version", "edition", "rust-version", "license", "publish"];

const DEPENDENCIES: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

/// Where a crate's manifest goes its own way.
pub(crate) fn unshared(manifest: &File) -> Vec<Offence> {
    let table = parse(manifest);
    let offence = |key: &str, what: String| manifest.offence(manifest.line_of(key), what);
    let package = SHARED.iter().filter(|key| !is_shared(&table, &["package", key]));
    let package = package.map(|key| offence("[package]", format!("write `{key}.workspace = true`")));
    let lints = (!is_shared(&table, &["lints"]))
        .then(|| offence("[lints]", "write `[lints] workspace = true`".into()));
    let described = value(&table, &["package", "description"]).and_then(Value::as_str);
    let described = described.is_none_or(str::is_empty);
    let described = described.then(|| offence("[package]", "say in `description` what the crate is".into()));
    let own = own_versions(&table).into_iter().map(|name| {
        let what = format!("`{name}` has a version of its own; write `{name}.workspace = true`");
        offence(&name, what)
    });
    package.chain(lints).chain(described).chain(own).collect()
}

/// Dependencies whose version does not come from the workspace.
fn own_versions(table: &Table) -> Vec<String> {
    let sections = DEPENDENCIES.iter().filter_map(|section| table.get(*section).and_then(Value::as_table));
    let own = sections
        .flatten()
        .filter(|(_, dependency)| !dependency.as_table().is_some_and(|table| is_shared(table, &[])));
    own.map(|(name, _)| name.clone()).collect()
}

/// Versions in the workspace's table that take whatever comes.
pub(crate) fn unbounded(root: &File) -> Vec<Offence> {
    let table = parse(root);
    let shared = value(&table, &["workspace", "dependencies"]).and_then(Value::as_table);
    let shared = shared.expect("the workspace has a table of versions");
    let unbounded = shared.iter().filter(|(_, dependency)| !is_bounded(dependency));
    let what = |name: &str| format!("`{name}` takes any version; give the one it was tried with");
    unbounded.map(|(name, _)| root.offence(root.line_of(name), what(name))).collect()
}

fn is_bounded(dependency: &Value) -> bool {
    let version = dependency.as_str().or_else(|| dependency.get("version").and_then(Value::as_str));
    match version {
        Some(version) => !version.contains('*') && !version.starts_with('>'),
        None => dependency.get("path").is_some(),
    }
}

fn parse(manifest: &File) -> Table {
    manifest.text.parse().unwrap_or_else(|error| panic!("{}: {error}", manifest.path))
}

fn is_shared(table: &Table, path: &[&str]) -> bool {
    value(table, &[path, &["workspace"]].concat()).and_then(Value::as_bool) == Some(true)
}

fn value<'t>(table: &'t Table, path: &[&str]) -> Option<&'t Value> {
    let (last, tables) = path.split_last()?;
    let mut table = table;
    for key in tables {
        table = table.get(*key)?.as_table()?;
    }
    table.get(*last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::offence::{found, none};

    const GOOD: &str = "\
[package]
name = \"a\"
version.workspace = true
edition.workspace = true
rust-version.workspace = true
license.workspace = true
publish.workspace = true
description = \"What it is\"

[lints]
workspace = true

[dependencies]
serde.workspace = true
wat = { workspace = true, features = [\"x\"] }
";

    fn planted(text: &str) -> File {
        File::planted("host/a/Cargo.toml", text)
    }

    #[test]
    fn a_manifest_that_shares_all_is_no_offence() {
        none(unshared(&planted(GOOD)));
    }

    #[test]
    fn each_missing_line_of_a_manifest_is_found() {
        for (line, at, part) in [
            ("version.workspace = true\n", 1, "`version.workspace = true`"),
            ("license.workspace = true\n", 1, "`license.workspace = true`"),
            ("publish.workspace = true\n", 1, "`publish.workspace = true`"),
            ("description = \"What it is\"\n", 1, "`description`"),
            ("[lints]\nworkspace = true\n", 1, "`[lints] workspace = true`"),
        ] {
            let planted = planted(&GOOD.replacen(&format!("\n{line}"), "\n", 1));
            found(unshared(&planted), &[(at, part)]);
        }
    }

    #[test]
    fn planted_versions_of_a_crates_own_are_found_in_each_section() {
        let text = format!("{GOOD}rand = \"1\"\n[dev-dependencies]\nfoo = {{ version = \"1\" }}\n");
        found(unshared(&planted(&text)), &[(16, "`rand`"), (18, "`foo`")]);
    }

    #[test]
    fn planted_versions_without_a_bound_are_found() {
        let text = "[workspace.dependencies]\na = \"*\"\nb = { version = \">=1\" }\nc = \"1\"\n\
                    d = { path = \"d\" }\ne = { features = [] }\n";
        found(unbounded(&planted(text)), &[(2, "`a`"), (3, "`b`"), (6, "`e`")]);
    }
}
