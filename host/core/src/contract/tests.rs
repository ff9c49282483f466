//! Tables of small worlds: what is read from each, and each refusal with its exact text.

use expect_test::{Expect, expect};
use lockstep_test_support::{component, wasm};
use proptest::prelude::*;

use super::Contract;
use crate::shape::Shape;

/// A world whose exports are given, over a fixed set of events.
fn world(exports: &str) -> String {
    format!(
        r#"package shop:refunds@1.0.0;
        interface events {{
          use lockstep:step/types@0.1.0.{{json}};
          type cents = u64;
          variant reason {{ broken, other(string) }}
          enum speed {{ slow, fast }}
          flags marks {{ seen, paid }}
          record asked {{ order: string, unit-price: cents, why: reason, note: option<json> }}
          record item {{ n: u32, at: speed, marks: marks, raw: list<u8>, pair: tuple<s8, f64> }}
          record done {{ ok: bool }}
          resource handle;
          record leaky {{ items: list<holder> }}
          record holder {{ handle: own<handle> }}
        }}
        interface helper {{ help: func(); }}
        world step {{
          import lockstep:step/log@0.1.0;
          import lockstep:step/run@0.1.0;
          use lockstep:step/types@0.1.0.{{failure, failure-kind}};
          use events.{{asked, item, done, leaky, speed}};
          record local {{ n: u32 }}
          variant emits {{ item(item), done(done) }}
          variant hollow {{ item(item), nothing }}
          {exports}
        }}"#
    )
}

fn summary(contract: &Contract) -> String {
    let handlers = contract.handlers.iter().map(|h| format!("{}: {} -> {}\n", h.name, h.takes, h.gives));
    let events = contract.events.keys().map(|name| format!("event {name}\n"));
    let imports = contract.imports.iter().map(|i| format!("import {} ({})\n", i.name, i.class.as_str()));
    let ignored = contract.ignored.iter().map(|name| format!("ignored {name}\n"));
    handlers.chain(events).chain(imports).chain(ignored).collect()
}

fn check(exports: &str, expected: Expect) {
    let told = match Contract::read(&component(&world(exports))) {
        Ok(contract) => summary(&contract),
        Err(refusals) => refusals.iter().map(|refusal| format!("error: {refusal}\n")).collect(),
    };
    expected.assert_eq(&told);
}

#[test]
fn a_field_may_be_an_alias_of_a_plain_type() {
    let wit = world("export on-asked: func(event: asked) -> result<_, failure>;");
    let wit = wit.replace("unit-price: cents", "unit-price: price");
    let wit = wit.replace("record asked", "type price = cents; record asked");
    let contract = Contract::read(&component(&wit)).unwrap();
    let Some((_, Shape::Record(fields))) = contract.events.first_key_value() else { panic!("no event") };
    assert_eq!((&*fields[1].name, &fields[1].shape), ("unit-price", &Shape::U64));
}

