//! Questions to people: listed, answered from another process, refused where an answer does not fit.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::Stdio;
use std::sync::Arc;
use std::thread;

use expect_test::expect;
use lockstep_core::event::Json;
use lockstep_core::run::{Change, RunId, Seq};
use lockstep_journal::Sqlite;
use lockstep_runtime::{Host, Reply, Request, Settings};
use serde_json::{Value, json};

use crate::approvals::{Claims, Waiting, claim, count, records};
use crate::project::ended;

const YES: &str = r#"{"approve": true}"#;
const NO: &str = r#"{"approve": false, "note": "no"}"#;

#[test]
fn without_a_terminal_a_question_ends_the_program_and_it_says_what_to_do() {
    let claims = Claims::new();
    let (run, ended) = claims.begin(&claim(1, ""));
    expect![[r#"
        exit 8
          policy  done → item-question
          policy  asks item-question: question RUN.10
        waiting
        it waits for an answer: `lockstep ask ls` shows what is asked
        give one with `lockstep answer QUESTION JSON`
        then go on with `lockstep run . --take-up`
    "#]]
    .assert_eq(&ended.told().replace(&run, "RUN"));
}

#[test]
fn a_plain_yes_is_an_answer_where_nothing_else_has_to_be_given() {
    let claims = Claims::new();
    claims.waiting(&claim(1, ""));
    let question = claims.questions()[0].clone();
    assert_eq!(claims.answer(&question, "yes", &[]).code, 0);
    assert_eq!(claims.answer(&question, r#"{"approve": true}"#, &[]).code, 0, "it is the same");
    assert_eq!(claims.answer(&question, "perhaps", &[]).code, 9, "it is another");
}

#[test]
fn open_questions_are_listed_for_people() {
    let claims = Claims::new();
    let run = claims.waiting(&claim(2, ""));
    let ended = claims.lockstep(&["ask", "ls"]);
    expect![[r#"
        exit 0
        question RUN.10: policy asks item-question
          claim: E-1
          claimant: Ada
          item: 1
          what: thing 1
          cents: 100001
          why: 1000.01 is more than the 25.00 for anything else
          answer with approve: bool, cents: option<u64>, note: option<string>
          to be answered by role:approver
          until THEN
          for example: lockstep answer RUN.10 '{"approve":true}'
        question RUN.12: policy asks item-question
          claim: E-1
          claimant: Ada
          item: 2
          what: thing 2
          cents: 100002
          why: 1000.02 is more than the 25.00 for anything else
          answer with approve: bool, cents: option<u64>, note: option<string>
          to be answered by role:approver
          until THEN
          for example: lockstep answer RUN.12 '{"approve":true}'
    "#]]
    .assert_eq(&without_times(&ended.told()).replace(&run, "RUN"));
}

fn without_times(text: &str) -> String {
    let line = |line: &str| match line.strip_prefix("  until ") {
        Some(time) if time.len() == "2026-03-14T15:09:26Z".len() => "  until THEN\n".to_owned(),
        _ => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

#[test]
fn open_questions_are_listed_for_programs() {
    let claims = Claims::new();
    let run = claims.waiting(&claim(3, ""));
    let questions = claims.questions();
    let items: Vec<&Value> = questions.iter().map(|question| &question["asked"]["item"]).collect();
    assert_eq!(items, [1, 2, 3]);
    let first = &questions[0];
    assert_eq!((&first["run_id"], &first["step"]), (&json!(run), &json!("policy")));
    assert_eq!((&first["event"], &first["answer"]), (&json!("item-question"), &json!("item-answer")));
    assert_eq!(
        (&first["by"], &first["schema"]["required"]),
        (&json!(["role:approver"]), &json!(["approve"]))
    );
    let open_for = first["deadline_ms"].as_u64().unwrap() - first["asked_at_ms"].as_u64().unwrap();
    assert_eq!(open_for, 3 * 24 * 60 * 60 * 1000);

    let other = claims.waiting(&claim(1, ""));
    let of_run = |run: &str, more: &[&str]| {
        let ended = claims.lockstep(&[&["ask", "ls", "--json", "--run", &run[..9]], more].concat());
        serde_json::from_str::<Vec<Value>>(&ended.stdout).unwrap().len()
    };
    assert_eq!((of_run(&run, &[]), of_run(&other, &[]), of_run(&run, &["--limit", "2"])), (3, 1, 2));
    assert_eq!(claims.questions().len(), 4);
}

#[test]
fn where_nothing_is_asked_the_list_is_empty_and_where_no_store_is_that_is_told() {
    let claims = Claims::new();
    assert_eq!(claims.lockstep(&["ask", "ls"]).code, 3);
    assert_eq!(claims.lockstep(&["run", ".", "--input", &claim(0, "")]).code, 0);
    assert_eq!(claims.lockstep(&["ask", "ls"]).told(), "exit 0\nnothing waits for a person\n");
    assert_eq!(claims.questions(), Vec::<Value>::new());
}

#[test]
fn an_answer_while_no_process_runs_is_kept_and_the_run_goes_on_with_it() {
    let claims = Claims::new();
    let run = claims.waiting(&claim(1, ""));
    let question = &claims.questions()[0];
    let told = claims.answer(question, YES, &["--by", "ann", "--json"]);
    let told: Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(told, json!({ "run_id": run, "question": format!("{run}.10"), "is_new": true }));
    assert_eq!(claims.questions(), Vec::<Value>::new());
    let ended = claims.take_up();
    let settled = r#"{"claim":"E-1","claimant":"Ada","cents":100001,"refused_cents":0,"minutes":["item 1: 1000.01 approved"]}"#;
    assert_eq!((ended.code, ended.stdout.trim_end()), (0, settled), "{}", ended.stderr);
    assert!(ended.stderr.contains("\n  decide  done → item-decision\n"), "{}", ended.stderr);
}

#[test]
fn an_answer_while_the_runs_process_waits_reaches_it() {
    let claims = Claims::new();
    let mut waiting = Waiting::begin(&claims, &claim(1, ""));
    waiting.read_questions(1);
    let question = &claims.questions()[0];
    let told = claims.answer(question, NO, &["--by", "bob"]);
    assert_eq!((told.code, told.stderr), (0, format!("question {}: answered\n", text(question))));
    let ended = waiting.end();
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(ended.stdout.contains("\"item 1: refused: no\""), "{}", ended.stdout);
    let line = format!("  policy  item-question answered by bob (question {})\n", text(question));
    assert!(ended.stderr.contains(&line), "{}", ended.stderr);
}

fn text(question: &Value) -> &str {
    question["question"].as_str().unwrap()
}

#[test]
fn an_answer_that_does_not_fit_is_refused_with_the_path_and_the_question_stays_open() {
    let claims = Claims::new();
    claims.waiting(&claim(1, ""));
    let question = &claims.questions()[0];
    let check = |answer: &str, expected: expect_test::Expect| {
        let ended = claims.answer(question, answer, &[]);
        expected.assert_eq(&ended.told());
    };
    check(
        "{}",
        expect![[r#"
        exit 4
        error: the answer does not fit: answer.approve: expected bool, found nothing
    "#]],
    );
    check(
        r#"{"approve": "maybe"}"#,
        expect![[r#"
        exit 4
        error: the answer does not fit: answer.approve: expected bool, found "maybe"
    "#]],
    );
    check(
        r#"{"approve": true, "cents": -1}"#,
        expect![[r#"
        exit 4
        error: the answer does not fit: answer.cents: expected u64, found -1
    "#]],
    );
    check(
        "yes, of course",
        expect![[r#"
        exit 4
        error: the answer does not fit: answer: not JSON: expected value at line 1 column 1
    "#]],
    );
    assert_eq!(claims.questions().len(), 1);
    assert_eq!(claims.answer(question, YES, &[]).code, 0);
}

#[test]
fn what_is_no_question_cannot_be_answered() {
    let claims = Claims::new();
    let run = claims.waiting(&claim(1, ""));
    for (question, why) in [
        (
            format!("{run}.7"),
            format!("error: run {run} has no question 7; `lockstep ask ls` lists the open ones\n"),
        ),
        (
            "what".into(),
            "error: `what` names no question; give RUN.NUMBER, as `lockstep ask ls` lists them\n".into(),
        ),
    ] {
        let ended = claims.lockstep(&["answer", &question, YES]);
        assert_eq!((ended.code, ended.stderr), (9, why));
    }
    assert_eq!(claims.lockstep(&["answer", "beef.10", YES]).code, 9);
}

#[test]
fn the_same_answer_again_changes_nothing_and_another_one_is_shown_the_first() {
    let claims = Claims::new();
    let run = claims.waiting(&claim(1, ""));
    let question = &claims.questions()[0];
    assert_eq!(claims.answer(question, YES, &["--by", "ann"]).code, 0);
    for when in ["before the run goes on", "after it has ended"] {
        let again = claims.answer(question, "{\"approve\":true}", &["--by", "bob"]);
        assert_eq!(
            again.told(),
            format!("exit 0\nquestion {run}.10: answered before, with the same\n"),
            "{when}"
        );
        let other = claims.answer(question, NO, &[]);
        let told = format!("exit 9\nerror: question {run}.10 was answered before by ann, with {YES}\n");
        assert_eq!(other.told(), told, "{when}");
        claims.take_up();
    }
    assert_eq!(count(&records(&claims.store(), &run), |row| matches!(row, Change::Answered { .. })), 1);
}

#[test]
fn a_question_that_nobody_answers_in_time_expires() {
    let claims = Claims::edited(|workflow| workflow.replace("\"3d\"", "\"1ms\""));
    let ended = claims.lockstep(&["run", ".", "--wait", "--input", &claim(1, "")]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(
        ended.stdout.contains("\"item 1: refused, because nobody answered in time\""),
        "{}",
        ended.stdout
    );
    let run = ended.stderr.lines().next().unwrap().split(' ').nth(1).unwrap().to_owned();
    let line = format!("\n  policy  item-question not answered in time (question {run}.10)\n");
    assert!(ended.stderr.contains(&line), "{}", ended.stderr);
    let late = claims.lockstep(&["answer", &format!("{run}.10"), YES]);
    let why = format!("error: question {run}.10 was open only until its deadline, which has passed\n");
    assert_eq!((late.code, late.stderr), (9, why));
}

/// 0 to n, in an order of no rule that is the same each time.
fn shuffled(n: usize) -> Vec<usize> {
    let (mut order, mut seed) = ((0..n).collect::<Vec<_>>(), 7_u64);
    for at in (1..n).rev() {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        order.swap(at, (seed >> 33) as usize % (at + 1));
    }
    order
}

/// What a person grants of the n-th item: every one something else.
fn granted(item: u64) -> Value {
    json!({ "approve": true, "cents": 1_000 + item, "note": format!("answer {item}") })
}

fn assert_each_reached_its_branch(ended: &crate::project::Ended, items: u64) {
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let result: Value = serde_json::from_str(&ended.stdout).unwrap();
    let minutes = (1..=items).map(|item| {
        let (granted, asked) = (1_000 + item, 100_000 + item);
        let money = |cents: u64| format!("{}.{:02}", cents / 100, cents % 100);
        format!("item {item}: {} of {} approved: answer {item}", money(granted), money(asked))
    });
    assert_eq!(result["minutes"], json!(minutes.collect::<Vec<_>>()));
    assert_eq!(result["cents"], (1..=items).map(|item| 1_000 + item).sum::<u64>());
}

#[test]
fn two_hundred_answers_in_any_order_reach_each_its_own_branch() {
    let claims = Claims::new();
    let run = claims.waiting(&claim(200, ""));
    let questions = claims.questions();
    assert_eq!(questions.len(), 200);
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let host = Host::new(Settings::new(Arc::new(Sqlite::open(&claims.store()).unwrap())));
        for at in shuffled(200) {
            let number = text(&questions[at]).rsplit_once('.').unwrap().1.parse().unwrap();
            let answer = Json::trusted(granted(questions[at]["asked"]["item"].as_u64().unwrap()).to_string());
            let request = Request::Answer { question: Seq(number), answer, by: Some("ann".into()) };
            assert_eq!(host.ask(&RunId::named(&run), request).await.unwrap(), Reply::Done);
        }
        host.stop().await;
    });
    assert_each_reached_its_branch(&claims.take_up(), 200);
}

#[test]
fn many_who_answer_at_once_reach_each_their_own_branch() {
    let claims = Claims::new();
    let mut waiting = Waiting::begin(&claims, &claim(12, ""));
    waiting.read_questions(12);
    let questions = claims.questions();
    thread::scope(|scope| {
        for at in shuffled(12) {
            let (claims, question) = (&claims, &questions[at]);
            let answer = granted(question["asked"]["item"].as_u64().unwrap()).to_string();
            scope.spawn(move || assert_eq!(claims.answer(question, &answer, &[]).code, 0));
        }
    });
    assert_each_reached_its_branch(&waiting.end(), 12);
}

/// `script` of util-linux gives the program a terminal.
#[test]
fn at_a_terminal_a_question_is_asked_until_the_answer_fits() {
    let claims = Claims::new();
    let program = format!("{} run . --input '{}'", env!("CARGO_BIN_EXE_lockstep"), claim(2, ""));
    let mut script = std::process::Command::new("script");
    script.args(["--quiet", "--return", "--echo", "never", "--command", &program, "/dev/null"]);
    script.current_dir(claims.store().parent().unwrap()).env("USER", "ann").stdin(Stdio::piped());
    script.env("LOCKSTEP_CACHE", std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled"));
    let mut child = script.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    for line in ["perhaps", YES, NO] {
        writeln!(stdin, "{line}").unwrap();
    }
    let ended = ended(child.wait_with_output().unwrap());
    drop(stdin);
    assert_eq!(ended.code, 0, "{}", ended.stdout);
    for told in ["answer does not fit", "item 1: 1000.01 approved", "item 2: refused: no", "answered by ann"]
    {
        assert!(ended.stdout.contains(told), "{}", ended.stdout);
    }
    let run = crate::approvals::runs(&claims.store()).remove(0);
    let by: BTreeSet<_> = records(&claims.store(), &run)
        .into_iter()
        .filter_map(|row| if let Change::Answered { by, .. } = row.change { Some(by) } else { None })
        .collect();
    assert_eq!(by, BTreeSet::from([Some("ann".into())]));
}
