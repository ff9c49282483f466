//! Grant files as data: what is read from each, and each refusal with its exact text.

use expect_test::{Expect, expect};

use super::keys::LEVELS;
use super::{Right, SCHEMA, parse};
use crate::table::schema;

fn check(text: &str, expected: Expect) {
    let told = match parse(text) {
        Ok(grant) => format!("{grant:?}\n"),
        Err(findings) => findings.iter().map(|finding| format!("{}\n", finding.in_file("g"))).collect(),
    };
    expected.assert_eq(&told);
}

#[test]
fn what_stands_in_the_file_is_granted_and_nothing_else() {
    for (text, expected) in [
        (
            "grant = 1",
            expect![[r#"
            Grant { state: None, updates: None }
        "#]],
        ),
        (
            "grant = 1\n[state]\nrun = \"r\"",
            expect![[r#"
            Grant { state: Some(StateGrant { run: Read }), updates: None }
        "#]],
        ),
        (
            "grant = 1\n[state]\nrun = \"rw\"\n[updates]",
            expect![[r#"
            Grant { state: Some(StateGrant { run: ReadWrite }), updates: Some(UpdatesGrant { bytes: 1048576 }) }
        "#]],
        ),
        (
            "grant = 1\nupdates = { bytes = \"64KiB\" }",
            expect![[r#"
            Grant { state: None, updates: Some(UpdatesGrant { bytes: 65536 }) }
        "#]],
        ),
        (
            "grant = 1\nupdates = { bytes = 4096 }",
            expect![[r#"
            Grant { state: None, updates: Some(UpdatesGrant { bytes: 4096 }) }
        "#]],
        ),
        (
            "grant = 1\nupdates = { bytes = \"16MiB\" }",
            expect![[r#"
            Grant { state: None, updates: Some(UpdatesGrant { bytes: 16777216 }) }
        "#]],
        ),
    ] {
        check(text, expected);
    }
}

#[test]
fn a_file_of_another_format_is_refused_by_its_number_alone() {
    for (text, expected) in [
        (
            "",
            expect![[r#"
            g:1: `grant` is missing; begin the file with the format that it is written in: `grant = 1`
        "#]],
        ),
        (
            "grant = 2\n[state]\nruns = 3\n[telepathy]",
            expect![[r#"
            g:1: the file is written in format 2 of grants, and this program reads format 1; write `grant = 1`, or use a program that reads the other one
        "#]],
        ),
        (
            "grant = \"1\"",
            expect![[r#"
            g:1: `grant` takes a whole number from 1 to 4294967295, the format of the file, not "1"
        "#]],
        ),
        (
            "grant = 0",
            expect![[r#"
            g:1: `grant` takes a whole number from 1 to 4294967295, the format of the file, not 0
        "#]],
        ),
    ] {
        check(text, expected);
    }
}

#[test]
fn what_is_unknown_or_not_yet_supported_or_wrong_is_told_at_once() {
    check(
        "grant = 1\nstat = 1\n[state]\nrun = \"w\"\nall = true\n[updates]\nbytes = \"17MiB\"\n[[http]]\nhost = \"x\"\n[limits]\n",
        expect![[r#"
            g:2: unknown key `stat`; did you mean `state`?
            g:4: `state.run` takes one of "r", "rw", not "w"; did you mean `r`?
            g:5: unknown key `state.all`
            g:7: `updates.bytes` takes a size from 1B to 16MiB, such as "64KiB" or "1MiB", not "17MiB"
            g:8: `http` is not yet supported; remove it
            g:10: `limits` is not yet supported; remove it
        "#]],
    );
    for (text, expected) in [
        (
            "grant = 1\n[state]",
            expect![[r#"
            g:2: `state.run` is missing; say how far it goes: `run = "r"` or `run = "rw"`
        "#]],
        ),
        (
            "grant = 1\nstate = \"rw\"",
            expect![[r#"
            g:2: `state` takes a table, not "rw"
        "#]],
        ),
        (
            "grant = 1\n[updates]\nbytes = 0",
            expect![[r#"
            g:3: `updates.bytes` takes a size from 1B to 16MiB, such as "64KiB" or "1MiB", not 0
        "#]],
        ),
        (
            "grant = 1\n[updates]\nbytes = \"1MB\"",
            expect![[r#"
            g:3: `updates.bytes` takes a size from 1B to 16MiB, such as "64KiB" or "1MiB", not "1MB"
        "#]],
        ),
        (
            "grant = 1\n[updates]\nbyte = \"1MiB\"",
            expect![[r#"
            g:3: unknown key `updates.byte`; did you mean `bytes`?
        "#]],
        ),
        (
            "grant = ",
            expect![[r#"
            g:1:9: this is not TOML: string values must be quoted, expected literal string
        "#]],
        ),
    ] {
        check(text, expected);
    }
}

#[test]
fn the_schema_has_the_keys_that_the_parser_accepts_and_no_other() {
    schema::assert_describes(SCHEMA, &LEVELS);
}

#[test]
fn the_line_that_is_proposed_for_a_right_grants_it() {
    for right in Right::ALL {
        let text = format!("grant = 1\n[{}]\n{}", right.table(), right.line());
        assert!(parse(&text).is_ok_and(|grant| grant.has(right)), "{text}");
        assert_eq!(Right::of_import(&format!("{}@0.1.0", right.interface())), Some(right));
    }
    assert_eq!(Right::of_import("lockstep:step/log@0.1.0"), None);
}
