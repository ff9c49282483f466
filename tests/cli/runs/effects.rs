//! Calls of which nobody knows what came of them: shown, decided, and decided by another process. No
//! component makes the call here: its rows are written as a host would have.

use std::sync::Arc;
use std::time::Duration;

use expect_test::expect;
use lockstep_core::blob::Digest;
use lockstep_core::effect::{Ask, CallId, Denial, Ending, Intent, Keep, Leave, Moment, Proposal, Window};
use lockstep_core::event::{Json, Timestamp};
use lockstep_core::journal::{Commit, Journal};
use lockstep_core::outcome::{Interruption, Outcome};
use lockstep_core::run::{Run, RunId, Seq, Signal, Verdict};
use lockstep_journal::Sqlite;
use lockstep_journal::conformance::wait;
use lockstep_runtime::archive;
use serde_json::json;

use crate::orders::{PARKS, orders, plain};
use crate::project::Project;

/// What a tool is called with: the second of two wins where it is read, and both are shown.
const ARGUMENTS: &str = r#"{"title": "a", "title": "b\u001b[2J", "\u202euntil 2099": [1.0, {}]}"#;
const NOW: Timestamp = Timestamp(1_800_000_000_000);

/// A run whose delivery is attempted once more.
struct Attempted {
    store: Sqlite,
    run: Run,
    delivery: Seq,
}

impl Attempted {
    fn of(project: &Project, run: &str) -> Attempted {
        let store = Sqlite::open(&project.path("lockstep.db")).unwrap();
        let run =
            wait(Box::pin(async { Ok(archive::read(&store, &RunId::named(run)).await.unwrap().unwrap()) }));
        let mut attempted = Attempted { store, run: run.unwrap(), delivery: Seq(3) };
        let retried = attempted.run.signal(Signal::Retry { delivery: Seq(3), by: None }, NOW);
        attempted.write(retried);
        attempted.run.begin(Seq(3), NOW).unwrap();
        attempted
    }

    fn write(&self, commit: Commit) {
        wait(self.store.commit(vec![commit])).unwrap();
    }

    fn call(&mut self, what: &str, ending: Option<Ending>) {
        let id = CallId { digest: Digest::of(what.as_bytes()), nth: 1 };
        let intent = Intent {
            id,
            capability: "http".into(),
            what: what.into(),
            rule: "https://pay.example:443".into(),
            at_most_once: true,
            keep: Keep::No,
            rate: None,
            calls: None,
            within: None,
            ask: None,
        };
        let (_, commit) = self.run.leave(self.delivery, &intent, &mut Window::default(), NOW);
        self.write(commit);
        if let Some(ending) = ending {
            let commit = self.run.effect_ended(self.delivery, &id, ending, NOW);
            self.write(commit);
        }
    }

    /// A call that a person is asked about.
    fn asks(&mut self, what: &str) -> Leave {
        let schema =
            json!({ "properties": { "title": { "type": "string" } }, "additionalProperties": false });
        let (arguments, schema) = (Json::trusted(ARGUMENTS), Some(Json::trusted(schema.to_string())));
        let proposal = Proposal { arguments, schema };
        let moment = Moment { clock: NOW, seed: Digest::of(b"") };
        let ask = Ask { why: "`approve`".into(), proposal, within: Duration::from_secs(60), moment };
        let intent = Intent {
            id: CallId { digest: Digest::of(what.as_bytes()), nth: 1 },
            capability: "tools".into(),
            what: what.into(),
            rule: "github".into(),
            at_most_once: false,
            keep: Keep::Attempt,
            rate: None,
            calls: None,
            within: None,
            ask: Some(ask),
        };
        let (leave, commit) = self.run.leave(self.delivery, &intent, &mut Window::default(), NOW);
        self.write(commit);
        leave
    }

    fn interrupted(&mut self, why: Interruption) {
        let commit = self.run.settle(self.delivery, Outcome::Interrupted(why), NOW);
        self.write(commit);
    }

    /// A person says yes to whatever waits, and the attempt goes on.
    fn approved(&mut self) {
        let approval = self.run.approvals().next().unwrap().0;
        let verdict = Verdict::Approve { arguments: None, rule: None };
        let commit = self.run.signal(Signal::Decide { approval, verdict, by: Some("ann".into()) }, NOW);
        self.write(commit);
        self.run.begin(self.delivery, NOW).unwrap();
    }

