//! Whatever is asked that cannot be done gets its own words and code, and changes nothing.

use expect_test::{Expect, expect};

use crate::orders::{ASKS, PARKS, PAYS, orders, plain};

/// Where a database file says which format it is of: <https://sqlite.org/fileformat2.html#user_version_number>.
const USER_VERSION: std::ops::Range<usize> = 60..64;

/// Each command that names a run, with this name.
fn commands(run: &str) -> Vec<Vec<&str>> {
    let plainly = ["show", "events", "state", "tail", "cancel", "pause", "resume", "retry", "fork", "export"];
    let mut all: Vec<Vec<&str>> = plainly.iter().map(|command| vec![*command, run]).collect();
    all.push(vec!["skip", run, "3"]);
    all.push(vec!["resolve", run, "--fail"]);
    all.push(vec!["inject", run, "paid", "{\"n\":1}"]);
    all.push(vec!["purge", run]);
    all
}

#[test]
fn a_run_that_is_not_there() {
    let project = orders();
    let run = project.order(ASKS);
    for command in commands("nowhere") {
        let told = project.refused(&run, &command);
        let expected =
            "exit 9\nerror: there is no run `nowhere` in this store; `lockstep runs ls` lists them\n";
        assert_eq!(told, expected, "{command:?}");
    }
}

#[test]
fn a_name_that_several_runs_have() {
    let project = orders();
    let mut runs = vec![project.order(ASKS)];
    // Ids begin with random digits: among seventeen, two begin with the same.
    while runs.len() < 2 || !runs[..runs.len() - 1].iter().any(|run| run[..1] == runs[runs.len() - 1][..1]) {
        runs.push(project.order(ASKS));
    }
    let run = runs.last().unwrap();
    for command in commands(&run[..1]) {
        let told = project.refused(run, &command);
        assert!(told.starts_with("exit 9\nerror: several runs begin with `"), "{command:?}: {told}");
        assert!(told.ends_with("; give more of the id\n"), "{command:?}: {told}");
    }
}

#[test]
fn a_store_that_is_not_there_is_not_made() {
    let project = orders();
    for command in commands("x").into_iter().chain([vec!["ls"]]) {
        let ended = project.runs(&command);
        assert_eq!(ended.code, 3, "{command:?}: {ended:?}");
        assert!(ended.stderr.contains("lockstep.db"), "{}", ended.stderr);
        assert!(!project.path("lockstep.db").exists(), "{command:?}");
    }
}

