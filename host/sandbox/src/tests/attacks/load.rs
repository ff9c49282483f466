//! Attacks by what is given as a component.

use std::collections::BTreeMap;
use std::sync::Arc;

use expect_test::{Expect, expect};
use lockstep_core::contract::Contract;
use lockstep_core::grant::Grant;
use lockstep_core::workflow;
use lockstep_hostile::worlds::{HANDLER, component, world};
use lockstep_test_support::wasm;

use super::super::hostile::{self, With};
use crate::{Error, Source, Wall};

/// Numbers that look like chance and are the same in every run of the test.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        // Steele and Vigna, xorshift64*.
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % sides
    }

    fn byte(&mut self) -> u8 {
        self.roll(256) as u8
    }

    /// A component that is broken in one of several ways.
    fn broken(&mut self, whole: &[u8]) -> Vec<u8> {
        let mut bytes = whole.to_vec();
        match self.roll(4) {
            0 => bytes.truncate(self.roll(whole.len())),
            1 => (0..=self.roll(8)).for_each(|_| {
                let at = self.roll(whole.len());
                bytes[at] ^= 1 << self.roll(8);
            }),
            2 => (0..=self.roll(40)).for_each(|_| {
                let at = self.roll(whole.len());
                bytes[at] = self.byte();
            }),
            _ => {
                bytes.truncate(8);
                bytes.extend((0..self.roll(200)).map(|_| self.byte()));
            }
        }
        bytes
    }
}

#[test]
fn ten_thousand_broken_components_are_refused_or_are_none_and_nothing_panics() {
    let whole = ["spin", "static", "undo"].map(hostile::component);
    let sandbox = With::default().sandbox();
    let (mut dice, mut refused) = (Dice(7), 0);
    for n in 0..10_000 {
        let bytes = dice.broken(&whole[n % whole.len()]);
        let read = Contract::read(&bytes);
        refused += usize::from(read.is_err());
        // What has no contract is loaded by nobody; some are here, as if they were.
        if n % if read.is_ok() { 40 } else { 400 } == 0 {
            drop(sandbox.load(&bytes, &[], &Grant::default()));
        }
    }
    assert!(refused > 8_000, "{refused}");
}

/// What both who look at a component say of these bytes.
fn check(bytes: &[u8], expected: Expect) {
    let read = Contract::read(bytes).unwrap_err();
    let loaded = With::default().sandbox().load(Source::elsewhere(bytes), &[], &Grant::default());
    let loaded = loaded.err().expect("it is refused");
    assert!(matches!(loaded, Error::NotAComponent(_)), "{loaded}");
    assert_eq!(read[0].to_string(), loaded.to_string());
    expected.assert_eq(&loaded.to_string());
}

#[test]
fn what_is_no_component_is_told_by_what_it_is() {
    let engine = crate::engine::compiler(crate::engine::Fuel::Uncounted).unwrap();
    check(
        &engine.precompile_component(&hostile::component("spin")).unwrap(),
        expect![
            "this is not a component: it is machine code (a `.cwasm` artefact or a program); give the `.wasm` file that `lockstep build` wrote"
        ],
    );
    check(
        b"\x7fELF\x02\x01\x01",
        expect![
            "this is not a component: it is machine code (a `.cwasm` artefact or a program); give the `.wasm` file that `lockstep build` wrote"
        ],
    );
    check(
        b"",
        expect!["this is not a component: it is empty; give the `.wasm` file that `lockstep build` wrote"],
    );
    check(
        b"<!doctype html><title>404</title>",
        expect![
            "this is not a component: it is HTML or XML; give the `.wasm` file that `lockstep build` wrote"
        ],
    );
    check(
        &wasm("(module)"),
        expect!["this is not a component: it is a core module; make one of it with `lockstep build`"],
    );
    check(b"(component)", expect!["this is not a component: it is WebAssembly text; encode it first"]);
}

/// What a workflow with this component as its step is told.
fn joined(world: &str) -> String {
    let bytes = component(world);
    let contract = match Contract::read(&bytes) {
        Ok(contract) => contract,
        Err(refusals) => return refusals.iter().map(|refusal| format!("{refusal}\n")).collect(),
    };
    let text =
        "workflow = \"w\"\nstart = \"ping\"\nstop = [\"pong\"]\n[steps.pay]\ncomponent = \"pay.wasm\"\n";
    let contracts = BTreeMap::from([("pay".to_owned(), Arc::new(contract))]);
    match workflow::join(&workflow::parse(text).unwrap(), &contracts, &BTreeMap::new()) {
        Ok(_) => "it joins\n".into(),
        Err(findings) => findings.iter().map(|finding| format!("{finding:?}\n")).collect(),
    }
}

#[test]
fn all_imports_that_are_unknown_or_not_granted_are_told_at_once() {
    assert_eq!(joined(&world("", HANDLER)), "it joins\n");
    let imports = "import teleport; import lockstep:step/state@0.1.0; import lockstep:step/updates@0.1.0;";
    let told = joined(&world("", &format!("{imports} {HANDLER}")));
    for (import, why) in [
        ("t:t/teleport", "unknown to this host"),
        ("lockstep:step/state@0.1.0", "not granted"),
        ("lockstep:step/updates@0.1.0", "not granted"),
    ] {
        assert!(told.lines().any(|line| line.contains(import) && line.contains(why)), "{import}: {told}");
    }
}

#[test]
fn the_sandbox_holds_imports_against_the_grant_itself() {
    let bytes = component(&world("", &format!("import lockstep:step/state@0.1.0; {HANDLER}")));
    let load = |with: With| with.sandbox().load(&bytes, &[], &Grant::default()).map(|_| ());
    assert!(matches!(load(With::default()), Err(Error::Link(_))));
    load(With::default().without(Wall::Imports)).unwrap();
}

#[test]
fn handlers_and_exports_that_are_none_are_refused_with_the_fields_name() {
    let told = [
        world(
            "resource handle; record held { n: u32, inner: list<own<handle>> }",
            "use events.{held, pong}; export on-held: func(event: held) -> result<pong, failure>;",
        ),
        world("", &format!("{HANDLER} export lockstep:step/state@0.1.0;")),
        world("", "use events.{ping, pong}; export on-ping: func(event: ping) -> pong;"),
    ];
    let told: String = told.iter().map(|world| joined(world)).collect();
    expect![[r#"
        `held.inner[]` is of type `own`, which is no data; give it a data type such as `string`
        the component exports `lockstep:step/state@0.1.0`, which this host does not know; the namespace `lockstep:` is the host's
        `on-ping` is not a handler: it must return `result<…, failure>`, where `failure` is `lockstep:step/types@0.1.0.failure`
    "#]].assert_eq(&told);
}
