//! What people see of calls that wait for them, wherever runs are told of.

use super::*;

#[test]
fn without_a_terminal_a_call_that_waits_ends_the_program_and_it_says_what_to_do() {
    let server = Server::new();
    let project = shop(&server.rule("approve = \"writes\"\n"));
    let ended = project.lockstep(&["run", ".", "--input", &server.order().to_string()]);
    let run = ended.stderr.split(' ').nth(1).unwrap().to_owned();
    expect![[r#"
        exit 8
        run RUN of shop
          clerk  calls GET http://127.0.0.1:PORT/pay?of
          clerk  GET http://127.0.0.1:PORT/pay?of answered: 200, 4 bytes
          clerk  asks a person whether it may call POST http://127.0.0.1:PORT/pay?of: its rule says `approve`: approval RUN.6
        waiting
        it waits for a person to decide about a call: `lockstep ask ls` shows all of it
        decide with `lockstep approve CALL` or `lockstep refuse CALL`
        then go on with `lockstep run . --take-up`
    "#]].assert_eq(&told(&server, &run, &ended));
    assert_eq!((server.heard("GET").len(), server.heard("POST").len()), (1, 0));
}

#[test]
fn a_person_sees_the_whole_call_what_was_called_before_and_how_to_decide() {
    let (server, project, run) = asking();
    project.tells(
        &server,
        &run,
        &["ask", "ls"],
        expect![[r#"
        exit 0
        approval RUN.6: clerk wants to call POST http://127.0.0.1:PORT/pay?of
          why a person is asked: its rule says `approve`
          rule: http://127.0.0.1:PORT
          with
            method: POST
            url: http://127.0.0.1:PORT/pay?of=7
            headers:
              {
                "content-type": [
                  "application/json"
                ]
              }
            body (text that is JSON):
              {
                "cents": 900,
                "to": "ann"
              }
          called already by this attempt
            GET http://127.0.0.1:PORT/pay?of: 200, 4 bytes
          until TIME
          let it go: `lockstep approve RUN.6`
          with other arguments: `lockstep approve RUN.6 --with JSON`
          do not: `lockstep refuse RUN.6 --reason TEXT`
    "#]],
    );
    let all = project.approvals();
    let [one] = &all[..] else { panic!("{all:?}") };
    assert_eq!(
        (&one["kind"], &one["run_id"], &one["step"], &one["capability"]),
        (&json!("approval"), &json!(run), &json!("clerk"), &json!("http"))
    );
    assert_eq!(one["arguments"]["body"], json!(BODY));
    assert_eq!(one["calls_made"].as_array().unwrap().len(), 1);
    let open_for = one["deadline_ms"].as_u64().unwrap() - one["asked_at_ms"].as_u64().unwrap();
    assert_eq!(open_for, 24 * 60 * 60 * 1000);
    assert_eq!(project.runs_json(&["show", &run])["approvals"], json!(all));
}

#[test]
fn runs_that_wait_for_a_decision_say_so_wherever_they_are_told_of() {
    let (server, project, run) = asking();
    project.tells(
        &server,
        &run,
        &["runs", "ls"],
        expect![[r#"
        exit 0
        RUN           WORKFLOW  STATUS   BEGUN                 CHANGED               WAITS FOR
        RUN  shop      waiting  TIME  TIME  1 approval, TIME
    "#]],
    );
    project.tells(&server, &run, &["runs", "show", &run], expect![[r#"
        exit 0
        run RUN of shop
          waiting: for 1 approval
          begun TIME, last changed TIME
          revision f8b53c6d598fc21fa4f095128ce1657d
          1 call has left it

        open
          delivery 3 to `clerk`: waits for a person to decide about a call
          approval RUN.6: clerk wants to call POST http://127.0.0.1:PORT/pay?of
            why a person is asked: its rule says `approve`
            rule: http://127.0.0.1:PORT
            with
              method: POST
              url: http://127.0.0.1:PORT/pay?of=7
              headers:
                {
                  "content-type": [
                    "application/json"
                  ]
                }
              body (text that is JSON):
                {
                  "cents": 900,
                  "to": "ann"
                }
            called already by this attempt
              GET http://127.0.0.1:PORT/pay?of: 200, 4 bytes
            until TIME
            let it go: `lockstep approve RUN.6`
            with other arguments: `lockstep approve RUN.6 --with JSON`
            do not: `lockstep refuse RUN.6 --reason TEXT`

        history
          TIME  clerk  calls GET http://127.0.0.1:PORT/pay?of
          TIME  clerk  GET http://127.0.0.1:PORT/pay?of answered: 200, 4 bytes
          TIME  clerk  asks a person whether it may call POST http://127.0.0.1:PORT/pay?of: its rule says `approve`: approval RUN.6
    "#]]);
}

#[test]
fn whoever_follows_a_run_is_told_that_it_asks_and_a_retry_is_no_decision() {
    let (server, project, run) = asking();
    project.tells(&server, &run, &["runs", "events", &run], expect![[r#"
        exit 0
          1  TIME  status    run of shop began
          2  TIME  event     order {"body":"{\"cents\": 900, \"to\": \"ann\"}","url":"http://127.0.0.1:PORT/pay?of=7"}
        ─ 3  TIME  delivery  delivery to `clerk` of 2
        ─ 4  TIME  effect    delivery 3 (`clerk`) calls GET http://127.0.0.1:PORT/pay?of
        ─ 5  TIME  effect    delivery 3 (`clerk`) GET http://127.0.0.1:PORT/pay?of answered: 200, 4 bytes
        ─ 6  TIME  effect    delivery 3 (`clerk`) asks a person whether it may call POST http://127.0.0.1:PORT/pay?of: its rule says `approve`
        ─ 7  TIME  attempt   delivery 3 (`clerk`) waits for a person to decide about a call
    "#]]);
    project.tells(&server, &run, &["runs", "tail", &run], expect![[r#"
        exit 8
        TIME  clerk  calls GET http://127.0.0.1:PORT/pay?of
        TIME  clerk  GET http://127.0.0.1:PORT/pay?of answered: 200, 4 bytes
        TIME  clerk  asks a person whether it may call POST http://127.0.0.1:PORT/pay?of: its rule says `approve`: approval RUN.6
        waiting
    "#]]);
    project.tells(&server, &run, &["runs", "retry", &run], expect![[r#"
        exit 9
        error: delivery 3 of run RUN waits for a person to decide about `POST http://127.0.0.1:PORT/pay?of`; `lockstep ask ls` has it, `lockstep approve` and `lockstep refuse` decide
    "#]]);
}

#[test]
fn nothing_that_a_step_says_acts_on_the_terminal_of_whoever_decides() {
    let server = Server::new();
    let project = shop(&server.rule("approve = \"writes\"\n"));
    let mut order = server.order();
    order["body"] = json!("{\"to\":\"\u{202e}nna\u{1b}[2J\",\n\u{9b}31m");
    project.asks(&order);
    let told = project.lockstep(&["ask", "ls"]).stdout;
    let acts = |char: char| (char.is_control() && char != '\n') || char == '\u{202e}';
    assert_eq!(told.chars().find(|char| acts(*char)), None, "{told:?}");
    assert!(told.contains("\\u{202e}nna\\u{1b}[2J"), "{told}");
    order["body"] = json!("a".repeat(10_000));
    project.asks(&order);
    let told = project.lockstep(&["ask", "ls"]).stdout;
    assert!(told.contains("… cut here, of 10002 bytes; see all: `lockstep ask ls --json --run "), "{told}");
}
