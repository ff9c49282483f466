//! What components import, what their steps are granted, and what is said where the two differ.

use std::collections::BTreeMap;
use std::sync::Arc;

use expect_test::{Expect, expect};

use super::bench::{contract, tell, text};
use crate::contract::{Class, Import, Support};
use crate::grant::{self, Grant, Right};
use crate::workflow::{Joined, join, parse};

/// What is said of a step that imports these interfaces of the host.
fn check(more: &str, imports: &[&str], grants: &[(&str, &str)], expected: Expect) {
    let mut contract = contract("start -> stop");
    let import = |name: &&str| Import {
        name: match name.contains(':') {
            true => (*name).to_owned(),
            false => format!("lockstep:step/{name}@0.1.0"),
        },
        class: Class::Granted,
        support: Support::Now,
    };
    contract.imports = imports.iter().map(import).collect();
    let grants: BTreeMap<String, Grant> =
        grants.iter().map(|(step, text)| ((*step).to_owned(), grant::parse(text).unwrap())).collect();
    let file =
        parse(&text("", &[("pay", more, "")])).unwrap_or_else(|findings| panic!("{}", tell(&findings)));
    let contracts = BTreeMap::from([("pay".to_owned(), Arc::new(contract))]);
    let told = match join(&file, &contracts, &grants) {
        Ok(Joined { workflow, warnings }) => {
            format!("{}\n{}", held(&workflow.steps[0].grant), tell(&warnings))
        }
        Err(findings) => tell(&findings),
    };
    expected.assert_eq(&told);
}

/// The tables that a grant has.
fn held(grant: &Grant) -> String {
    let folders = [(!grant.dirs.is_empty(), "[[dir]]"), (grant.scratch.is_some(), "[scratch]")];
    let rights = Right::ALL.into_iter().filter(|right| grant.has(*right)).map(Right::head);
    let folders = folders.into_iter().filter(|(stands, _)| *stands).map(|(_, table)| table.to_owned());
    format!("granted: {}", rights.chain(folders).collect::<Vec<_>>().join(" "))
}

