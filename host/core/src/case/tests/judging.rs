//! What happened, held against what was expected.

use std::time::Duration;

use expect_test::{Expect, expect};

use crate::case::tests::case;
use crate::case::{Came, Happened, Timer, judge};
use crate::event::Json;
use crate::outcome::{Class, Failure, Interruption};

fn happened() -> Happened {
    Happened {
        came: Came::Emitted(vec![
            ("left".into(), Json::trusted(r#"{"note":"a","more":null,"big":18446744073709551615,"f":0.5}"#)),
            ("right".into(), Json::trusted(r#"{"n":1.0,"all":[1,0.0,{"x":"y"}]}"#)),
        ]),
        state: [("n".to_owned(), Json::trusted("7")), ("list".to_owned(), Json::trusted("[1]"))].into(),
        deleted: vec!["gone".into()],
        updates: vec![("progress".into(), Json::trusted("{\"done\":3}"))],
        timers: vec![Timer::Set { name: "remind".into(), after_ms: 5000 }, Timer::Cancel("forget".into())],
        log: vec!["info: hush".into()],
        calls: vec!["GET https://a.example/".into(), "tool brew".into()],
        fuel: 1000,
        memory: 2 << 20,
    }
}

fn failed() -> Happened {
    let failure = Failure {
        class: Class::Transient,
        code: "busy".into(),
        message: "later, please".into(),
        retry_after: Some(Duration::from_millis(1500)),
        details: Some(Json::trusted("{\"queue\":[1,2]}")),
    };
    Happened { came: Came::Failed(failure), ..happened() }
}

/// The differences of what happened from each of these expectations.
fn check(happened: &Happened, expects: &[&str], expected: Expect) {
    let told = expects.iter().map(|expect| {
        let case = case(&format!("event = {{}}\n[expect]\n{expect}\n"));
        let found = judge(&case.expect.unwrap(), happened);
        let lines = found.iter().map(|difference| format!("  {difference}\n")).collect::<String>();
        format!("{expect}\n{lines}")
    });
    expected.assert_eq(&told.collect::<String>());
}

#[test]
fn only_what_is_given_is_checked_and_what_is_so_is_no_difference() {
    check(
        &happened(),
        &[
            "",
            "emits = [{ left = { note = \"a\", big = \"18446744073709551615\", f = 0.5 } }, { right = { n = 1, all = [1, 0, { x = \"y\" }] } }]",
            "state = { list = [1], n = 7 }",
            "deleted = [\"gone\"]\nupdates = [{ progress = { done = 3 } }]",
            "timers = [{ set = \"remind\", after-ms = 5000 }, { cancel = \"forget\" }]\nlog = [\"info: hush\"]",
            "calls = [\"GET https://a.example/\", \"tool brew\"]\nfuel-at-most = 1000\nmemory-at-most = \"2MiB\"",
            "or-failure = { code = \"inexact\" }",
        ],
        expect![[r#"

            emits = [{ left = { note = "a", big = "18446744073709551615", f = 0.5 } }, { right = { n = 1, all = [1, 0, { x = "y" }] } }]
            state = { list = [1], n = 7 }
            deleted = ["gone"]
            updates = [{ progress = { done = 3 } }]
            timers = [{ set = "remind", after-ms = 5000 }, { cancel = "forget" }]
            log = ["info: hush"]
            calls = ["GET https://a.example/", "tool brew"]
            fuel-at-most = 1000
            memory-at-most = "2MiB"
            or-failure = { code = "inexact" }
        "#]],
    );
}

#[test]
fn each_difference_has_its_path() {
    check(
        &happened(),
        &[
            "emits = []",
            "emits = [{ left = { note = \"b\" } }, { left = { n = 1 } }, { right = {} }]",
            "state = { n = 8, other = 1 }",
            "deleted = []\nupdates = [{ token = { done = 3 } }]",
            "timers = [{ cancel = \"forget\" }]\nlog = []",
            "calls = [\"GET https://a.example/\"]\nfuel-at-most = 999\nmemory-at-most = \"1MiB\"",
            "failure = { code = \"busy\" }",
            "parked = \"unknown-effect\"",
        ],
        expect![[r#"
            emits = []
              emits[0]: expected nothing, got left {"note":"a","more":null,"big":18446744073709551615,"f":0.5}
              emits[1]: expected nothing, got right {"n":1.0,"all":[1,0.0,{"x":"y"}]}
            emits = [{ left = { note = "b" } }, { left = { n = 1 } }, { right = {} }]
              emits[0].left.big: expected nothing, got 18446744073709551615
              emits[0].left.f: expected nothing, got 0.5
              emits[0].left.note: expected "b", got "a"
              emits[1]: expected left {"n":1}, got right {"n":1.0,"all":[1,0.0,{"x":"y"}]}
              emits[2]: expected right {}, got nothing
            state = { n = 8, other = 1 }
              state.list: expected no change of this key, got [1]
              state.n: expected 8, got 7
              state.other: expected 1, got no change of this key
            deleted = []
            updates = [{ token = { done = 3 } }]
              deleted[0]: expected nothing, got "gone"
              updates[0]: expected token {"done":3}, got progress {"done":3}
            timers = [{ cancel = "forget" }]
            log = []
              timers[0]: expected "cancel forget", got "set remind after 5000 ms"
              timers[1]: expected nothing, got "cancel forget"
              log[0]: expected nothing, got "info: hush"
            calls = ["GET https://a.example/"]
            fuel-at-most = 999
            memory-at-most = "1MiB"
              calls[1]: expected nothing, got "tool brew"
              fuel-at-most: expected at most 999, got 1000
              memory-at-most: expected at most 1048576, got 2097152
            failure = { code = "busy" }
              failure: expected a failure, got left, right
            parked = "unknown-effect"
              parked: expected `unknown-effect`, got left, right
        "#]],
    );
}

#[test]
fn a_failure_is_expected_or_wrong() {
    check(
        &failed(),
        &[
            "",
            "emits = []",
            "failure = {}",
            "failure = { class = \"transient\", code = \"busy\", message = \"later, please\", retry-after-ms = 1500, details = { queue = [1, 2] } }",
            "failure = { message-contains = \"later\" }",
            "failure = { class = \"permanent\", code = \"lazy\", message-contains = \"never\", retry-after-ms = 1, details = { queue = [2] } }",
            "emits = []\nor-failure = { code = \"busy\" }",
            "emits = []\nor-failure = { code = \"lazy\" }",
            "failure = { code = \"busy\" }\nor-failure = { code = \"lazy\" }",
        ],
        expect![[r#"

              emits: expected events, got transient `busy`: later, please, again after 1500 ms, {"queue":[1,2]}
            emits = []
              emits: expected events, got transient `busy`: later, please, again after 1500 ms, {"queue":[1,2]}
            failure = {}
            failure = { class = "transient", code = "busy", message = "later, please", retry-after-ms = 1500, details = { queue = [1, 2] } }
            failure = { message-contains = "later" }
            failure = { class = "permanent", code = "lazy", message-contains = "never", retry-after-ms = 1, details = { queue = [2] } }
              failure.class: expected permanent, got transient
              failure.code: expected "lazy", got "busy"
              failure.message-contains: expected "never", got "later, please"
              failure.retry-after-ms: expected 1, got 1500
              failure.details.queue[0]: expected 2, got 1
              failure.details.queue[1]: expected nothing, got 2
            emits = []
            or-failure = { code = "busy" }
            emits = []
            or-failure = { code = "lazy" }
              or-failure.code: expected "lazy", got "busy"
            failure = { code = "busy" }
            or-failure = { code = "lazy" }
        "#]],
    );
}

#[test]
fn an_attempt_that_cannot_go_on_is_told_by_the_word_for_it() {
    let parked = Happened { came: Came::Interrupted(Interruption::UnknownEffect), ..happened() };
    check(
        &parked,
        &["parked = \"unknown-effect\"", "emits = []"],
        expect![[r#"
        parked = "unknown-effect"
        emits = []
          emits: expected events, got an attempt that is parked as `unknown-effect`
    "#]],
    );
}