    fn denied(&mut self, what: &str) {
        let denial = Denial { capability: "http".into(), what: what.into(), why: "path".into(), tool: None };
        let commit = self.run.denied(self.delivery, denial, NOW);
        self.write(commit);
    }

    fn stopped(mut self) {
        let commit = self.run.settle(self.delivery, Outcome::Interrupted(Interruption::Stopped), NOW);
        self.write(commit);
    }
}

fn lost() -> Option<Ending> {
    Some(Ending::Failed { told: Arc::from("the connection \u{1b}[31mbroke") })
}

/// A run that waits for a decision about one call.
fn unknown() -> (Project, String) {
    let project = orders();
    let run = project.order(PARKS);
    let mut attempted = Attempted::of(&project, &run);
    let answer = Some(Json::trusted("{}"));
    attempted.call("POST https://pay.example/a", Some(Ending::Answered { answer, told: "200".into() }));
    attempted.denied("POST https://pay.example/b");
    attempted.call("POST https://pay.example/c", lost());
    attempted.stopped();
    (project, run)
}

fn told(project: &Project, run: &str, arguments: &[&str]) -> String {
    plain(&project.runs(arguments).told_all(), &[run])
}

#[test]
fn a_run_shows_what_was_called_and_how_to_go_on() {
    let (project, run) = unknown();
    expect![[r#"
        exit 0
        run RUN of orders
          parked: for 1 operator's decision
          begun TIME, last changed TIME
          revision 02455b0feaa1185b3f087818dc755042
          2 calls have left it; denied: 1 http

        open
          delivery 3 to `clerk`: parked: unknown-effect
            permanent `no-stock`: nothing left
            of \u{1b}[1mit\u{1b}[0m
            details {"left":0}
            called POST https://pay.example/c, and nobody knows what came of it: the connection \u{1b}[31mbroke
              it was done, and this is the answer: `lockstep runs resolve RUN --effect 9 --done JSON`
              it was not done, so do it: `lockstep runs resolve RUN --effect 9 --not-made`
              give it up: `lockstep runs resolve RUN --effect 9 --fail`

        history
          TIME  clerk  parked at attempt 1: permanent `no-stock`: nothing left\nof \u{1b}[1mit\u{1b}[0m
          TIME  clerk  is tried again
          TIME  clerk  calls POST https://pay.example/a, at most once
          TIME  clerk  POST https://pay.example/a answered: 200
          TIME  clerk  was denied http POST https://pay.example/b: path
              if it may, add to the grant of `clerk`:
              [[http]]
              host = "pay.example"
              methods = ["POST"]
              paths = ["/b"]
              query = []
          TIME  clerk  calls POST https://pay.example/c, at most once
          TIME  clerk  POST https://pay.example/c failed: the connection \u{1b}[31mbroke
          TIME  clerk  parked: unknown-effect
    "#]].assert_eq(&told(&project, &run, &["show", &run]));
    expect![[r#"
        exit 0
           1  TIME  status    run of orders began
           2  TIME  event     order {"kind":2}
        ─  3  TIME  delivery  delivery to `clerk` of 2
        ─  4  TIME  attempt   delivery 3 (`clerk`) parked at attempt 1: permanent `no-stock`: nothing left\nof \u{1b}[1mit\u{1b}[0m
        ─  5  TIME  attempt   delivery 3 (`clerk`) is tried again
        ─  6  TIME  effect    delivery 3 (`clerk`) calls POST https://pay.example/a, at most once
        ─  7  TIME  effect    delivery 3 (`clerk`) POST https://pay.example/a answered: 200
        ─  8  TIME  effect    delivery 3 (`clerk`) was denied http POST https://pay.example/b: path
        ─  9  TIME  effect    delivery 3 (`clerk`) calls POST https://pay.example/c, at most once
        ─ 10  TIME  effect    delivery 3 (`clerk`) POST https://pay.example/c failed: the connection \u{1b}[31mbroke
        ─ 11  TIME  attempt   delivery 3 (`clerk`) parked: unknown-effect
    "#]].assert_eq(&told(&project, &run, &["events", &run]));
    let delivery = &project.runs_json(&["show", &run])["deliveries"][0];
    assert_eq!(delivery["parked"], json!("unknown-effect"));
    assert_eq!(delivery["unknown_effects"][0]["what"], json!("POST https://pay.example/c"));
}

#[test]
fn the_list_of_runs_says_that_a_call_is_to_be_resolved() {
    let (project, run) = unknown();
    let waiting = project.order(PARKS);
    expect![[r#"
        exit 0
        RUN           WORKFLOW  STATUS  BEGUN                 CHANGED               WAITS FOR
        RUN-2  orders    parked  TIME  TIME  1 retry
        RUN  orders    parked  TIME  TIME  1 call to resolve
    "#]]
    .assert_eq(&plain(&project.runs(&["ls"]).told_all(), &[&run, &waiting]));
}

#[test]
fn a_retry_is_refused_with_what_to_do() {
    let (project, run) = unknown();
    expect![[r#"
        exit 9
        error: delivery 3 of run RUN has a call that may be made once at most, and nobody knows what came of it: `POST https://pay.example/c`; find out, then say it with `lockstep runs resolve RUN --delivery 3` and `--done JSON`, `--not-made` or `--fail`
    "#]].assert_eq(&project.refused(&run, &["retry", &run]));
    assert_eq!(project.refused(&run, &["retry", &run, "3"]), project.refused(&run, &["retry", &run]));
}

#[test]
fn a_person_says_what_came_of_it() {
    for (how, expected) in [
        (
            &["--done", "{\"status\":200}", "--by", "ann"][..],
            expect![[r#"
            exit 0
            run RUN: the call is known to be done; it is running
            no process has the store; go on with `lockstep run WORKFLOW --take-up`, where WORKFLOW is the folder of orders
        "#]],
        ),
        (
            &["--not-made", "--delivery", "3"],
            expect![[r#"
            exit 0
            run RUN: the call is known not to be made; it is running
            no process has the store; go on with `lockstep run WORKFLOW --take-up`, where WORKFLOW is the folder of orders
        "#]],
        ),
        (
            &["--fail"],
            expect![[r#"
            exit 0
            run RUN: the delivery was given up; it is failed
        "#]],
        ),
    ] {
        let (project, run) = unknown();
        let arguments = [&["resolve", &run][..], how].concat();
        expected.assert_eq(&told(&project, &run, &arguments));
        assert_eq!(project.runs(&arguments).code, 9, "once");
    }
    let (project, run) = unknown();
    let done = project.with("answer.json", "{\"status\":200}\n").runs_json(&[
        "resolve",
        &run,
        "--done",
        "@answer.json",
    ]);
    assert_eq!(done, json!({ "run_id": run, "is_new": true, "status": "running" }));
}

#[test]
fn what_cannot_be_resolved_is_refused() {
    let (project, run) = unknown();
    for (code, arguments) in [
        (4, &["--done", "{"][..]),
        (4, &["--done", "{\"state\": \"paid\"}"]),
        (9, &["--not-made", "--delivery", "9"]),
        (9, &["--fail", "--effect", "1"]),
    ] {
        let refused = project.refused(&run, &[&["resolve", &run], arguments].concat());
        assert!(refused.starts_with(&format!("exit {code}\n")), "{refused}");
    }
    for arguments in [&[][..], &["--done", "1", "--fail"]] {
        assert_eq!(project.runs(&[&["resolve", &run], arguments].concat()).code, 2);
    }
    let project = orders();
    let run = project.order(PARKS);
    let mut attempted = Attempted::of(&project, &run);
    attempted.call("POST a", lost());
    attempted.call("POST b", None);
    attempted.stopped();
    expect![[r#"
        exit 9
        error: several calls of run RUN wait for a decision; give one with `--effect`: 6 of delivery 3 `POST a`, 8 of delivery 3 `POST b`
    "#]].assert_eq(&project.refused(&run, &["resolve", &run, "--not-made"]));
}

#[test]
fn a_fork_that_would_make_calls_again_says_so() {
    let (project, run) = unknown();
    expect![[r#"
        exit 9
        error: run RUN made calls that a fork at row 3 would make again, under new keys: row 6 `POST https://pay.example/a`, row 9 `POST https://pay.example/c`; give a later row with `--at`, or `--repeat-effects` if they may be made twice
    "#]].assert_eq(&project.refused(&run, &["fork", &run, "--at", "3"]));
    assert_eq!(project.runs(&["fork", &run, "--at", "3", "--repeat-effects"]).code, 0);
    assert_eq!(
        project.runs(&["fork", &run]).code,
        0,
        "what is open keeps its answers and waits for a person"
    );
}

#[test]
fn a_step_that_makes_none_of_the_calls_that_were_approved_is_shown_for_what_it_is() {
    let project = orders();
    let run = project.order(PARKS);
    let mut attempted = Attempted::of(&project, &run);
    for nth in 1..=3 {
        assert_eq!(attempted.asks(&format!("github/create {nth}")), Leave::Ask);
        attempted.interrupted(Interruption::Approval);
        attempted.approved();
    }
    assert_eq!(attempted.asks("github/create 4"), Leave::Unsteady);
    attempted.interrupted(Interruption::Unsteady);
    drop(attempted);
    expect![[r#"
        exit 0
        run RUN of orders
          parked: for 1 operator's decision
          begun TIME, last changed TIME
          revision 02455b0feaa1185b3f087818dc755042

        open
          delivery 3 to `clerk`: parked: unsteady: it asked a person about one call after the other, and made none of those that were decided on; look at what its step makes them of before it is tried again
            permanent `no-stock`: nothing left
            of \u{1b}[1mit\u{1b}[0m
            details {"left":0}
            try it again: `lockstep runs retry RUN 3`
            go on without: `lockstep runs skip RUN 3`, or with --fail give it up

        history
          TIME  clerk  parked at attempt 1: permanent `no-stock`: nothing left\nof \u{1b}[1mit\u{1b}[0m
          TIME  clerk  is tried again
          TIME  clerk  asks a person whether it may call github/create 1: `approve`: approval RUN.6
          TIME  clerk  github/create 1 was approved by ann
          TIME  clerk  asks a person whether it may call github/create 2: `approve`: approval RUN.9
          TIME  clerk  github/create 2 was approved by ann
          TIME  clerk  asks a person whether it may call github/create 3: `approve`: approval RUN.12
          TIME  clerk  github/create 3 was approved by ann
          TIME  clerk  parked: unsteady
    "#]].assert_eq(&told(&project, &run, &["show", &run]));
    assert_eq!(project.runs_json(&["show", &run])["deliveries"][0]["parked"], "unsteady");
    assert_eq!(project.runs(&["retry", &run]).code, 0);
}

#[test]
fn a_call_of_a_tool_is_shown_as_it_was_written_and_changed_only_into_what_its_schema_takes() {
    let project = orders();
    let run = project.order(PARKS);
    let mut attempted = Attempted::of(&project, &run);
    let answer = Some(Json::trusted("{}"));
    attempted.call("POST https://pay.example/a", Some(Ending::Answered { answer, told: "200".into() }));
    assert_eq!(attempted.asks("github/create_issue {\"title\":…"), Leave::Ask);
    attempted.interrupted(Interruption::Approval);
    drop(attempted);
    let asked = project.lockstep(&["ask", "ls"]);
    expect![[r#"
        exit 0
        approval RUN.8: clerk wants to call github/create_issue
          why a person is asked: `approve`
          rule: github
          with
            title: a
            title: b\u{1b}[2J
            \u{202e}until 2099:
              [
                1.0,
                {}
              ]
          called already by this attempt
            POST https://pay.example/a: 200
          until TIME
          let it go: `lockstep approve RUN.8`
          with other arguments: `lockstep approve RUN.8 --with JSON`
          do not: `lockstep refuse RUN.8 --reason TEXT`
    "#]]
    .assert_eq(&plain(&asked.told_all(), &[&run]));
    for (arguments, code) in
        [("{\"title\": 1}", 4), ("{\"body\": \"x\"}", 4), ("7", 4), ("{\"title\": \"c\"}", 0)]
    {
        let ended = project.lockstep(&["approve", &run, "--with", arguments, "--by", "ann"]);
        assert_eq!(ended.code, code, "{ended:?}");
    }
    let shown = project.runs(&["show", &run]).stdout;
    let line = r#" was approved by ann with changed arguments: title: "b\u001b[2J" → "c"; \u{202e}until 2099: [1.0,{}] → nothing"#;
    assert!(shown.contains(line), "{shown}");
}