#[test]
fn handlers_are_read_with_their_join_patterns_and_emitted_events() {
    check(
        "export on-asked: func(event: asked) -> result<emits, failure>;
         export on-pair: func(x: item, y: done) -> result<_, failure>;
         export on-all: func(all: list<item>) -> result<option<done>, failure>;
         export on-all-with: func(q: asked, all: list<item>) -> result<list<emits>, failure>;
         export on-maybe-many: func(event: done) -> result<option<list<item>>, failure>;",
        expect![[r#"
            on-asked: asked -> item | done
            on-pair: item + done -> nothing
            on-all: list<item> -> option<done>
            on-all-with: asked + list<item> -> list<item | done>
            on-maybe-many: done -> option<list<item>>
            event shop:refunds/events/asked@1.0.0
            event shop:refunds/events/done@1.0.0
            event shop:refunds/events/item@1.0.0
            import lockstep:step/log@0.1.0 (free)
            import lockstep:step/run@0.1.0 (free)
            import lockstep:step/types@0.1.0 (types)
            import shop:refunds/events@1.0.0 (unknown)
        "#]],
    );
}

#[test]
fn exports_that_toolchains_add_are_ignored_and_listed() {
    check(
        "export on-done: func(event: done) -> result<_, failure>; export init: func(); export helper;",
        expect![[r#"
            on-done: done -> nothing
            event shop:refunds/events/done@1.0.0
            import lockstep:step/log@0.1.0 (free)
            import lockstep:step/run@0.1.0 (free)
            import lockstep:step/types@0.1.0 (types)
            import shop:refunds/events@1.0.0 (unknown)
            ignored init
            ignored shop:refunds/helper@1.0.0
        "#]],
    );
}

#[test]
fn exports_that_are_no_handlers_are_refused_with_the_fix() {
    for (export, expected) in [
        (
            "export on-x: func() -> result<_, failure>;",
            expect![[r#"
            error: `on-x` is not a handler: it takes no event; give it one: `func(event: a)`
        "#]],
        ),
        (
            "export on-x: func(n: u32) -> result<_, failure>;",
            expect![[r#"
                error: `on-x` is not a handler: its parameter `n` is of type `u32`; an event is a `record` that an interface defines
            "#]],
        ),
        (
            "export on-x: func(n: list<string>) -> result<_, failure>;",
            expect![[r#"
                error: `on-x` is not a handler: its parameter `n` is of type `string`; an event is a `record` that an interface defines
            "#]],
        ),
        (
            "export on-x: func(e: speed) -> result<_, failure>;",
            expect![[r#"
                error: `on-x` is not a handler: its parameter `e` is of type `enum`; an event is a `record` that an interface defines
            "#]],
        ),
        (
            "export on-x: func(e: local) -> result<_, failure>;",
            expect![[r#"
            error: `on-x` is not a handler: its parameter `e` takes `local`, which the world itself defines; an event is a `record` that an interface defines
        "#]],
        ),
        (
            "export on-x: func(a: done, b: done) -> result<_, failure>;",
            expect![[r#"
            error: `on-x` is not a handler: `a` and `b` take the same event; take a `list` of it
        "#]],
        ),
        (
            "export on-x: func(a: list<done>, b: list<item>) -> result<_, failure>;",
            expect![[r#"
            error: `on-x` is not a handler: it takes two lists; gather each in a handler of its own
        "#]],
        ),
        (
            "export on-x: func(a: list<done>, b: item) -> result<_, failure>;",
            expect![[r#"
            error: `on-x` is not a handler: the single event comes first: `func(q: a, all: list<b>)`
        "#]],
        ),
        (
            "export on-x: func(a: done, b: item, c: asked) -> result<_, failure>;",
            expect![[r#"
            error: `on-x` is not a handler: it takes more than two parameters; join events two by two
        "#]],
        ),
        (
            "export on-x: func(a: done);",
            expect![[r#"
            error: `on-x` is not a handler: it must return `result<…, failure>`, where `failure` is `lockstep:step/types@0.1.0.failure`
        "#]],
        ),
        (
            "export on-x: func(a: done) -> done;",
            expect![[r#"
            error: `on-x` is not a handler: it must return `result<…, failure>`, where `failure` is `lockstep:step/types@0.1.0.failure`
        "#]],
        ),
        (
            "export on-x: func(a: done) -> result<done, string>;",
            expect![[r#"
            error: `on-x` is not a handler: it must return `result<…, failure>`, where `failure` is `lockstep:step/types@0.1.0.failure`
        "#]],
        ),
        (
            "export on-x: func(a: done) -> result<done, failure-kind>;",
            expect![[r#"
            error: `on-x` is not a handler: it must return `result<…, failure>`, where `failure` is `lockstep:step/types@0.1.0.failure`; its error is `lockstep:step/types/failure-kind@0.1.0`
        "#]],
        ),
        (
            "export on-x: func(a: done) -> result<string, failure>;",
            expect![[r#"
                error: `on-x` is not a handler: what it returns is of type `string`; an event is a `record` that an interface defines
            "#]],
        ),
        (
            "export on-x: func(a: done) -> result<hollow, failure>;",
            expect![[r#"
            error: `on-x` is not a handler: what it returns has a case `nothing` without an event; give it one
        "#]],
        ),
        (
            "export on-x: func(a: done) -> result<list<list<done>>, failure>;",
            expect![[r#"
            error: `on-x` is not a handler: its result nests `list` and `option` deeper than one of each; flatten it to `list<…>`
        "#]],
        ),
        (
            "export on-x: func(a: leaky) -> result<_, failure>;",
            expect![[r#"
                error: `leaky.items[].handle` is of type `own`, which is no data; give it a data type such as `string`
            "#]],
        ),
        (
            "export on-x: interface { help: func(); }",
            expect![[r#"
            error: `on-x` is not a handler: it is an interface; export a function of that name
        "#]],
        ),
        (
            "export helper;",
            expect![[r#"
            error: the component has no handler; export a function whose name begins with `on-`, such as `on-order-placed: func(event: order-placed) -> result<_, failure>`; it exports `shop:refunds/helper@1.0.0`
        "#]],
        ),
        (
            "",
            expect![[r#"
            error: the component has no handler; export a function whose name begins with `on-`, such as `on-order-placed: func(event: order-placed) -> result<_, failure>`
        "#]],
        ),
    ] {
        check(export, expected);
    }
}

#[test]
fn every_refusal_of_a_component_is_told_at_once() {
    check(
        "export on-a: func(n: u32) -> result<_, failure>; export on-b: func(a: done);",
        expect![[r#"
            error: `on-a` is not a handler: its parameter `n` is of type `u32`; an event is a `record` that an interface defines
            error: `on-b` is not a handler: it must return `result<…, failure>`, where `failure` is `lockstep:step/types@0.1.0.failure`
        "#]],
    );
}

#[test]
fn bytes_that_are_no_component_are_told_by_what_they_are() {
    let good = component(&world("export on-done: func(event: done) -> result<_, failure>;"));
    for (bytes, expected) in [
        (
            b"".to_vec(),
            expect![[r#"
            this is not a component: it is empty; give the `.wasm` file that `lockstep build` wrote
        "#]],
        ),
        (
            wasm("(module)"),
            expect![[r#"
            this is not a component: it is a core module; make one of it with `lockstep build`
        "#]],
        ),
        (
            b"<!doctype html>".to_vec(),
            expect![[r#"
            this is not a component: it is HTML or XML; give the `.wasm` file that `lockstep build` wrote
        "#]],
        ),
        (
            b"\x7fELF\x02\x01".to_vec(),
            expect![[r#"
            this is not a component: it is machine code (a `.cwasm` artefact or a program); give the `.wasm` file that `lockstep build` wrote
        "#]],
        ),
        (
            b"(component)".to_vec(),
            expect![[r#"
            this is not a component: it is WebAssembly text; encode it first
        "#]],
        ),
        (
            b"hello".to_vec(),
            expect![[r#"
            this is not a component: it does not begin with the magic bytes of WebAssembly; give the `.wasm` file that `lockstep build` wrote
        "#]],
        ),
        (
            b"\0asm\x0e\0\x01\0".to_vec(),
            expect![[r#"
            this is not a component: its WebAssembly version is not known; give the `.wasm` file that `lockstep build` wrote
        "#]],
        ),
        (
            good[..good.len() / 2].to_vec(),
            expect![[r#"
            the component is damaged: unexpected end-of-file (at offset 0x682); build it again
        "#]],
        ),
        (
            wasm("(component)"),
            expect![[r#"
            the component has no handler; export a function whose name begins with `on-`, such as `on-order-placed: func(event: order-placed) -> result<_, failure>`
        "#]],
        ),
    ] {
        let refusals = Contract::read(&bytes).expect_err("no component");
        expected.assert_eq(&refusals.iter().map(|refusal| format!("{refusal}\n")).collect::<String>());
    }
}

#[test]
fn the_shape_of_an_event_knows_every_type_and_tells_json_from_string() {
    let contract =
        Contract::read(&component(&world("export on-asked: func(event: asked) -> result<item, failure>;")))
            .unwrap();
    expect![[r#"
        Record([Field { name: "order", key: "order", shape: String }, Field { name: "unit-price", key: "unit_price", shape: U64 }, Field { name: "why", key: "why", shape: Variant([Case { name: "broken", shape: None }, Case { name: "other", shape: Some(String) }]) }, Field { name: "note", key: "note", shape: Option(Json) }])
        Record([Field { name: "n", key: "n", shape: U32 }, Field { name: "at", key: "at", shape: Enum(["slow", "fast"]) }, Field { name: "marks", key: "marks", shape: Flags(["seen", "paid"]) }, Field { name: "raw", key: "raw", shape: Bytes }, Field { name: "pair", key: "pair", shape: Tuple([S8, F64]) }])
    "#]]
        .assert_eq(&contract.events.values().map(|shape| format!("{shape:?}\n")).collect::<String>());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_components_are_refused_and_never_panic(flips in proptest::collection::vec((any::<u32>(), any::<u8>()), 1..8), cut in any::<u32>()) {
        let mut bytes = component(&world("export on-done: func(event: done) -> result<_, failure>;"));
        for (at, value) in flips {
            let at = at as usize % bytes.len();
            bytes[at] = value;
        }
        if cut % 3 == 0 {
            bytes.truncate(cut as usize % bytes.len());
        }
        let _ = Contract::read(&bytes);
    }
}

/// Found by the fuzzer: 164 bytes that claim a section of 4 GiB, for which the decoder would make room.
#[test]
fn a_section_that_claims_more_than_is_there_is_refused_before_it_is_decoded() {
    let claims = include_bytes!("../../../../tests/fuzz/corpus/contract/claims-gigabytes");
    let refused = super::read::is_whole(claims).unwrap_err();
    assert_eq!(Contract::read(claims).unwrap_err(), [refused]);
}