#[test]
fn what_is_imported_and_not_granted_refuses_the_load_with_what_to_add() {
    check(
        "",
        &["state"],
        &[],
        expect![[r#"
        error: w:4: step `pay`: imports `lockstep:step/state@0.1.0`, which is not granted; make a grant with `lockstep grant draft pay.wasm -o grants/pay.toml`, and write `grant = "grants/pay.toml"`
    "#]],
    );
    check(
        "source = \"pay\"",
        &["state", "updates"],
        &[],
        expect![[r#"
        error: w:4: step `pay`: imports `lockstep:step/state@0.1.0`, which is not granted; add to [steps.pay.grant] (or to grants/pay.toml): `state = { run = "rw" }`
        error: w:4: step `pay`: imports `lockstep:step/updates@0.1.0`, which is not granted; add to [steps.pay.grant] (or to grants/pay.toml): `updates = { bytes = "1MiB" }`
    "#]],
    );
    check(
        "source = \"pay\"\n[steps.pay.grant]\nupdates = {}",
        &["state", "updates"],
        &[],
        expect![[r#"
        error: w:4: step `pay`: imports `lockstep:step/state@0.1.0`, which is not granted; add to [steps.pay.grant]: `state = { run = "rw" }`
    "#]],
    );
    check(
        "grant = \"grants/pay.toml\"",
        &["state", "updates"],
        &[("pay", "grant = 1\nupdates = {}")],
        expect![[r#"
            error: w:4: step `pay`: imports `lockstep:step/state@0.1.0`, which is not granted; add to grants/pay.toml: `[state]` `run = "rw"`
        "#]],
    );
}

#[test]
fn a_grant_is_the_steps_whether_it_stands_in_the_workflow_or_in_a_file() {
    check(
        "[steps.pay.grant.state]\nrun = \"r\"",
        &["state"],
        &[],
        expect![[r#"
            granted: [state]
        "#]],
    );
    check(
        "grant = \"grants/pay.toml\"",
        &["state"],
        &[("pay", "grant = 1\nstate = { run = \"r\" }")],
        expect![[r#"
            granted: [state]
        "#]],
    );
    check(
        "grant = \"grants/pay.toml\"",
        &[],
        &[],
        expect![[r#"
        error: w:6: step `pay`: its grant `grants/pay.toml` was not read
    "#]],
    );
    check(
        "",
        &[],
        &[("pay", "grant = 1\nstate = { run = \"r\" }")],
        expect![[r#"
            granted: 
        "#]],
    );
}

#[test]
fn a_right_that_the_component_does_not_use_is_warned_of() {
    check(
        "[steps.pay.grant]\nupdates = {}\nstate = { run = \"r\" }",
        &["state"],
        &[],
        expect![[r#"
            granted: [state] [updates]
            warning: w:4: step `pay`: its grant has a table `[updates]`, and the component imports no `lockstep:step/updates`; remove the table
        "#]],
    );
}

#[test]
fn every_missing_table_is_named_at_once_with_lines_that_grant_it() {
    let imports = [
        "http",
        "state",
        "updates",
        "wasi:http/types@0.2.6",
        "wasi:http/outgoing-handler@0.2.6",
        "wasi:keyvalue/store@0.2.0-draft",
        "wasi:config/store@0.2.0-rc.1",
    ];
    check(
        "source = \"pay\"",
        &imports,
        &[],
        expect![[r#"
            error: w:4: step `pay`: imports `lockstep:step/http@0.1.0`, which is not granted; add to [steps.pay.grant] (or to grants/pay.toml): `http = [{ host = "api.example.com", methods = ["GET"] }]`
            error: w:4: step `pay`: imports `lockstep:step/state@0.1.0`, which is not granted; add to [steps.pay.grant] (or to grants/pay.toml): `state = { run = "rw" }`
            error: w:4: step `pay`: imports `lockstep:step/updates@0.1.0`, which is not granted; add to [steps.pay.grant] (or to grants/pay.toml): `updates = { bytes = "1MiB" }`
            error: w:4: step `pay`: imports `wasi:http/types@0.2.6`, which is not granted; add to [steps.pay.grant] (or to grants/pay.toml): `http = [{ host = "api.example.com", methods = ["GET"] }]`
            error: w:4: step `pay`: imports `wasi:http/outgoing-handler@0.2.6`, which is not granted; add to [steps.pay.grant] (or to grants/pay.toml): `http = [{ host = "api.example.com", methods = ["GET"] }]`
            error: w:4: step `pay`: imports `wasi:keyvalue/store@0.2.0-draft`, which is not granted; add to [steps.pay.grant] (or to grants/pay.toml): `kv = [{ store = "cache", access = "rw", bytes = "10MiB" }]`
            error: w:4: step `pay`: imports `wasi:config/store@0.2.0-rc.1`, which is not granted; add to [steps.pay.grant] (or to grants/pay.toml): `config = { key = "value" }`
        "#]],
    );
    let grant = "grant = 1\n[state]\nrun = \"r\"\n[config]\n";
    check(
        "grant = \"grants/pay.toml\"",
        &imports,
        &[("pay", grant)],
        expect![[r#"
        error: w:4: step `pay`: imports `lockstep:step/http@0.1.0`, which is not granted; add to grants/pay.toml: `[[http]]` `host = "api.example.com"` `methods = ["GET"]`
        error: w:4: step `pay`: imports `lockstep:step/updates@0.1.0`, which is not granted; add to grants/pay.toml: `[updates]` `bytes = "1MiB"`
        error: w:4: step `pay`: imports `wasi:http/types@0.2.6`, which is not granted; add to grants/pay.toml: `[[http]]` `host = "api.example.com"` `methods = ["GET"]`
        error: w:4: step `pay`: imports `wasi:http/outgoing-handler@0.2.6`, which is not granted; add to grants/pay.toml: `[[http]]` `host = "api.example.com"` `methods = ["GET"]`
        error: w:4: step `pay`: imports `wasi:keyvalue/store@0.2.0-draft`, which is not granted; add to grants/pay.toml: `[[kv]]` `store = "cache"` `access = "rw"` `bytes = "10MiB"`
    "#]],
    );
}

#[test]
fn folders_are_warned_of_where_the_component_opens_no_file() {
    let grant =
        "[steps.pay.grant]\nscratch = {}\ndir = [{ host = \"d\", guest = \"/d\", access = \"read\" }]";
    check(
        grant,
        &[],
        &[],
        expect![[r#"
        granted: [[dir]] [scratch]
        warning: w:4: step `pay`: its grant has a table `[[dir]]`, and the component imports no `wasi:filesystem`; remove the table
        warning: w:4: step `pay`: its grant has a table `[scratch]`, and the component imports no `wasi:filesystem`; remove the table
    "#]],
    );
    check(
        grant,
        &["wasi:filesystem/types@0.2.6"],
        &[],
        expect![[r#"
        granted: [[dir]] [scratch]
    "#]],
    );
    let rules = "source = \"pay\"\n[[steps.pay.grant.http]]\nhost = \"a.example\"";
    check(
        rules,
        &["state"],
        &[],
        expect![[r#"
            error: w:4: step `pay`: imports `lockstep:step/state@0.1.0`, which is not granted; add to [steps.pay.grant]: `state = { run = "rw" }`
            warning: w:4: step `pay`: its grant has a table `[[http]]`, and the component imports no `lockstep:step/http` or `wasi:http/outgoing-handler` or `wasi:http/types`; remove the table
        "#]],
    );
}
