//! Cases of workflows: questions, decisions, stand-ins and time that passes at once.

use std::time::{Duration, Instant};

use expect_test::{Expect, expect};
use serde_json::Value;

use super::{plugins, test, without_numbers};
use crate::project::{OK, Project, TRAPS, WORKFLOW};

fn told(project: &Project, more: &[&str]) -> String {
    without_numbers(&project.lockstep(&[&["test", "."], more].concat()).told())
}

#[test]
fn the_cases_of_the_plugins_are_what_their_workflows_do() {
    for (plugin, groups) in [("approvals", 3), ("refunds", 3), ("assistant", 1)] {
        let ended = test(&[plugin, "--json"]);
        assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
        let told: Value = serde_json::from_str(&ended.stdout).unwrap();
        assert_eq!(told["groups"].as_array().unwrap().len(), groups, "{plugin}");
        assert_eq!(told["groups"][0]["workflow"], plugin);
    }
}

#[test]
fn days_pass_at_once_in_the_order_of_what_is_due() {
    let begun = Instant::now();
    let ended = test(&["approvals", "--filter", "nobody", "--json"]);
    let told: Value = serde_json::from_str(&ended.stdout).unwrap();
    let case = &told["groups"][0]["cases"][0];
    assert_eq!((&case["ok"], &case["took_ms"]), (&true.into(), &(3 * 24 * 3600 * 1000).into()));
    // Each day the approvers were reminded, and then nobody had answered.
    let names: Vec<&String> = case["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event.as_object().unwrap().keys().next().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "item-question",
            "timer-fired",
            "timer-fired",
            "item-expired",
            "timer-fired",
            "item-decision",
            "claim-refused"
        ]
    );
    assert!(begun.elapsed() < Duration::from_secs(60), "nobody waits for days");
}

/// The approvals workflow in a folder of its own, with a case.
fn claims(case: &str) -> Project {
    let plugin = plugins().join("approvals");
    let workflow = std::fs::read_to_string(plugin.join("workflow.toml")).unwrap();
    let workflow = workflow.replace("\"components", &format!("\"{}/components", plugin.display()));
    let project = Project::empty().with("workflow.toml", workflow.replace("\"steps/", "\"nowhere/"));
    std::fs::create_dir(project.path("tests")).unwrap();
    project.with("tests/case.toml", case)
}

const CHAIR: &str = "[start]\nclaim = \"E-1\"\nclaimant = \"Ada\"\nbank = \"open\"\n\
                     items = [{ what = \"a chair\", category = \"other\", cents = 64900, has_receipt = true }]\n";

fn check(case: &str, expected: Expect) {
    expected.assert_eq(&told(&claims(&format!("{CHAIR}{case}")), &[]));
}