#[test]
fn a_store_of_a_newer_version() {
    let project = orders();
    let run = project.order(ASKS);
    let file = project.path("lockstep.db");
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[USER_VERSION].copy_from_slice(&99u32.to_be_bytes());
    std::fs::write(&file, &bytes).unwrap();
    let told = project.runs(&["ls"]).told_all();
    expect![[r#"
        exit 3
        error: lockstep.db was written by a newer version of Lockstep (format 99, this one knows 5); update Lockstep (`--store FILE`)
    "#]].assert_eq(&told);
    for command in commands(&run) {
        assert_eq!(project.runs(&command).told_all(), told, "{command:?}");
    }
    assert_eq!(std::fs::read(&file).unwrap(), bytes);
}

/// Asks a parked run, whose name stands after the command, for what is refused.
fn check(arguments: &[&str], expected: Expect) {
    let project = orders();
    let run = project.order(PARKS);
    let command = [&arguments[..1], &[&run], &arguments[1..]].concat();
    expected.assert_eq(&project.refused(&run, &command));
}

#[test]
fn a_run_or_a_delivery_that_does_not_allow_it() {
    check(
        &["resume"],
        expect![[r#"
        exit 9
        error: run RUN is not paused: it is parked
    "#]],
    );
    check(
        &["retry", "99"],
        expect![[r#"
        exit 9
        error: run RUN has no open delivery 99; `lockstep runs show RUN` lists them
    "#]],
    );
    check(
        &["skip", "99"],
        expect![[r#"
        exit 9
        error: run RUN has no open delivery 99; `lockstep runs show RUN` lists them
    "#]],
    );
    check(
        &["skip", "99", "--fail"],
        expect![[r#"
        exit 9
        error: run RUN has no open delivery 99; `lockstep runs show RUN` lists them
    "#]],
    );
}

#[test]
fn events_that_are_none_or_do_not_fit() {
    check(
        &["skip", "3", "--emit", "paid"],
        expect![[r#"
        exit 4
        error: `--emit paid` has no value; give EVENT=JSON, as in `--emit 'paid={"n": 1}'`
    "#]],
    );
    check(
        &["skip", "3", "--emit", "pait={}"],
        expect![[r#"
        exit 9
        error: the workflow has no event `pait`; did you mean `paid`?
    "#]],
    );
    check(
        &["skip", "3", "--emit", "paid={\"n\":-1}"],
        expect![[r#"
        exit 4
        error: the event does not fit: paid.n: expected u32, found -1
    "#]],
    );
    check(
        &["skip", "3", "--emit", "paid={"],
        expect![[r#"
        exit 4
        error: the event does not fit: paid: not JSON: EOF while parsing an object at line 1 column 1
    "#]],
    );
    check(
        &["inject", "pait", "{}"],
        expect![[r#"
        exit 9
        error: the workflow has no event `pait`; did you mean `paid`?
    "#]],
    );
    check(
        &["inject", "paid", "[]"],
        expect![[r#"
        exit 4
        error: the event does not fit: paid: expected record { n }, found an array
    "#]],
    );
}

#[test]
fn a_step_that_is_not_there() {
    check(
        &["inject", "paid", "{\"n\":1}", "--step", "clark"],
        expect![[r#"
        exit 9
        error: the workflow has no step `clark`; did you mean `clerk`?
    "#]],
    );
}

#[test]
fn files_that_cannot_be_read_or_written() {
    check(
        &["inject", "paid", "@nowhere.json"],
        expect![[r#"
        exit 4
        error: nowhere.json cannot be read: there is no such file
    "#]],
    );
    check(
        &["export", "--out", "nowhere/x"],
        expect![[r#"
        exit 3
        error: nowhere/x cannot be written: No such file or directory (os error 2); name another file
    "#]],
    );
}

#[test]
fn rows_that_are_not_there() {
    check(
        &["state", "--at", "0"],
        expect![[r#"
        exit 9
        error: rows of run RUN are numbered from 1
    "#]],
    );
    check(
        &["state", "--at", "99"],
        expect![[r#"
        exit 9
        error: run RUN has no row 99; its last is 4
    "#]],
    );
}

#[test]
fn answers_to_what_is_not_asked_or_was_answered() {
    let project = orders();
    let run = project.order(ASKS);
    let question = project.runs_json(&["show", &run])["questions"][0]["question"].clone();
    let question = question.as_str().unwrap();
    let answer = |question: &str, answer: &str| {
        let before = project.rows(&[&run]);
        let ended = project.lockstep(&["answer", question, answer]);
        (plain(&ended.told_all(), &[&run]), project.rows(&[&run]) == before)
    };
    let check = |given: (String, bool), expected: Expect| {
        assert!(given.1, "{}", given.0);
        expected.assert_eq(&given.0);
    };
    check(
        answer(&format!("{run}.99"), "{}"),
        expect![[r#"
        exit 9
        error: run RUN has no question 99; `lockstep ask ls` lists the open ones
    "#]],
    );
    check(
        answer(&run, "{}"),
        expect![[r#"
        exit 9
        error: `RUN` names no question; give RUN.NUMBER, as `lockstep ask ls` lists them
    "#]],
    );
    check(
        answer(question, "{\"ok\":1}"),
        expect![[r#"
        exit 4
        error: the answer does not fit: answer.ok: expected bool, found 1
    "#]],
    );
    assert!(!answer(question, "{\"ok\":true}").1, "it is taken");
    check(
        answer(question, "{\"ok\":true}"),
        expect![[r#"
        exit 0
        question RUN.7: answered before, with the same
    "#]],
    );
    check(
        answer(question, "{\"ok\":false}"),
        expect![[r#"
        exit 9
        error: question RUN.7 was answered before, with {"ok":true}
    "#]],
    );
}

#[test]
fn answers_to_runs_that_have_ended() {
    let project = orders();
    let cancelled = project.order(ASKS);
    project.runs(&["cancel", &cancelled]);
    let told = project.lockstep(&["answer", &format!("{cancelled}.7"), "{\"ok\":true}"]);
    expect![[r#"
        exit 9
        error: question RUN.7 needs no answer any more: what asked it has ended
    "#]]
    .assert_eq(&plain(&told.told_all(), &[&cancelled]));
    let ended = project.order(PAYS);
    let told = project.lockstep(&["answer", &format!("{ended}.3"), "{}"]);
    expect![[r#"
        exit 9
        error: run RUN has no question 3; `lockstep ask ls` lists the open ones
    "#]]
    .assert_eq(&plain(&told.told_all(), &[&ended]));
}

#[test]
fn words_that_are_no_status_are_wrong_usage_and_the_nearest_is_told() {
    let ended = orders().runs(&["ls", "--status", "faild"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
    assert!(ended.stderr.contains("'failed'"), "{}", ended.stderr);
}
