//! What components import, what their steps are granted, and what is said where the two differ.

use std::collections::BTreeMap;
use std::sync::Arc;

use expect_test::{Expect, expect};

use super::bench::{contract, tell, text};
use crate::contract::{Class, Import, Support};
use crate::grant::{self, Grant};
use crate::workflow::{Joined, join, parse};

/// What is said of a step that imports these interfaces of the host.
fn check(more: &str, imports: &[&str], grants: &[(&str, &str)], expected: Expect) {
    let mut contract = contract("start -> stop");
    let import = |name: &&str| Import {
        name: format!("lockstep:step/{name}@0.1.0"),
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
        Ok(Joined { workflow, warnings }) => format!("{:?}\n{}", workflow.steps[0].grant, tell(&warnings)),
        Err(findings) => tell(&findings),
    };
    expected.assert_eq(&told);
}

#[test]
fn what_is_imported_and_not_granted_refuses_the_load_with_what_to_add() {
    check(
        "",
        &["state", "updates"],
        &[],
        expect![[r#"
        error: w:4: step `pay`: imports `lockstep:step/state@0.1.0`, which is not granted; add to [steps.pay.grant] (or to grants/pay.toml): `state = { run = "rw" }`
        error: w:4: step `pay`: imports `lockstep:step/updates@0.1.0`, which is not granted; add to [steps.pay.grant] (or to grants/pay.toml): `updates = { bytes = "1MiB" }`
    "#]],
    );
    check(
        "[steps.pay.grant]\nupdates = {}",
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
        Grant { state: Some(StateGrant { run: Read }), updates: None }
    "#]],
    );
    check(
        "grant = \"grants/pay.toml\"",
        &["state"],
        &[("pay", "grant = 1\nstate = { run = \"r\" }")],
        expect![[r#"
            Grant { state: Some(StateGrant { run: Read }), updates: None }
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
        Grant { state: None, updates: None }
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
        Grant { state: Some(StateGrant { run: Read }), updates: Some(UpdatesGrant { bytes: 1048576 }) }
        warning: w:4: step `pay`: its grant has a table `[updates]`, and the component imports no `lockstep:step/updates`; remove the table
    "#]],
    );
}
