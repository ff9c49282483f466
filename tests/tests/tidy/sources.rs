//! The manners of the sources.

use crate::offence::Offence;
use crate::rust::{Named, Tokens};
use crate::table::Row;
use crate::tree::{self, File};

/// The longest function there may be, in lines from `fn` to the closing brace.
const LONGEST: usize = 60;

/// Where a program speaks to its user.
const PROGRAMS: [&str; 2] = ["host/server/", "xtask/"];

/// What is no guest: a guest's output is caught by the host.
const HOST: [&str; 3] = ["host/", "tests/", "xtask/"];

const PRINTING: [&str; 5] = ["dbg", "eprint", "eprintln", "print", "println"];

const UNFINISHED: [&str; 2] = ["todo", "unimplemented"];

/// What a check finds in all sources. A source that cannot be read is an offence by itself.
pub(crate) fn in_tree(check: impl Fn(&File) -> Result<Vec<Offence>, Offence>) -> Vec<Offence> {
    let sources = tree::sources();
    assert!(sources.len() > 10, "the sources of the repository were not found");
    sources.iter().flat_map(|source| check(source).unwrap_or_else(|unread| vec![unread])).collect()
}

/// Paths that the table keeps out of the crate a source belongs to.
pub(crate) fn forbidden_names(source: &File, table: &[Row]) -> Result<Vec<Offence>, Offence> {
    let Some(row) = row_of(source, table) else {
        return Ok(Vec::new());
    };
    let crates = row.never.iter().chain(row.nowhere).map(|name| name.replace('-', "_"));
    let forbidden: Vec<String> = crates.chain(row.unnamed.iter().map(|path| (*path).to_owned())).collect();
    let is_forbidden = |named: &Named| forbidden.iter().any(|path| goes_through(&named.name, path));
    let what =
        |named: &Named| format!("`{}` may not name `{}`; take it as an argument", row.name, named.name);
    let paths = Tokens::of(source)?.paths();
    Ok(paths
        .iter()
        .filter(|path| is_forbidden(path))
        .map(|path| source.offence(path.line, what(path)))
        .collect())
}

/// The row of the innermost crate that the source lies in.
fn row_of<'t>(source: &File, table: &'t [Row]) -> Option<&'t Row> {
    let inside = |row: &&Row| source.path.strip_prefix(row.folder).is_some_and(|rest| rest.starts_with('/'));
    table.iter().filter(inside).max_by_key(|row| row.folder.len())
}

/// Whether the parts of `part` stand side by side in `path`.
fn goes_through(path: &str, part: &str) -> bool {
    let (path, part): (Vec<_>, Vec<_>) = (path.split("::").collect(), part.split("::").collect());
    path.windows(part.len()).any(|window| window == part)
}

/// Whoever prints and is no program. A build script prints for cargo.
pub(crate) fn prints(source: &File) -> Result<Vec<Offence>, Offence> {
    let begins = |folders: &[&str]| folders.iter().any(|folder| source.path.starts_with(folder));
    let is_script = source.path.ends_with("/build.rs") && !source.path.contains("/src/");
    if begins(&PROGRAMS) || !begins(&HOST) || is_script {
        return Ok(Vec::new());
    }
    calls(source, &PRINTING, "prints; a library returns values or writes to tracing")
}

/// Places that say they are not done, and tests that are not run.
pub(crate) fn unfinished(source: &File) -> Result<Vec<Offence>, Offence> {
    let mut offences = calls(source, &UNFINISHED, "is a promise; write it or leave it out")?;
    let attributes = Tokens::of(source)?.attributes();
    let ignored = attributes.iter().filter(|word| word.name == "ignore");
    offences.extend(ignored.map(|word| source.offence(word.line, "a test is ignored; mend it or delete it")));
    Ok(offences)
}

fn calls(source: &File, names: &[&str], why: &str) -> Result<Vec<Offence>, Offence> {
    let macros = Tokens::of(source)?.macros();
    let bad = macros.iter().filter(|call| names.contains(&call.name.as_str()));
    Ok(bad.map(|call| source.offence(call.line, format!("`{}!` {why}", call.name))).collect())
}

/// A module that does not open with its head. A `tests.rs` needs none: the names of its tests are it.
pub(crate) fn headless(source: &File) -> Vec<Offence> {
    if source.text.starts_with("//!") || source.path.ends_with("/tests.rs") {
        return Vec::new();
    }
    vec![
        source.offence(
            1,
            "a module opens with `//!`: what it is, what flows in and out, what it must not know",
        ),
    ]
}

/// Functions that do not fit a screen. A test that is a table of cases is read like a table.
pub(crate) fn long_functions(source: &File) -> Result<Vec<Offence>, Offence> {
    if is_of_tests(&source.path) {
        return Ok(Vec::new());
    }
    let functions = Tokens::of(source)?.functions();
    let long = functions.iter().filter(|function| function.length > LONGEST);
    let what = |name: &str, length: usize| format!("`{name}` has {length} lines; {LONGEST} are the most");
    Ok(long.map(|found| source.offence(found.line, what(&found.name, found.length))).collect())
}

