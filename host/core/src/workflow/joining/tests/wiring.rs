//! Names, versions, `takes`, `gives`, renames, `when`, `by`, and shapes that do not fit.

use std::collections::BTreeMap;
use std::sync::Arc;

use expect_test::{Expect, expect};

use super::bench::{StepText, check, contract_of, join_text, tell, told, workflow};
use crate::contract::Contract;
use crate::workflow::{Joined, Workflow};

/// A step: its name, more lines of its table, the package of its events, their fields, its handlers.
type Stranger<'t> = (&'t str, &'t str, &'t str, &'t [(&'t str, &'t str)], &'t str);

fn join_strangers(start: &str, steps: &[Stranger<'_>]) -> Result<Joined, Vec<crate::workflow::Finding>> {
    let plain: Vec<StepText<'_>> = steps.iter().map(|(name, more, ..)| (*name, *more, "")).collect();
    let text = super::bench::text("", &plain).replace("\"start\"", &format!("\"{start}\""));
    let contracts: BTreeMap<String, Arc<Contract>> = steps
        .iter()
        .map(|(name, _, package, shapes, handlers)| {
            ((*name).to_owned(), Arc::new(contract_of(package, shapes, handlers)))
        })
        .collect();
    join_text(&text, &contracts)
}

fn check_strangers(start: &str, steps: &[Stranger<'_>], expected: Expect) {
    let joined = join_strangers(start, steps);
    let told = match &joined {
        Ok(joined) => format!("{}{}", ports(&joined.workflow), told(join_strangers(start, steps))),
        Err(findings) => tell(findings),
    };
    expected.assert_eq(&told);
}

/// A line for each handler: what it takes and gives in the workflow's names and keys.
fn ports(workflow: &Workflow) -> String {
    let keys = |shape: &crate::shape::Shape| {
        let fields = crate::workflow::joining::fields(shape);
        fields.iter().map(|field| field.key.as_str()).collect::<Vec<_>>().join(",")
    };
    let line = |handler: &crate::workflow::HandlerNode| {
        let name = |event, shape| format!("{}({})", workflow.event(event).short, keys(shape));
        let takes: Vec<_> = handler.inputs.iter().map(|input| name(input.event, &input.shape)).collect();
        let gives: Vec<_> =
            handler.emits.events().into_iter().map(|(event, shape)| name(event, shape)).collect();
        let step = &workflow.step(handler.step).name;
        format!("{step}.{}: {} -> {}\n", handler.name, takes.join(" + "), gives.join(" | "))
    };
    workflow.handlers.iter().map(line).collect()
}

#[test]
fn compatible_versions_are_one_event_and_others_are_two() {
    check_strangers(
        "start",
        &[
            ("a", "", "t:t@1.0.0", &[], "start -> x"),
            ("b", "", "t:t@1.4.0", &[("x", "id: string")], "x -> stop"),
        ],
        expect![[r#"
            a.on-start: start(id,n) -> x(id,n)
            b.on-x: x(id) -> stop(id,n)
        "#]],
    );
    check_strangers(
        "start",
        &[("a", "", "t:t@1.0.0", &[], "start -> x"), ("b", "", "t:t@2.0.0", &[], "x -> stop")],
        expect![[r#"
            error: w:4: step `a`: emits `t:t/events/x@1.0.0`, which no step takes; add it to `publish` or `stop`, or wire a step to it with `takes = { … = "t:t/events/x@1.0.0" }`
            error: w:6: step `b`: takes `t:t/events/x@2.0.0`, which no step emits; did you mean `t:t/events/x@1.0.0`? wire it with `takes = { x = "t:t/events/x@1.0.0" }`
        "#]],
    );
}

#[test]
fn ambiguous_names_are_refused_with_all_that_they_could_mean() {
    let steps: [Stranger<'_>; 2] =
        [("a", "", "one:x@1.0.0", &[], "start -> stop"), ("b", "", "two:x@1.0.0", &[], "start -> stop")];
    check_strangers(
        "start",
        &steps,
        expect![[r#"
            error: w:2: `start`: several events are called `start`; write `one:x/events/start` or `two:x/events/start`
            error: w:3: `stop`: several events are called `stop`; write `one:x/events/stop` or `two:x/events/stop`
        "#]],
    );
    check_strangers(
        "one:x/events/start",
        &steps,
        expect![[r#"
            error: w:3: `stop`: several events are called `stop`; write `one:x/events/stop` or `two:x/events/stop`
            error: w:6: step `b`: takes `two:x/events/start`, which no step emits; wire it to an event of the workflow with `takes = { start = "…" }`
        "#]],
    );
}

#[test]
fn steps_that_were_not_made_for_each_other_are_wired_by_name() {
    check_strangers(
        "start",
        &[
            ("fetch", "gives = { text = \"doc-text\" }", "fetch:x@1.0.0", &[], "start -> text"),
            (
                "read",
                "takes = { document = { event = \"doc-text\", fields = { unit-price = \"n\", link_to = \"id\" } } }
                 gives = { \"read:x/events/ending\" = \"stop\" }",
                "read:x@1.0.0",
                &[("document", "link-to: string, unit-price: u32")],
                "document -> ending",
            ),
            ("end", "", "t:t@1.0.0", &[], "doc-text -> stop"),
        ],
        expect![[r#"
            fetch.on-start: start(id,n) -> doc-text(id,n)
            read.on-document: doc-text(id,n) -> stop(id,n)
            end.on-doc-text: doc-text(id,n) -> stop(id,n)
        "#]],
    );
}

#[test]
fn a_component_stands_in_a_workflow_any_number_of_times() {
    check_strangers(
        "start",
        &[
            (
                "one",
                "takes = { own-in = \"start\" }\ngives = { own-out = \"x\" }",
                "c:c@1.0.0",
                &[],
                "own-in -> own-out",
            ),
            (
                "two",
                "takes = { own_in = \"x\" }\ngives = { own_out = \"stop\" }",
                "c:c@1.0.0",
                &[],
                "own-in -> own-out",
            ),
            ("end", "", "t:t@1.0.0", &[], "start + x -> stop"),
        ],
        expect![[r#"
            one.on-own-in: start(id,n) -> x(id,n)
            two.on-own-in: x(id,n) -> stop(id,n)
            end.on-start-and-x: start(id,n) + x(id,n) -> stop(id,n)
            end.on-start-and-x joins in the run
        "#]],
    );
}

#[test]
fn wiring_that_names_what_is_not_there_is_refused() {
    let reader = |more: &'static str| -> [Stranger<'static>; 2] {
        [
            ("a", "", "t:t@1.0.0", &[], "start -> x"),
            ("b", more, "t:t@1.0.0", &[("y", "id: string, n: u32, note: option<string>")], "y -> stop"),
        ]
    };
    for (more, expected) in [
        (
            "takes = { w = \"x\" }",
            expect![[r#"
            error: w:8: step `b`: `takes`: the component takes no `w`; did you mean `y`?
        "#]],
        ),
        (
            "takes = { yy = \"x\" }",
            expect![[r#"
            error: w:8: step `b`: `takes`: the component takes no `yy`; did you mean `y`?
        "#]],
        ),
        (
            "takes = { y = \"xx\" }",
            expect![[r#"
            error: w:8: step `b`: `takes.y`: no step knows an event `xx`; did you mean `x`?
        "#]],
        ),
        (
            "takes = { y = \"x\", \"t:t/events/y\" = \"x\" }",
            expect![[r#"
            error: w:8: step `b`: `takes`: `t:t/events/y` is wired twice; remove one of the lines
        "#]],
        ),
        (
            "takes = { y = { event = \"x\", fields = { notes = \"n\" } } }",
            expect![[r#"
            error: w:8: step `b`: `takes.y.fields`: the component's event has no field `notes`; did you mean `note`?
        "#]],
        ),
        (
            "takes = { y = { event = \"x\", fields = { note = \"n\" } } }",
            expect![[r#"
            error: w:8: step `b`: `takes.y.fields`: two fields would have one name; rename the other one too
        "#]],
        ),
        (
            "takes = { y = { event = \"x\", fields = { note = \"idd\" } } }",
            expect![[r#"
            error: w:6: step `b`: `takes`: `x` has no field `idd`; did you mean `id`?
        "#]],
        ),
        (
            "takes = { y = { event = \"x\", fields = { id = \"n\", n = \"id\" } } }",
            expect![[r#"
            error: w:6: step `b`: it cannot read `x` as step `a` emits it: `n` is written as u32 and read as string; `id` is written as string and read as u32; build both against one version of the event, or rename fields with `takes = { … = { event = "x", fields = { … } } }`
        "#]],
        ),
        (
            "takes = { y = \"x\" }\ngives = { y = \"stop\" }",
            expect![[r#"
            error: w:9: step `b`: `gives`: the component emits no `y`; it emits `stop`
        "#]],
        ),
    ] {
        check_strangers("start", &reader(more), expected);
    }
}

#[test]
fn two_parameters_never_take_one_event() {
    check_strangers(
        "start",
        &[("a", "takes = { x = \"start\" }", "t:t@1.0.0", &[], "start + x -> stop")],
        expect![[r#"
            error: w:4: step `a`: both parameters of `on-start-and-x` take the same event; wire one of them to another
        "#]],
    );
}

#[test]
fn shapes_that_do_not_fit_are_told_field_by_field() {
    check_strangers(
        "start",
        &[
            ("a", "", "t:t@1.0.0", &[("x", "id: u64, n: u32, items: list<string>")], "start -> x"),
            ("b", "", "t:t@1.0.0", &[("x", "id: string, n: u64, items: list<u8>, why: string")], "x -> stop"),
        ],
        expect![[r#"
            error: w:6: step `b`: it cannot read `x` as step `a` emits it: `id` is written as u64 and read as string; `items` is written as list<string> and read as list<u8>; `why` is written as nothing and read as string; build both against one version of the event, or rename fields with `takes = { … = { event = "x", fields = { … } } }`
        "#]],
    );
}

#[test]
fn a_start_event_that_no_value_suits_is_refused() {
    check_strangers(
        "start",
        &[
            ("a", "", "t:t@1.0.0", &[("start", "id: string")], "start -> stop"),
            ("b", "", "t:t@1.0.0", &[("start", "id: u32, more: string")], "start -> stop"),
        ],
        expect![[r#"
            error: w:2: no value of the start event `start` suits all: `id` is string for step `a` and u32 for step `b`; build both against one version of the event, or wire one of them to another event
        "#]],
    );
    check_strangers(
        "start",
        &[
            ("a", "", "t:t@1.0.0", &[("start", "n: u32")], "start -> stop"),
            ("b", "", "t:t@1.0.0", &[("start", "n: u64, more: string")], "start -> stop"),
        ],
        expect![[r#"
            a.on-start: start(n) -> stop(id,n)
            b.on-start: start(n,more) -> stop(id,n)
        "#]],
    );
}

#[test]
fn a_failure_handler_reads_what_the_host_writes() {
    check(&[("a", "", "start -> stop"), ("rescue", "", "step-failed -> stop")], expect![[""]]);
}

#[test]
fn conditions_are_checked_against_the_fields_of_what_is_taken() {
    for (when, expected) in [
        ("when = { kind = \"invoice\", urgent = true, note = \"x\" }", expect![[""]]),
        (
            "when = { kind = \"invoic\" }",
            expect![[r#"
            error: w:6: step `a`: `when.kind`: the field has no case `invoic`; did you mean `invoice`?
        "#]],
        ),
        (
            "when = { kind = true }",
            expect![[r#"
            error: w:6: step `a`: `when.kind`: the field is enum { invoice, letter }; compare it with text
        "#]],
        ),
        (
            "when = { urgent = \"yes\" }",
            expect![[r#"
            error: w:6: step `a`: `when.urgent`: the field is bool; compare it with true or false
        "#]],
        ),
        (
            "when = { unit-price = \"1\" }",
            expect![[r#"
            error: w:6: step `a`: `when.unit-price`: the field is u32; only string, enum and bool fields can be compared
        "#]],
        ),
        (
            "when = { knd = \"invoice\" }",
            expect![[r#"
            error: w:6: step `a`: `when`: no event that the step takes has a field `knd`; did you mean `kind`?
        "#]],
        ),
    ] {
        check(&[("a", when, "letter -> stop"), ("b", "", "start -> letter")], expected);
    }
}

#[test]
fn conditions_go_to_the_consumers_of_the_events_that_have_the_field() {
    let workflow = workflow(
        "",
        &[
            ("a", "", "start -> letter | x"),
            ("b", "when = { kind = \"invoice\", urgent = false }", "letter -> stop; x -> stop"),
        ],
    );
    let told = workflow.events.iter().flat_map(|event| {
        event.consumers.iter().map(move |taker| format!("{} {:?}\n", event.short, taker.when))
    });
    expect![[r#"
        letter [("kind", "\"invoice\""), ("urgent", "false")]
        x []
        start []
    "#]]
    .assert_eq(&told.collect::<String>());
}

#[test]
fn pairs_share_a_field_that_both_halves_have() {
    for (by, expected) in [
        (
            "join = { by = \"id\" }",
            expect![[r#"
            b.on-start-and-x joins in the run
        "#]],
        ),
        (
            "join = { by = \"idd\" }",
            expect![[r#"
            error: w:8: step `b`: `join.by`: `start` has no field `idd`; did you mean `id`?
            error: w:8: step `b`: `join.by`: `x` has no field `idd`; did you mean `id`?
        "#]],
        ),
    ] {
        check(&[("a", "", "start -> x"), ("b", by, "start + x -> stop")], expected);
    }
    check(
        &[("a", "", "start -> measure"), ("b", "join = { by = \"id\" }", "start + measure -> stop")],
        expect![[r#"
            error: w:8: step `b`: `join.by`: it is string in `start` and u64 in `measure`; compare a field that is alike
        "#]],
    );
    check(
        &[
            ("a", "", "start -> letter | note"),
            ("b", "join = { by = \"unit-price\" }", "letter + note -> stop"),
        ],
        expect![[r#"
            error: w:8: step `b`: `join.by`: `note` has no field `unit-price`; it has `id` and `n`
        "#]],
    );
}

#[test]
fn rules_of_joins_that_a_step_does_not_have_are_refused() {
    check(
        &[("a", "gather = { take = 2 }\njoin = { by = \"id\" }", "start -> stop")],
        expect![[r#"
        error: w:6: step `a`: `gather` is for a handler that takes a `list<…>`, and the component has none; remove it
        error: w:7: step `a`: `join` is for a handler that takes two events, and the component has none; remove it
    "#]],
    );
    check(
        &[
            ("a", "", "start -> list<x>"),
            ("b", "gather = { until = \"enugh\" }", "list<x> -> stop"),
            ("c", "", "x -> enough"),
        ],
        expect![[r#"
            error: w:8: step `b`: `gather.until`: no step knows an event `enugh`; did you mean `enough`?
        "#]],
    );
}
