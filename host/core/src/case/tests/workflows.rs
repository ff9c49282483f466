//! Cases of workflows as data, and what came of a run, held against what was expected. What is held against a workflow is
//! tested with one, from outside.

use std::time::Duration;

use expect_test::{Expect, expect};

use crate::case::{Format, Ran, judge_workflow, workflow};
use crate::event::Json;
use crate::run::Status;

/// Cases that have all keys between them.
pub(super) const CASES: [&str; 4] = [
    include_str!("../../../../../plugins/approvals/tests/asked-and-paid.toml"),
    include_str!("../../../../../plugins/approvals/tests/nobody-answers.toml"),
    include_str!("../../../../../plugins/refunds/tests/fraud-has-the-last-word.toml"),
    include_str!("../../../../../plugins/assistant/tests/one-of-two.toml"),
];

#[test]
fn what_is_wrong_is_told_with_its_line_and_what_is_meant() {
    let texts = [
        "event = {}\n",
        "[start]\n[[answers]]\nquestion = \"q\"\nafter = \"2 h\"\n",
        "[start]\n[[decisions]]\ntool = \"t\"\nurl = \"https://a\"\n[[decisions]]\napprove = false\n\
         [[decisions]]\nwith = {}\nrefuse = \"no\"\n",
        "[start]\n[[stand-ins]]\nstep = \"a\"\n[[stand-ins]]\nemits = []\nfailure = {}\nevent = {}\ngiven = {}\n",
        "[start]\n[expect]\nstatus = \"done\"\nresult = {}\ntook = 3\nsteps = \"a\"\n",
        "start = {}\n[run]\nrun = \"r\"\n",
    ];
    let told = texts.iter().map(|text| match workflow(text, Format::Toml) {
        Ok(case) => format!("{text:?} reads as {case:?}\n"),
        Err(findings) => findings.iter().map(|finding| format!("{}\n", finding.in_file("c"))).collect(),
    });
    expect![[r#"
        c:1: unknown key `event`
        c:1: `start` is missing; give the event that begins the run: `[start]`
        c:2: `answers.answer` is missing; give the fields of the answer: `answer = { approve = true }`
        c:4: `answers.after` takes a duration such as "200ms", "10s", "1h30m" or "3d", not "2 h"
        c:2: `decisions.tool`, `decisions.url` stand together; give one of them
        c:2: say what is decided: `approve = true`, or `refuse = "why"`
        c:6: `decisions.approve` takes `true`; a no is `refuse = "why"`, not false
        c:7: `decisions.with`, `decisions.refuse` stand together; give one of them
        c:2: give one of `stand-ins.emits`, `stand-ins.failure`
        c:4: `stand-ins.step` is missing; name the step that is not run: `step = "fraud"`
        c:4: `stand-ins.event`, `stand-ins.given` stand together; give one of them
        c:4: `stand-ins.emits`, `stand-ins.failure` stand together; give one of them
        c:3: `expect.status` takes one of "running", "waiting", "parked", "paused", "stalled", "completed", "failed", "timed-out", "cancelled", not "done"
        c:4: `expect.result` takes one event: `{ NAME = { … } }`, not a table
        c:5: `expect.took` takes a duration such as "200ms", "10s", "1h30m" or "3d", not 3
        c:6: `expect.steps` takes a list of texts, not "a"
        c:3: unknown key `run.run`
    "#]].assert_eq(&told.collect::<String>());
}

fn ran() -> Ran {
    let event = |name: &str, value: &str| (name.to_owned(), Json::trusted(value));
    Ran {
        status: Status::Completed,
        reason: None,
        result: Some(event("settled", r#"{"cents":900,"note":null}"#)),
        events: vec![
            event("asked", r#"{"item":1}"#),
            event("asked", r#"{"item":2}"#),
            event("settled", "{}"),
        ],
        questions: vec![event("asked", r#"{"item":1,"why":"much","of":[{"n":1,"m":2},7]}"#)],
        steps: vec!["policy".into(), "pay".into()],
        calls: vec!["tool brew".into()],
        took: Duration::from_secs(90_000),
    }
}

/// The differences of what came of a run from each of these expectations.
fn check(ran: &Ran, expects: &[&str], expected: Expect) {
    let told = expects.iter().map(|text| {
        let case = workflow(&format!("start = {{}}\n[expect]\n{text}\n"), Format::Toml).unwrap();
        let found = judge_workflow(&case.expect.unwrap(), ran);
        let lines = found.iter().map(|difference| format!("  {difference}\n")).collect::<String>();
        format!("{text}\n{lines}")
    });
    expected.assert_eq(&told.collect::<String>());
}

#[test]
fn what_is_so_is_no_difference_and_each_difference_has_its_path() {
    check(
        &ran(),
        &[
            "",
            "result = { settled = { cents = 900 } }\nsteps = [\"policy\", \"pay\"]\ntook = \"1d1h\"\ncalls = [\"tool brew\"]",
            "events = [{ asked = { item = 2 } }, { settled = {} }]\nquestions = [{ asked = { item = 1 } }]",
            "result = { settled = { cents = 901 } }\nsteps = [\"policy\"]\ntook = \"25h1m\"\ncalls = []",
            "result = { refused = {} }\nquestions = []",
            "events = [{ asked = { item = 2 } }, { asked = { item = 1 } }]",
            "events = [{ paid = {} }]\nquestions = [{ asked = { item = 2 } }, { asked = {} }]",
            "questions = [{ asked = { of = [{ n = 1 }, 7] } }]",
            "questions = [{ asked = { of = [{ n = 1 }, \"x\"] } }]",
            "questions = [{ asked = { of = [] } }]",
            "questions = [{ asked = { of = [{ n = 1 }] } }]",
            "status = \"waiting\"\nreason-contains = \"bank\"",
        ],
        expect![[r#"

            result = { settled = { cents = 900 } }
            steps = ["policy", "pay"]
            took = "1d1h"
            calls = ["tool brew"]
            events = [{ asked = { item = 2 } }, { settled = {} }]
            questions = [{ asked = { item = 1 } }]
            result = { settled = { cents = 901 } }
            steps = ["policy"]
            took = "25h1m"
            calls = []
              result.settled.cents: expected 901, got 900
              steps[1]: expected nothing, got "pay"
              calls[0]: expected nothing, got "tool brew"
              took: expected 1d1h1m, got 1d1h
            result = { refused = {} }
            questions = []
              result: expected refused {}, got settled {"cents":900,"note":null}
              questions[0]: expected nothing, got asked {"item":1,"why":"much","of":[{"n":1,"m":2},7]}
            events = [{ asked = { item = 2 } }, { asked = { item = 1 } }]
              events[1]: expected asked {"item":1} after events[0], got no such event
            events = [{ paid = {} }]
            questions = [{ asked = { item = 2 } }, { asked = {} }]
              events[0]: expected paid {}, got no such event
              questions[0]: expected asked {"item":2}, got asked {"item":1,"why":"much","of":[{"n":1,"m":2},7]}
              questions[1]: expected asked {}, got nothing
            questions = [{ asked = { of = [{ n = 1 }, 7] } }]
            questions = [{ asked = { of = [{ n = 1 }, "x"] } }]
              questions[0]: expected asked {"of":[{"n":1},"x"]}, got asked {"item":1,"why":"much","of":[{"n":1,"m":2},7]}
            questions = [{ asked = { of = [] } }]
              questions[0]: expected asked {"of":[]}, got asked {"item":1,"why":"much","of":[{"n":1,"m":2},7]}
            questions = [{ asked = { of = [{ n = 1 }] } }]
              questions[0]: expected asked {"of":[{"n":1}]}, got asked {"item":1,"why":"much","of":[{"n":1,"m":2},7]}
            status = "waiting"
            reason-contains = "bank"
              status: expected waiting, got completed
              reason-contains: expected bank, got nothing
        "#]],
    );
}

#[test]
fn a_run_that_does_not_complete_is_expected_or_wrong() {
    let failed =
        Ran { status: Status::Failed, reason: Some("step `pay` failed".into()), result: None, ..ran() };
    check(
        &failed,
        &["", "status = \"failed\"\nreason-contains = \"`pay`\"", "result = { settled = {} }"],
        expect![[r#"

              status: expected completed, got failed: step `pay` failed
            status = "failed"
            reason-contains = "`pay`"
            result = { settled = {} }
              status: expected completed, got failed: step `pay` failed
              result: expected settled {}, got nothing
        "#]],
    );
}