/// `src/run/tests.rs`, `src/workflow/tests/wiring.rs`.
fn is_of_tests(path: &str) -> bool {
    let inside = path.split_once("/src/").map_or("", |(_, inside)| inside);
    inside.split('/').any(|part| part == "tests" || part == "tests.rs")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::offence::{found, none};
    use crate::table::{May, TABLE};

    fn of(offences: Result<Vec<Offence>, Offence>) -> Vec<Offence> {
        offences.unwrap_or_else(|offence| panic!("{offence}"))
    }

    #[test]
    fn planted_names_are_found_in_the_core_and_not_elsewhere() {
        let text =
            "use std::{env, fs::File};\nfn f() { let t = std::time::Instant::now(); }\nuse tokio::time;";
        let core = File::planted("host/core/src/run/mod.rs", text);
        let expected =
            [(1, "std::env"), (1, "std::fs::File"), (2, "std::time::Instant::now"), (3, "tokio::time")];
        found(of(forbidden_names(&core, &TABLE)), &expected);
        none(of(forbidden_names(&File::planted("host/server/src/main.rs", text), &TABLE)));
    }

    #[test]
    fn each_row_of_the_table_keeps_out_each_of_its_names() {
        for row in &TABLE {
            for path in row.unnamed {
                let file = File::planted(&format!("{}/src/lib.rs", row.folder), &format!("use {path};"));
                found(of(forbidden_names(&file, &TABLE)), &[(1, path)]);
            }
        }
    }

    #[test]
    fn a_source_belongs_to_the_innermost_crate() {
        const OUTER: Row = Row {
            name: "outer",
            folder: "tests",
            may: May::Own(&[]),
            never: &[],
            nowhere: &[],
            unnamed: &["std::fs"],
        };
        let table = [OUTER, Row { name: "inner", folder: "tests/support", unnamed: &["std::env"], ..OUTER }];
        let text = "use std::{env, fs};";
        found(
            of(forbidden_names(&File::planted("tests/support/src/lib.rs", text), &table)),
            &[(1, "std::env")],
        );
        found(of(forbidden_names(&File::planted("tests/src/lib.rs", text), &table)), &[(1, "std::fs")]);
        none(of(forbidden_names(&File::planted("tests2/src/lib.rs", text), &table)));
    }

    #[test]
    fn planted_prints_are_found_in_libraries_only() {
        let text = "fn f() {\n  println!();\n  std::eprint!(\"\");\n  writeln!(out);\n}";
        let expected = [(2, "`println!`"), (3, "`eprint!`")];
        for path in ["host/journal/src/lib.rs", "host/toolchain/src/build.rs"] {
            found(of(prints(&File::planted(path, text))), &expected);
        }
        for path in
            ["host/server/src/cli/mod.rs", "xtask/src/main.rs", "plugins/a/src/lib.rs", "tests/build.rs"]
        {
            none(of(prints(&File::planted(path, text))));
        }
    }

    #[test]
    fn planted_promises_and_ignored_tests_are_found() {
        let text = "fn f() { todo!() }\nfn g() { unimplemented!(\"later\") }\n#[test]\n#[ignore = \"slow\"]\nfn h() {}";
        let expected = [(1, "`todo!`"), (2, "`unimplemented!`"), (4, "ignored")];
        found(of(unfinished(&File::planted("a.rs", text))), &expected);
        none(of(unfinished(&File::planted("a.rs", "// todo!()\nfn ignore() { f(\"todo!()\") }"))));
    }

    #[test]
    fn a_planted_module_without_a_head_is_found() {
        found(headless(&File::planted("host/a/src/b.rs", "\n//! Late.\n")), &[(1, "opens with")]);
        none(headless(&File::planted("host/a/src/b.rs", "//! A head.\n")));
        none(headless(&File::planted("host/a/src/b/tests.rs", "use super::*;\n")));
    }

    #[test]
    fn a_planted_long_function_is_found_and_the_longest_allowed_is_not() {
        let body = |lines: usize| format!("\nimpl A {{\nfn f() {{{}}}\n}}", "\n".repeat(lines - 1));
        found(of(long_functions(&File::planted("a.rs", &body(LONGEST + 1)))), &[(3, "`f` has 61 lines")]);
        none(of(long_functions(&File::planted("a.rs", &body(LONGEST)))));
        for path in ["host/a/src/tests.rs", "host/a/src/b/tests/c.rs"] {
            none(of(long_functions(&File::planted(path, &body(LONGEST + 1)))));
        }
        found(of(long_functions(&File::planted("tests/tests/a.rs", &body(LONGEST + 1)))), &[(3, "`f`")]);
    }

    #[test]
    fn a_source_that_is_no_rust_is_found_by_each_check_of_its_tokens() {
        let file = File::planted("host/core/src/a.rs", "//! A head.\nfn f( {");
        for check in [prints, unfinished, long_functions] {
            assert!(check(&file).is_err());
        }
        assert!(forbidden_names(&file, &TABLE).is_err());
    }
}