#[test]
fn a_case_that_fails_shows_every_difference_and_the_story_of_its_run() {
    check(
        "[[answers]]\nquestion = \"item-question\"\nanswer = { approve = true }\nby = \"ann\"\nafter = \"90m\"\n\
         [expect]\ntook = \"1h\"\nquestions = []\nresult = { claim-refused = {} }\n",
        expect![[r#"
            exit 10
            failed   case  approvals  (1h30m of its time, 4 attempts)
              result: expected claim-refused {}, got claim-settled {"claim":"E-1","claimant":"Ada","cents":64900,"refused_cents":0,"minutes":["item 1: 649.00 approved"]}
              questions[0]: expected nothing, got item-question {"claim":"E-1","claimant":"Ada","item":1,"what":"a chair","cents":64900,"why":"649.00 is more than the 25.00 for anything else"}
              took: expected 1h, got 1h30m
              what happened
                2 claim-filed {"claim":"E-1","claimant":"Ada","bank":"open","items":[{"what":"a chair","category":"other","cents":64900,"has_receipt":true}]}
                policy  info: E-1: 1 items, 1 to be asked about
                4 state asked += 1
                5 state remind-after = 86400
                policy  done → item-question
                9 item-question {"claim":"E-1","claimant":"Ada","item":1,"what":"a chair","cents":64900,"why":"649.00 is more than the 25.00 for anything else"}
                policy  asks item-question: question 07a04da6be93f73ed87afdf8b8.10
                policy  item-question answered by ann: {"approve":true} (question 07a04da6be93f73ed87afdf8b8.10)
                12 item-answer {"approve":true}
                14 state answered += 1
                15 state minutes[] = [1,"649.00 approved"]
                decide  = decided 1
                decide  done → item-decision
                18 item-decision {"item":1,"asked_cents":64900,"cents":64900}
                settle  done → payment
                22 payment {"claim":"E-1","claimant":"Ada","cents":64900,"refused_cents":0,"bank":"open","minutes":["item 1: 649.00 approved"]}
                pay     info: 64900 cents go to Ada under 166b3f938948a94f85437d21a3e74720
                pay     done → claim-settled
                25 claim-settled {"claim":"E-1","claimant":"Ada","cents":64900,"refused_cents":0,"minutes":["item 1: 649.00 approved"]}
                status   completed
                result   claim-settled {"claim":"E-1","claimant":"Ada","cents":64900,"refused_cents":0,"minutes":["item 1: 649.00 approved"]}
            1 failed
        "#]],
    );
}

#[test]
fn an_answer_is_given_when_its_time_has_come_and_as_often_as_it_says() {
    // Two items, one answer: the other is not answered in time.
    let two = CHAIR
        .replace("}]", "}, { what = \"a desk\", category = \"other\", cents = 30000, has_receipt = true }]");
    let case = format!(
        "{two}[[answers]]\nquestion = \"item-question\"\nanswer = {{ approve = true, cents = 10000 }}\ntimes = 1\nafter = \"1d\"\n\
         [expect]\ntook = \"3d\"\nresult = {{ claim-settled = {{ claim = \"E-1\", claimant = \"Ada\", cents = 10000, refused_cents = 84900, \
         minutes = [\"item 1: 100.00 of 649.00 approved\", \"item 2: refused, because nobody answered in time\"] }} }}\n"
    );
    assert!(told(&claims(&case), &[]).ends_with("1 ok\n"), "{}", told(&claims(&case), &[]));
}

#[test]
fn a_run_that_does_not_come_to_an_end_is_given_up() {
    let project = claims(&format!("{CHAIR}[expect]\n"));
    let workflow = std::fs::read_to_string(project.path("workflow.toml")).unwrap();
    // Its approvers are reminded each day, for ten years.
    let project = project.with("workflow.toml", workflow.replace("\"3d\"", "\"3650d\""));
    expect![[r#"
        exit 10
        failed   case  approvals  (1000d of its time, 1001 attempts)
          status: expected completed, got waiting
          the run went on to wait after it had waited 1000 times; answer what it asks, or give the workflow a `timeout`
          what happened
            2 claim-filed {"claim":"E-1","claimant":"Ada","bank":"open","items":[{"what":"a chair","category":"other","cents":64900,"has_receipt":true}]}
    "#]]
        .assert_eq(&told(&project, &[]).lines().take(6).map(|line| format!("{line}\n")).collect::<String>());
}

#[test]
fn what_the_workflow_does_not_know_or_take_is_refused_with_its_line() {
    check(
        "[[answers]]\nquestion = \"item-qestion\"\nanswer = {}\n[[answers]]\nquestion = \"payment\"\nanswer = {}\n\
         [[answers]]\nquestion = \"item-question\"\nanswer = { approve = \"yes\" }\n\
         [[stand-ins]]\nstep = \"pya\"\nemits = []\n\
         [[stand-ins]]\nstep = \"pay\"\nhandler = \"on-pay\"\nemits = []\n\
         [[stand-ins]]\nstep = \"pay\"\nemits = [{ payment = {} }]\n\
         [[stand-ins]]\nstep = \"pay\"\nemits = []\n\
         [[stand-ins]]\nstep = \"pay\"\nemits = [{ claim-settled = { claim = 7 } }]\n\
         [[stand-ins]]\nstep = \"settle\"\ngiven = { payment = {} }\nfailure = {}\n\
         [expect]\nresult = { claim-setled = {} }\n",
        expect![[r#"
            exit 3
            error: ./tests/case.toml:7: the workflow has no event `item-qestion`; did you mean `item-question`?
            error: ./tests/case.toml:10: `payment` asks nobody; a question has a [human] table
            error: ./tests/case.toml:14: answer.approve: expected bool, found "yes"
            error: ./tests/case.toml:16: the workflow has no step `pya`; did you mean `pay`?
            error: ./tests/case.toml:20: step `pay` has no handler `on-pay`
            error: ./tests/case.toml:24: `on-payment` never emits `payment`
            error: ./tests/case.toml:25: `on-payment` always emits an event; give one in `emits`
            error: ./tests/case.toml:30: claim-settled.claim: expected string, found 7
            error: ./tests/case.toml:33: step `settle` takes no event `payment`
            error: ./tests/case.toml:36: the workflow has no event `claim-setled`; did you mean `claim-settled`?
        "#]],
    );
    let misfit = claims(&CHAIR.replace("\"open\"", "\"ajar\""));
    expect![[r#"
        exit 3
        error: ./tests/case.toml:4: start.bank: expected enum { open, busy, closed }, found "ajar"
    "#]]
    .assert_eq(&told(&misfit, &[]));
    let of_a_step = claims("event = {}\n");
    expect![[r#"
        exit 3
        error: ./tests/case.toml:1: unknown key `event`
        error: ./tests/case.toml:1: `start` is missing; give the event that begins the run: `[start]`
    "#]]
    .assert_eq(&told(&of_a_step, &[]));
}

#[test]
fn a_stand_in_does_what_it_says_for_what_it_is_for_and_anything_else_fails_the_case() {
    let settled =
        "claim-settled = { claim = \"E-1\", claimant = \"Ada\", cents = 1, refused_cents = 0, minutes = [] }";
    let answer = "[[answers]]\nquestion = \"item-question\"\nanswer = { approve = true }\n";
    check(
        &format!(
            "{answer}[[stand-ins]]\nstep = \"pay\"\ntimes = 1\nfailure = {{ class = \"transient\", code = \"late\", retry-after-ms = 60000 }}\n\
             [[stand-ins]]\nstep = \"pay\"\nevent = {{ cents = 64900 }}\nemits = [{{ {settled} }}]\n\
             [expect]\ntook = \"1m\"\nresult = {{ {settled} }}\n"
        ),
        expect![[r#"
            exit 0
            ok       case  approvals  (1m of its time, 5 attempts)
            1 ok
        "#]],
    );
    let none = format!(
        "{answer}[[stand-ins]]\nstep = \"pay\"\nevent = {{ cents = 1 }}\nemits = [{{ {settled} }}]\n[expect]\nstatus = \"parked\"\n"
    );
    let told = told(&claims(&format!("{CHAIR}{none}")), &[]);
    assert!(told.starts_with("exit 10\n"), "{told}");
    assert!(told.contains("\n  no stand-in of `pay` is for `on-payment` with {\"claim\":\"E-1\""), "{told}");
}

/// The exchange step in a workflow whose calls are approved as `approve` says, with a case.
fn exchange(approve: &str, case: &str) -> Project {
    let workflow = "workflow = \"exchange\"\nstart = \"amount\"\nstop = [\"converted\"]\n[steps.convert]\n\
                    component = \"convert.wasm\"\nsource = \"nowhere\"\nretry = { attempts = 1 }\n\
                    [[steps.convert.grant.http]]\nhost = \"rates.example\"\nsecret = { name = \"rates-key\", header = \"x-key\" }\n";
    let component = std::fs::read(plugins().join("exchange/components/convert.wasm")).unwrap();
    let project = Project::empty()
        .with("workflow.toml", format!("{workflow}{approve}"))
        .with("convert.wasm", component);
    std::fs::create_dir(project.path("tests")).unwrap();
    let start =
        "start = { cents = 100, currency = \"EUR\", wanted = \"USD\", rates = \"https://rates.example\" }\n";
    project.with("tests/case.toml", format!("{start}{case}"))
}

/// What the exchange is answered, and what comes of it.
const RATE: &str =
    "[[http]]\nheaders = { x-key = \"test-secret-rates-key\" }\nanswer = { json = { USD = 2 } }\n";
const CONVERTED: &str = "[expect]\nresult = { converted = { cents = 200, currency = \"USD\", rate = 2.0 } }\n\
                         calls = [\"GET https://rates.example/EUR.json\"]\n";

#[test]
fn calls_of_steps_that_are_run_get_the_answers_of_the_case_and_no_others() {
    let answered = told(&exchange("", &format!("{RATE}{CONVERTED}")), &[]);
    assert!(answered.ends_with("1 ok\n"), "{answered}");
    expect![[r#"
        exit 10
        failed   case  exchange  (0s of its time, 1 attempt)
          status: expected completed, got failed: step `convert` failed: transient `http-connect`: no connection: the case has no answer for it
          result: expected converted {"cents":200,"currency":"USD","rate":2.0}, got nothing
          it asked for `GET https://rates.example/EUR.json`, and the case answers no such call
          add to ./tests/case.toml:
            [[http]]
            method = "GET"
            url = "https://rates.example/EUR.json"
            answer = { status = 200, body = "" }
          what happened
            2 amount {"cents":100,"currency":"EUR","wanted":"USD","rates":"https://rates.example"}
            convert  calls GET https://rates.example/EUR.json
            convert  GET https://rates.example/EUR.json was not made: no connection: the case has no answer for it
            convert  failed for good at attempt 1: transient `http-connect`: no connection: the case has no answer for it
            status   failed: step `convert` failed: transient `http-connect`: no connection: the case has no answer for it
            calls    GET https://rates.example/EUR.json
        1 failed
    "#]].assert_eq(&told(&exchange("", CONVERTED), &[]));
}

#[test]
fn a_call_that_is_to_be_approved_waits_until_the_case_decides_or_its_time_is_over() {
    let approve = "approve = \"always\"\n";
    let url = "https://rates.example/EUR.json";
    let cases = [
        "[expect]\nstatus = \"failed\"\nreason-contains = \"in time\"\ncalls = []\ntook = \"1d\"\n"
            .to_owned(),
        format!(
            "[[decisions]]\nurl = \"{url}\"\napprove = true\nafter = \"3h\"\n\
             {RATE}{CONVERTED}took = \"3h\"\n"
        ),
        format!(
            "[[decisions]]\nmethod = \"get\"\nrefuse = \"not today\"\n\
             {RATE}[expect]\nstatus = \"failed\"\nreason-contains = \"not today\"\ncalls = []\n"
        ),
    ];
    for case in cases {
        let told = told(&exchange(approve, &case), &[]);
        assert!(told.ends_with("1 ok\n"), "{case}{told}");
    }
}

#[test]
fn what_people_say_to_nothing_fails_the_case() {
    let case = format!(
        "[[decisions]]\ntool = \"brew\"\nrefuse = \"no\"\n[[decisions]]\nmethod = \"POST\"\nrefuse = \"no\"\n{RATE}{CONVERTED}"
    );
    expect![[r#"
        exit 10
        failed   case  exchange  (0s of its time, 1 attempt)
          the decision at line 2 is for no call that a person is asked about; take it out, or mend what it is for
          the decision at line 5 is for no call that a person is asked about; take it out, or mend what it is for
          what happened
            2 amount {"cents":100,"currency":"EUR","wanted":"USD","rates":"https://rates.example"}
            convert  calls GET https://rates.example/EUR.json
            convert  GET https://rates.example/EUR.json answered: 200, 9 bytes
            convert  done → converted
            7 converted {"cents":200,"currency":"USD","rate":2.0}
            status   completed
            result   converted {"cents":200,"currency":"USD","rate":2.0}
            calls    GET https://rates.example/EUR.json
        1 failed
    "#]].assert_eq(&told(&exchange("", &case), &[]));
    let answer = "[[answers]]\nquestion = \"item-question\"\nasked = { item = 2 }\nanswer = { approve = true }\n\
                  [expect]\n";
    let told = told(&claims(&format!("{CHAIR}{answer}")), &[]);
    assert!(told.contains("\n  the answer at line 6 is for no question"), "{told}");
}

#[test]
fn a_misspelled_field_of_what_is_given_is_refused() {
    check(
        "[[answers]]\nquestion = \"item-question\"\nanswer = { approve = true, cent = 1 }\n\
         [[stand-ins]]\nstep = \"pay\"\n\
         emits = [{ claim-settled = { claim = \"\", claimant = \"\", cents = 1, refused_cent = 0, refused_cents = 0, minutes = [] } }]\n\
         [expect]\n",
        expect![[r#"
            exit 3
            error: ./tests/case.toml:8: answer.cent: there is no such field; did you mean `cents`?
            error: ./tests/case.toml:11: claim-settled.refused_cent: there is no such field; did you mean `refused_cents`?
        "#]],
    );
    check(
        "[[stand-ins]]\nstep = \"pay\"\nfailure = { message-contains = \"late\" }\n[expect]\n",
        expect![[r#"
            exit 3
            error: ./tests/case.toml:6: a stand-in says all of its message: `message`, not `message-contains`
        "#]],
    );
    let misspelled = claims(&format!("{}[expect]\n", CHAIR.replace("bank =", "banks = 1\nbank =")));
    expect![[r#"
        exit 3
        error: ./tests/case.toml:4: start.banks: there is no such field; did you mean `bank`?
    "#]]
    .assert_eq(&told(&misspelled, &[]));
}

#[test]
fn a_step_that_is_a_workflow_is_run_or_stood_in_for() {
    let outer = "workflow = \"outer\"\nstart = \"job\"\nstop = [\"answer\"]\n[steps.inner]\nworkflow = \"inner/workflow.toml\"\n";
    let project = Project::jobs().with("workflow.toml", outer);
    std::fs::create_dir(project.path("inner")).unwrap();
    std::fs::create_dir(project.path("tests")).unwrap();
    let run = format!(
        "start = {{ kind = {OK} }}\n[expect]\nsteps = [\"inner\"]\nresult = {{ answer = {{ n = 0 }} }}\n"
    );
    let stood_in = format!(
        "start = {{ kind = {TRAPS} }}\n[[stand-ins]]\nstep = \"inner\"\nemits = [{{ answer = {{ n = 7 }} }}]\n\
         [expect]\nsteps = [\"inner\"]\nresult = {{ answer = {{ n = 7 }} }}\n"
    );
    let fails = format!(
        "start = {{ kind = {TRAPS} }}\n[expect]\nstatus = \"failed\"\nreason-contains = \"`child-failed`\"\n"
    );
    let project = project
        .with("inner/workflow.toml", WORKFLOW.replace("work.wasm", "../work.wasm"))
        .with("tests/run.toml", run)
        .with("tests/stood-in.toml", stood_in)
        .with("tests/fails.toml", fails);
    assert!(told(&project, &[]).ends_with("3 ok\n"), "{}", told(&project, &[]));
}

#[test]
fn a_case_of_a_workflow_is_blessed_like_any_other() {
    let project = claims(&format!("# a chair\n{CHAIR}\n# done\n"));
    expect![[r#"
        exit 0
        blessed  case  approvals  (3d of its time, 6 attempts)
          ./tests/case.toml: wrote `result`, `questions`, `steps` of [expect]
        1 blessed
    "#]]
    .assert_eq(&told(&project, &["--bless"]));
    let blessed = std::fs::read_to_string(project.path("tests/case.toml")).unwrap();
    expect![[r##"
        # a chair
        [start]
        claim = "E-1"
        claimant = "Ada"
        bank = "open"
        items = [{ what = "a chair", category = "other", cents = 64900, has_receipt = true }]

        [expect]
        result = { claim-refused = { claim = "E-1", claimant = "Ada", minutes = ["item 1: refused, because nobody answered in time"] } }
        questions = [{ item-question = { claim = "E-1", claimant = "Ada", item = 1, what = "a chair", cents = 64900, why = "649.00 is more than the 25.00 for anything else" } }]
        steps = ["policy", "decide", "settle"]

        # done
    "##]].assert_eq(&blessed);
    assert!(told(&project, &[]).ends_with("1 ok\n"));
    let other = blessed.replace("Ada", "Eve").replacen("Eve", "Ada", 1);
    let project =
        project.with("tests/case.toml", other.replace("steps = [", "took = \"1h\"   # so long\nsteps = ["));
    expect![[r#"
        exit 0
        blessed  case  approvals  (3d of its time, 6 attempts)
          result.claim-refused.claimant: expected "Eve", got "Ada"
          questions[0]: expected item-question {"claim":"E-1","claimant":"Eve","item":1,"what":"a chair","cents":64900,"why":"649.00 is more than the 25.00 for anything else"}, got item-question {"claim":"E-1","claimant":"Ada","item":1,"what":"a chair","cents":64900,"why":"649.00 is more than the 25.00 for anything else"}
          took: expected 1h, got 3d
          ./tests/case.toml: wrote `result`, `questions`, `took` of [expect]
        1 blessed
    "#]].assert_eq(&told(&project, &["--bless"]));
    assert!(
        std::fs::read_to_string(project.path("tests/case.toml"))
            .unwrap()
            .contains("took = \"3d\"   # so long\n")
    );
}
