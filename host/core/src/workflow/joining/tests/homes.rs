//! Homes: the nearest opener upstream, ties, `of`, and joins inside joins.

use expect_test::expect;

use super::bench::{check, workflow};
use crate::workflow::HandlerId;

#[test]
fn a_gather_is_at_home_in_the_fan_out_upstream() {
    check(
        &[
            ("split", "", "start -> list<item>"),
            ("work", "", "item -> done"),
            ("collect", "", "list<done> -> stop"),
        ],
        expect![[r#"
            collect.on-done joins in split.on-start
        "#]],
    );
}

#[test]
fn inner_fan_outs_are_passed_by_on_the_way_to_outer_ones() {
    check(
        &[
            ("outer", "", "start -> list<order>"),
            ("inner", "", "order -> list<item>"),
            ("work", "", "item -> done"),
            ("collect", "", "list<done> -> billed"),
            ("total", "", "list<billed> -> stop"),
        ],
        expect![[r#"
            collect.on-done joins in inner.on-order
            total.on-billed joins in outer.on-start
        "#]],
    );
}

#[test]
fn an_outer_gather_that_stands_first_in_the_file_waits_for_the_inner_one() {
    check(
        &[
            ("total", "", "list<billed> -> stop"),
            ("collect", "", "list<done> -> billed"),
            ("work", "", "item -> done"),
            ("inner", "", "order -> list<item>"),
            ("outer", "", "start -> list<order>"),
        ],
        expect![[r#"
            total.on-billed joins in outer.on-start
            collect.on-done joins in inner.on-order
        "#]],
    );
}

#[test]
fn a_fan_out_in_a_loop_has_one_home_for_all_turns() {
    check(
        &[
            ("plan", "", "start -> task; verdict -> task | stop"),
            ("split", "", "task -> list<item>"),
            ("work", "", "item -> done"),
            ("collect", "", "list<done> -> verdict"),
        ],
        expect![[r#"
            collect.on-done joins in split.on-task
        "#]],
    );
}

#[test]
fn halves_of_a_broadcast_meet_in_it_and_what_they_make_stays_in_its_scope() {
    check(
        &[
            ("left", "", "start -> x"),
            ("right", "", "start -> y"),
            ("meet", "", "x + y -> pair"),
            ("all", "", "list<pair> -> stop"),
        ],
        expect![[r#"
            meet.on-x-and-y joins in broadcast start
            all.on-pair joins in broadcast start
        "#]],
    );
}

#[test]
fn a_broadcast_inside_a_fan_out_is_nearer_than_the_fan_out() {
    check(
        &[
            ("split", "", "start -> list<item>"),
            ("left", "", "item -> x"),
            ("right", "", "item -> y"),
            ("meet", "", "x + y -> pair"),
            ("all", "gather = { of = \"split\" }", "list<pair> -> stop"),
        ],
        expect![[r#"
            meet.on-x-and-y joins in broadcast item
            all.on-pair joins in split.on-start
        "#]],
    );
}

#[test]
fn handlers_whose_when_excludes_each_other_are_no_broadcast() {
    check(
        &[
            ("split", "", "start -> list<letter>"),
            ("bill", "when = { kind = \"invoice\" }", "letter -> done"),
            ("file", "when = { kind = \"letter\" }", "letter -> done"),
            ("all", "", "list<done> -> stop"),
        ],
        expect![[r#"
            all.on-done joins in split.on-start
        "#]],
    );
}

#[test]
fn only_the_list_decides_where_a_gather_with_one_more_event_is_at_home() {
    check(
        &[
            ("split", "", "start -> list<item>"),
            ("work", "", "item -> done"),
            ("collect", "", "start + list<done> -> stop"),
        ],
        expect![[r#"
            collect.on-start-and-done joins in split.on-start
        "#]],
    );
}

#[test]
fn the_event_beside_a_gather_comes_from_around_the_scopes_that_are_gathered() {
    check(
        &[
            ("split", "", "start -> list<item>"),
            ("work", "", "item -> done | x"),
            ("collect", "", "x + list<done> -> stop"),
        ],
        expect![[r#"
            error: w:8: step `collect`: `on-x-and-done` takes the latest `x` from around the scopes of `split`, and every `x` comes from inside of them; let it take `list<x>`, or an event from before `split`
        "#]],
    );
}

#[test]
fn what_a_failure_handler_emits_lies_where_the_failed_delivery_lay() {
    check(
        &[
            ("split", "", "start -> list<item>"),
            ("work", "", "item -> done"),
            ("rescue", "handles = [\"work\"]", "step-failed -> lost"),
            ("collect", "gather = { failed = \"skip\" }", "list<lost> -> stop"),
            ("other", "", "list<done> -> stop"),
        ],
        expect![[r#"
            collect.on-lost joins in split.on-start
            other.on-done joins in split.on-start
        "#]],
    );
}

#[test]
fn equally_near_openers_are_a_tie_that_of_settles() {
    let steps = |more: &'static str| {
        [
            ("one", "", "start -> list<item>"),
            ("two", "", "again -> list<item>"),
            ("work", "", "item -> done"),
            ("collect", more, "list<done> -> stop | again"),
        ]
    };
    check(
        &steps(""),
        expect![[r#"
            error: w:10: step `collect`: `on-done` could join in the scopes of `one` or `two`, which are equally near; choose with `gather = { of = "one" }`
        "#]],
    );
    check(
        &steps("gather = { of = \"two\" }"),
        expect![[r#"
        collect.on-done joins in two.on-again
        warning: w:10: step `collect`: `on-done` joins `done` in scopes of `two`, and some `done` come from outside of them and would join nothing; emit those as another event
    "#]],
    );
    check(
        &steps("gather = { of = \"one.on-start\" }"),
        expect![[r#"
        collect.on-done joins in one.on-start
        warning: w:10: step `collect`: `on-done` joins `done` in scopes of `one`, and some `done` come from outside of them and would join nothing; emit those as another event
    "#]],
    );
}

#[test]
fn a_tie_of_broadcasts_names_their_events() {
    check(
        &[
            ("seed", "", "start -> list<p | q>"),
            ("pa", "", "p -> x"),
            ("pb", "", "p -> x"),
            ("qa", "", "q -> x"),
            ("qb", "", "q -> x"),
            ("collect", "", "list<x> -> stop"),
        ],
        expect![[r#"
            error: w:14: step `collect`: `on-x` could join in the scopes of `p` or `q`, which are equally near; choose with `gather = { of = "p" }`
        "#]],
    );
}

#[test]
fn an_of_that_names_no_opener_upstream_is_refused() {
    let steps = |more: &'static str| {
        [
            ("split", "", "start -> list<item>"),
            ("work", "", "item -> done"),
            ("collect", more, "list<done> -> sum"),
            ("spread", "", "sum -> list<part>; part -> list<crumb>"),
            ("end", "", "list<crumb> -> stop"),
        ]
    };
    for (more, expected) in [
        (
            "gather = { of = \"splt\" }",
            expect![[r#"
            error: w:10: step `collect`: `gather.of`: there is no step `splt`; did you mean `split`?
        "#]],
        ),
        (
            "gather = { of = \"work\" }",
            expect![[r#"
            error: w:10: step `collect`: `gather.of`: `work` returns no list; name a step that does, or an event that several handlers take
        "#]],
        ),
        (
            "gather = { of = \"spread\" }",
            expect![[r#"
            error: w:10: step `collect`: `gather.of`: `spread` has several handlers that return lists: write `spread.on-sum` or `spread.on-part`
        "#]],
        ),
        (
            "gather = { of = \"spread.on-sum\" }",
            expect![[r#"
            error: w:10: step `collect`: `gather.of`: `spread.on-sum` does not lie upstream of `done`; name `split`
        "#]],
        ),
        (
            "gather = { of = \"spread.on-nothing\" }",
            expect![[r#"
            error: w:10: step `collect`: `gather.of`: `spread.on-nothing` returns no list; name a step that does, or an event that several handlers take
        "#]],
        ),
        (
            "gather = { of = \"item\" }",
            expect![[r#"
            error: w:10: step `collect`: `gather.of`: `item` is not taken by several handlers; name a step that does, or an event that several handlers take
        "#]],
        ),
    ] {
        check(&steps(more), expected);
    }
}

#[test]
fn a_gather_that_no_fan_out_feeds_is_refused() {
    check(
        &[("collect", "", "list<start> -> stop")],
        expect![[r#"
        error: w:4: step `collect`: `on-start` is a gather that no fan-out feeds: nothing upstream of `start` returns a `list` or is taken by several handlers; take single events, or let a step upstream return `list<…>`
    "#]],
    );
    check(
        &[("work", "", "start -> done"), ("collect", "", "list<done> -> stop")],
        expect![[r#"
        error: w:6: step `collect`: `on-done` is a gather that no fan-out feeds: nothing upstream of `done` returns a `list` or is taken by several handlers; take single events, or let a step upstream return `list<…>`
    "#]],
    );
}

#[test]
fn a_pair_without_an_opener_meets_in_the_run_and_is_warned_of_in_a_loop() {
    check(
        &[("plan", "", "start -> x"), ("meet", "", "start + x -> stop")],
        expect![[r#"
        meet.on-start-and-x joins in the run
    "#]],
    );
    let turning = |more: &'static str| {
        [("plan", "", "start -> x | y"), ("turn", "", "z -> x | y | stop"), ("meet", more, "x + y -> z")]
    };
    check(
        &turning(""),
        expect![[r#"
        meet.on-x-and-y joins in the run
        warning: w:8: step `meet`: `on-x-and-y` pairs first come, first matched over the whole run, and is in a loop: halves of different turns may meet; name the field that they share with `join = { by = "…" }`
    "#]],
    );
    check(
        &turning("join = { by = \"id\" }"),
        expect![[r#"
        meet.on-x-and-y joins in the run
    "#]],
    );
}

#[test]
fn events_that_come_from_outside_of_the_home_are_warned_of() {
    check(
        &[
            ("split", "", "start -> list<item | small>"),
            ("work", "", "item -> done"),
            ("quick", "", "small -> done"),
            ("hasty", "", "start -> done"),
            ("collect", "gather = { of = \"split\" }", "list<done> -> stop"),
        ],
        expect![[r#"
            collect.on-done joins in split.on-start
            warning: w:12: step `collect`: `on-done` joins `done` in scopes of `split`, and some `done` come from outside of them and would join nothing; emit those as another event
        "#]],
    );
}

#[test]
fn two_joins_share_a_home_unless_one_fires_early() {
    let steps = |more: &'static str| {
        [
            ("split", "", "start -> list<item>"),
            ("work", "", "item -> done | enough"),
            ("one", more, "list<done> -> sum"),
            ("two", "", "list<done> -> count"),
            ("end", "join = { by = \"id\" }", "sum + count -> stop"),
        ]
    };
    let sink = ("watch", "", "enough -> stop");
    for (more, expected) in [
        (
            "",
            expect![[r#"
            one.on-done joins in split.on-start
            two.on-done joins in split.on-start
            end.on-sum-and-count joins in the run
        "#]],
        ),
        (
            "gather = { take = 2 }",
            expect![[r#"
            error: w:10: step `one`: `on-done` fires early (`take`, `until` or `wait`) and closes the scopes of `split`, in which `two` joins too; gather to the end, or give it a fan-out of its own
        "#]],
        ),
        (
            "gather = { wait = \"1s\" }",
            expect![[r#"
            error: w:10: step `one`: `on-done` fires early (`take`, `until` or `wait`) and closes the scopes of `split`, in which `two` joins too; gather to the end, or give it a fan-out of its own
        "#]],
        ),
        (
            "gather = { until = \"enough\" }",
            expect![[r#"
            error: w:10: step `one`: `on-done` fires early (`take`, `until` or `wait`) and closes the scopes of `split`, in which `two` joins too; gather to the end, or give it a fan-out of its own
        "#]],
        ),
    ] {
        let mut steps = steps(more).to_vec();
        steps.push(sink);
        check(&steps, expected);
    }
}

#[test]
fn until_counts_as_taken_and_has_to_come_from_inside() {
    let steps = |until: &'static str| {
        [
            ("first", "", "start -> order | early"),
            ("split", "", "order -> list<item>"),
            ("work", "", "item -> done | enough"),
            ("collect", until, "list<done> -> stop"),
        ]
    };
    let good = workflow("publish = [\"early\"]\n", &steps("gather = { until = \"enough\" }"));
    let enough = good.events.iter().find(|event| event.short == "enough").unwrap();
    assert_eq!(enough.ends, [HandlerId(3)]);
    super::bench::check_with(
        "publish = [\"enough\"]\n",
        &steps("gather = { until = \"early\" }"),
        expect![[r#"
            error: w:13: step `collect`: `gather.until`: `early` never comes from inside the scopes of `split`; let a step between them emit it
        "#]],
    );
}

#[test]
fn joins_that_depend_on_each_other_are_settled_all_the_same() {
    check(
        &[("split", "", "start -> list<a | b>"), ("one", "", "a + y -> x"), ("two", "", "b + x -> y | stop")],
        expect![[r#"
            warning: w:6: step `one`: `on-a-and-y` pairs first come, first matched over the whole run, and is in a loop: halves of different turns may meet; name the field that they share with `join = { by = "…" }`
            error: w:6: step `one`: no start or failure event can reach `on-a-and-y`: `y` only comes from steps that nothing reaches; wire it to what comes, or set `skip-checks = ["reachability"]` in the step
            warning: w:8: step `two`: `on-b-and-x` pairs first come, first matched over the whole run, and is in a loop: halves of different turns may meet; name the field that they share with `join = { by = "…" }`
            error: w:8: step `two`: no start or failure event can reach `on-b-and-x`: `x` only comes from steps that nothing reaches; wire it to what comes, or set `skip-checks = ["reachability"]` in the step
        "#]],
    );
}
