//! What becomes of a yes, of a no, of other arguments, and of nothing at all.

use super::killed::{asked, wait_for};
use super::*;

#[test]
fn what_is_approved_is_called_once_when_the_run_is_taken_up() {
    let (server, project, run) = asking();
    let approve = ["approve", &run, "--by", "ann"];
    project.tells(&server, &run, &approve, expect![[r#"
        exit 0
        RUN.6: approved
        no process has the store; go on with `lockstep run WORKFLOW --take-up`, where WORKFLOW is the folder of shop
    "#]]);
    assert_eq!(server.paid(), [""; 0], "nobody runs it");
    assert_eq!(project.go_on(), json!({ "n": 200, "told": "done" }));
    assert_eq!((server.paid(), server.heard("GET").len()), (vec![BODY.to_owned()], 1));
    assert_eq!(decided(&project, &run), [(Decided::Approved, Some("ann".into()))]);
    assert_eq!(project.approvals(), Vec::<Value>::new());
    project.tells(&server, &run, &["runs", "show", &run], expect![[r#"
        exit 0
        run RUN of shop
          completed with paid
          begun TIME, last changed TIME
          revision f8b53c6d598fc21fa4f095128ce1657d
          2 calls have left it

        result
          paid {"n":200,"told":"done"}

        history
          TIME  clerk  calls GET http://127.0.0.1:PORT/pay?of
          TIME  clerk  GET http://127.0.0.1:PORT/pay?of answered: 200, 4 bytes
          TIME  clerk  asks a person whether it may call POST http://127.0.0.1:PORT/pay?of: its rule says `approve`: approval RUN.6
          TIME  clerk  POST http://127.0.0.1:PORT/pay?of was approved by ann
          TIME  clerk  calls POST http://127.0.0.1:PORT/pay?of
          TIME  clerk  POST http://127.0.0.1:PORT/pay?of answered: 200, 4 bytes
          TIME  clerk  done → paid
    "#]]);
}

#[test]
fn a_refusal_reaches_the_step_as_an_error_with_its_reason() {
    for (arguments, reason) in
        [(&["--reason", "too much for today"][..], "too much for today"), (&[], "a person refused it")]
    {
        let (server, project, run) = asking();
        let refused = project.lockstep(&[&["refuse", &run, "--by", "bob"], arguments].concat());
        assert_eq!(refused.code, 0, "{refused:?}");
        assert_eq!(project.go_on(), json!({ "n": REFUSED, "told": reason }));
        assert_eq!(
            (server.paid(), decided(&project, &run)),
            (vec![], vec![(Decided::Refused, Some("bob".into()))])
        );
        let line =
            format!("refused by bob{}\n", arguments.get(1).map_or(String::new(), |why| format!(": {why}")));
        let shown = project.lockstep(&["runs", "show", &run]).stdout;
        assert!(shown.contains(&line), "{shown}");
    }
}

#[test]
fn what_a_person_has_changed_is_what_goes_out_and_the_difference_is_kept() {
    let (server, project, run) = asking();
    let mut changed = project.approvals()[0]["arguments"].clone();
    // The body may be given as what it says.
    changed["body"] = json!({ "cents": 800, "to": "ann" });
    let project = project.with("changed.json", changed.to_string());
    let approve = ["approve", &run, "--with", "@changed.json", "--by", "ann"];
    project.tells(&server, &run, &approve, expect![[r#"
        exit 0
        RUN.6: approved with changed arguments
          body.cents: 900 → 800
        no process has the store; go on with `lockstep run WORKFLOW --take-up`, where WORKFLOW is the folder of shop
    "#]]);
    assert_eq!(project.go_on()["n"], 200);
    let paid: Vec<Value> = server.paid().iter().map(|body| serde_json::from_str(body).unwrap()).collect();
    assert_eq!(paid, [changed["body"].clone()]);
    let line = "was approved by ann with changed arguments: body.cents: 900 → 800\n";
    for what in ["show", "events", "tail"] {
        let told = project.lockstep(&["runs", what, &run]).stdout;
        assert!(told.contains(line), "{told}");
    }
}

#[test]
fn arguments_that_do_not_fit_are_refused_in_words_and_the_call_waits_on() {
    let (server, project, run) = asking();
    let with = |edit: &dyn Fn(&mut Value)| {
        let mut arguments = project.approvals()[0]["arguments"].clone();
        edit(&mut arguments);
        arguments.to_string()
    };
    let check = |arguments: &str, expected: Expect| {
        let ended = project.lockstep(&["approve", &run, "--with", arguments]);
        expected.assert_eq(&told(&server, &run, &ended));
    };
    check(
        "[1]",
        expect![[r#"
        exit 4
        error: the arguments are no JSON object; give all of them, as `lockstep ask ls --json` has them
    "#]],
    );
    check(
        &with(&|it| it["method"] = json!("DELETE")),
        expect![[r#"
        exit 4
        error: the arguments do not fit: no rule allows another method or address; change headers and body only
    "#]],
    );
    check(
        &with(&|it| it["url"] = json!("http://evil.example/")),
        expect![[r#"
        exit 4
        error: the arguments do not fit: no rule allows another method or address; change headers and body only
    "#]],
    );
    check(
        &with(&|it| it["cents"] = json!(1)),
        expect![[r#"
        exit 4
        error: the arguments do not fit: unknown field `cents`, expected one of `method`, `url`, `headers`, `body`, `body-base64` at line 1 column 51
    "#]],
    );
    assert_eq!((project.approvals().len(), server.paid().len()), (1, 0));
}

#[test]
fn a_call_is_decided_once() {
    let (server, project, run) = asking();
    let number = project.approvals()[0]["approval"].as_str().unwrap().to_owned();
    assert_eq!(project.lockstep(&["approve", &number, "--by", "ann"]).code, 0);
    project.tells(
        &server,
        &run,
        &["approve", &number],
        expect![[r#"
        exit 0
        RUN.6: approved before, nothing has changed
    "#]],
    );
    project.tells(
        &server,
        &run,
        &["refuse", &number],
        expect![[r#"
        exit 9
        error: RUN.6 was decided before by ann: it is approved
    "#]],
    );
    project.tells(
        &server,
        &run,
        &["approve", &run],
        expect![[r#"
        exit 9
        error: no call of run RUN waits for a person; `lockstep ask ls` lists what does
    "#]],
    );
    project.tells(
        &server,
        &run,
        &["approve", &format!("{run}.1")],
        expect![[r#"
        exit 9
        error: run RUN has no approval 1; `lockstep ask ls` lists what waits for a person
    "#]],
    );
    assert_eq!(
        count(&records(&project.path("lockstep.db"), &run), |row| {
            matches!(row, Change::ApprovalDecided { .. })
        }),
        1
    );
}

#[test]
fn questions_are_answered_and_calls_decided_and_who_confuses_them_is_told() {
    let (server, project, run) = asking();
    let number = project.approvals()[0]["approval"].as_str().unwrap().to_owned();
    project.tells(&server, &run, &["answer", &number, "yes"], expect![[r#"
        exit 9
        error: RUN.6 is no question but a call that waits for a yes or no: `lockstep approve RUN.6` or `lockstep refuse RUN.6`
    "#]]);
    let project = crate::orders::orders();
    let run = project.order(crate::orders::ASKS);
    let question = project.approvals()[0].clone();
    assert_eq!(question["kind"], "question");
    let approve = ["approve", text(&question, "question")];
    project.tells(&server, &run, &approve, expect![[r#"
        exit 9
        error: RUN.7 is a question and no call that waits for a yes or no; answer it with `lockstep answer RUN.7 JSON`
    "#]]);
}

#[test]
fn a_call_that_nobody_decides_on_in_time_is_refused() {
    let (server, project, run) = asking();
    let number = project.approvals()[0].clone();
    let store = Sqlite::open(&project.path("lockstep.db")).unwrap();
    wait(Box::pin(async {
        let mut read = archive::read(&store, &RunId::named(&run)).await.unwrap().unwrap();
        let late = Timestamp(number["deadline_ms"].as_u64().unwrap() + 1);
        store.commit(vec![read.signal(Signal::TimersDue, late)]).await
    }))
    .unwrap();
    drop(store);
    project.tells(
        &server,
        &run,
        &["approve", text(&number, "approval")],
        expect![[r#"
        exit 9
        error: RUN.6 was decided before: it is refused, since nobody decided in time
    "#]],
    );
    assert_eq!(project.go_on(), json!({ "n": REFUSED, "told": "nobody approved it in time" }));
    assert_eq!(server.paid(), [""; 0]);
}

#[test]
fn a_decision_while_the_runs_process_waits_reaches_it() {
    let server = Server::new();
    let project = shop(&server.rule("approve = \"writes\"\n"));
    let mut waiting = wait_for(&project, &server);
    let number = asked(&mut waiting);
    let approved = project.lockstep(&["approve", &number, "--by", "ann", "--json"]);
    let run = number.rsplit_once('.').unwrap().0;
    let expected = json!({
        "run_id": run, "approval": number, "is_new": true, "changed": null, "rule": null, "grant": null,
    });
    assert_eq!(serde_json::from_str::<Value>(&approved.stdout).unwrap(), expected);
    let ended = waiting.end();
    assert_eq!((ended.code, server.paid().len()), (0, 1), "{ended:?}");
    assert!(ended.stderr.contains(" was approved by ann\n"), "{ended:?}");
}

#[test]
fn a_call_of_a_run_within_another_is_decided_by_the_name_of_either() {
    let server = Server::new();
    let outer = "workflow = \"outer\"\nstart = \"order\"\nstop = [\"paid\"]\n\n[steps.inner]\nworkflow = \"inner/workflow.toml\"\n";
    let project = shop(&server.rule("approve = \"writes\"\n"));
    fs::create_dir(project.path("inner")).unwrap();
    for file in ["workflow.toml", "clerk.toml", "clerk.wasm"] {
        fs::rename(project.path(file), project.path(&format!("inner/{file}"))).unwrap();
    }
    let project = project.with("workflow.toml", outer);
    let run = project.asks(&server.order());
    let listed = project.lockstep(&["ask", "ls", "--run", &run]);
    assert!(listed.stdout.contains(": clerk wants to call POST "), "{listed:?}");
    let approved = project.lockstep(&["approve", &run, "--always", "--json"]);
    let told: Value = serde_json::from_str(&approved.stdout).unwrap_or_else(|_| panic!("{approved:?}"));
    assert_ne!(told["run_id"], json!(run));
    assert_eq!(told["grant"], "./inner/clerk.toml");
    assert_eq!(project.go_on()["n"], 200);
    let again = project.lockstep(&["run", ".", "--input", &server.order().to_string()]);
    assert_eq!((again.code, server.paid().len()), (0, 2), "{again:?}");
}
