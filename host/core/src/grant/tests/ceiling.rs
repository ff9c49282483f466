//! A grant under a ceiling: what of `[[tools]]` and `[approval]` is left, and a line for what is taken away.

use expect_test::{Expect, expect};

use crate::grant::{Grant, parse};
use crate::operator;

/// What is left of tables under those of a ceiling, and the lines.
fn under(ceiling: &str, grant: &str, expected: Expect) {
    let operator = operator::parse(&format!(
        "lockstep = 1\n{}",
        ceiling.replace("[[", "[[ceiling.").replace("\n[a", "\n[ceiling.a")
    ));
    let ceiling = operator.unwrap_or_else(|findings| panic!("{findings:?}")).ceiling.unwrap_or_default();
    let grant = parse(&format!("grant = 1\n{grant}")).unwrap_or_else(|findings| panic!("{findings:?}"));
    let (Grant { tools, approval, .. }, lines) = grant.within(&ceiling);
    let rules = tools.rules.iter().map(|rule| format!("{rule:?}\n"));
    let lines = lines.iter().map(|line| format!("{line}\n"));
    expected.assert_eq(&rules.chain(lines).chain([format!("{:?}\n", approval.within)]).collect::<String>());
}

#[test]
fn of_tools_what_both_allow_is_left() {
    under(
        "[[tools]]\nmcp = \"s\"\nallow = [\"a\", \"b\", \"c\"]\nargs = { a = { x = [1, 2], y = \"k\" }, b = { z = 1 } }\napprove = [\"b\", \"c\"]\n\
         calls = 5\nresult-bytes = 10\ntimeout = \"1s\"\neffects = \"at-most-once\"\nrate = \"10/min\"\n[approval]\nwithin = \"1h\"\n",
        "[[tools]]\nmcp = \"s\"\nallow = [\"b\", \"a\"]\nargs = { a = { x = 2, w = true } }\napprove = [\"a\"]\non-retry = \"reuse\"\nrate = \"100/min\"\n",
        expect![[r#"
            ToolsRule { from: Server("s"), allow: ["b", "a"], pin: None, args: {"a": {"w": Fixed(Bool(true)), "x": Fixed(Number(2)), "y": Fixed(String("k"))}, "b": {"z": Fixed(Number(1))}}, approve: ["b", "a"], calls: Some(5), result_bytes: 10, timeout: 1s, at_most_once: true, reuse: true, rate: Some(Rate { calls: 10, per: 60s }) }
            3600s
        "#]],
    );
}

#[test]
fn what_a_ceiling_takes_away_from_tools_is_told() {
    under(
        "[[tools]]\nmcp = \"s\"\nallow = [\"a\", \"b\"]\nargs = { a = { x = [1, 2] } }\ncalls = 5\nresult-bytes = 10\ntimeout = \"1s\"\n\
         [[tools]]\nmcp = \"s\"\nallow = [\"d\"]\n[[tools]]\nmcp = \"p\"\nallow = [\"e\"]\n\
         pin = \"sha256:2222222222222222222222222222222222222222222222222222222222222222\"\n[approval]\nwithin = \"1h\"\n",
        "[[tools]]\nmcp = \"s\"\nallow = [\"a\", \"b\", \"c\", \"d\"]\nargs = { a = { x = [2, 3] } }\ncalls = 6\nresult-bytes = 11\ntimeout = \"2s\"\n\
         [[tools]]\nmcp = \"t\"\nallow = [\"f\"]\n[[tools]]\ncomponent = \"s\"\nallow = [\"g\"]\n\
         [[tools]]\nmcp = \"p\"\nallow = [\"e\"]\n\
         pin = \"sha256:3333333333333333333333333333333333333333333333333333333333333333\"\n[approval]\nwithin = \"2h\"\n",
        expect![[r#"
            ToolsRule { from: Server("s"), allow: ["a", "b"], pin: None, args: {"a": {"x": OneOf([Number(2)])}}, approve: [], calls: Some(5), result_bytes: 10, timeout: 1s, at_most_once: false, reuse: false, rate: None }
            `tools.args` of s/a: `x` with the value 3 is not in [ceiling] of lockstep.toml; add it there, or remove it from the grant
            [[tools]] of s: the tool `c` is not in [ceiling] of lockstep.toml; add it there, or remove it from the grant
            the tool `d` of s has a [[tools]] apart from the others in [ceiling] of lockstep.toml; give it one in the grant too
            `tools.calls` of s is 6 and at most 5 in [ceiling] of lockstep.toml; raise it there, or lower it in the grant
            `tools.result-bytes` of s is 11B and at most 10B in [ceiling] of lockstep.toml; raise it there, or lower it in the grant
            `tools.timeout` of s is 2s and at most 1s in [ceiling] of lockstep.toml; raise it there, or lower it in the grant
            [[tools]] of t is not in [ceiling] of lockstep.toml; add it there, or remove it from the grant
            [[tools]] of component:s is not in [ceiling] of lockstep.toml; add it there, or remove it from the grant
            `tools.pin` of p is another one, or of other tools, than in [ceiling] of lockstep.toml; give both the same `pin` and `allow`, or take the `pin` out there
            `approval.within` is 7200s and at most 3600s in [ceiling] of lockstep.toml; raise it there, or lower it in the grant
            3600s
        "#]],
    );
    under(
        "[[tools]]\nmcp = \"s\"\nallow = [\"a\"]\nargs = { a = { x = 1 } }\n",
        "[[tools]]\nmcp = \"s\"\nallow = [\"a\"]\nargs = { a = { x = 2 } }\n",
        expect![[r#"
            `tools.args` of s/a: `x` with the value 2 is not in [ceiling] of lockstep.toml; add it there, or remove it from the grant
            86400s
        "#]],
    );
}

#[test]
fn a_pin_of_a_ceiling_holds_for_the_same_tools() {
    let pinned = "[[tools]]\nmcp = \"s\"\nallow = [\"a\", \"b\"]\n\
                  pin = \"sha256:2222222222222222222222222222222222222222222222222222222222222222\"\n";
    under(
        pinned,
        "[[tools]]\nmcp = \"s\"\nallow = [\"b\", \"a\"]\n",
        expect![[r#"
        ToolsRule { from: Server("s"), allow: ["b", "a"], pin: Some(Digest([34, 34, 34, 34, 34, 34, 34, 34, 34, 34, 34, 34, 34, 34, 34, 34, 34, 34, 34, 34, 34, 34, 34, 34, 34, 34, 34, 34, 34, 34, 34, 34])), args: {}, approve: [], calls: None, result_bytes: 262144, timeout: 30s, at_most_once: false, reuse: false, rate: None }
        86400s
    "#]],
    );
    under(
        pinned,
        "[[tools]]\nmcp = \"s\"\nallow = [\"a\"]\n",
        expect![[r#"
        `tools.pin` of s is another one, or of other tools, than in [ceiling] of lockstep.toml; give both the same `pin` and `allow`, or take the `pin` out there
        86400s
    "#]],
    );
}
