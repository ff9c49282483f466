//! What there is to see of runs: `ls`, `show`, `events`, `state`, `tail`, `export`.

use expect_test::expect;
use serde_json::{Value, json};

use crate::orders::{ASKS, PARKS, PAYS, orders, plain, text};

#[test]
fn ls_lists_runs_newest_first_and_only_those_asked_for() {
    let project = orders();
    let all = [project.order(PAYS), project.order_with(ASKS, &["--session", "s"]), project.order(PARKS)];
    let ids: Vec<&str> = all.iter().map(String::as_str).collect();
    expect![[r#"
        exit 0
        RUN           WORKFLOW  STATUS     BEGUN                 CHANGED               WAITS FOR
        RUN-3  orders    parked     TIME  TIME  1 retry
        RUN-2  orders    waiting    TIME  TIME  1 answer
        RUN  orders    completed  TIME  TIME
    "#]]
    .assert_eq(&plain(&project.runs(&["ls"]).told_all(), &ids));
    let listed = |more: &[&str]| -> Vec<String> {
        let told = project.runs_json(&[&["ls"], more].concat());
        told.as_array().unwrap().iter().map(|run| text(run, "run_id").to_owned()).collect()
    };
    assert_eq!(listed(&[]), [&*all[2], &all[1], &all[0]]);
    assert_eq!(listed(&["--limit", "2"]), [&*all[2], &all[1]]);
    assert_eq!(listed(&["--status", "waiting"]), [&*all[1]]);
    assert_eq!(listed(&["--status", "waiting", "--status", "completed"]), [&*all[1], &all[0]]);
    assert_eq!(listed(&["--session", "s"]), [&*all[1]]);
    assert_eq!(listed(&["--workflow", "orders", "--status", "parked"]), [&*all[2]]);
    assert!(listed(&["--workflow", "other"]).is_empty());
    let told = project.runs_json(&["ls", "--session", "s"]);
    let known = &told[0];
    assert_eq!((text(known, "status"), &known["asking"]), ("waiting", &json!(1)));
    assert_eq!((text(known, "workflow"), text(known, "session")), ("orders", "s"));
    assert!(known["key"].is_null() && known["changed_at_ms"].as_u64() >= known["started_at_ms"].as_u64());
    assert_eq!(project.runs(&["ls", "--session", "x"]).told_all(), "exit 0\nno run is like that\n");
}

#[test]
fn show_tells_a_parked_run_why_and_how_to_go_on() {
    let project = orders();
    let run = project.order_with(PARKS, &["--idempotency-key", "k1", "--session", "s"]);
    expect![[r#"
        exit 0
        run RUN of orders
          parked: for 1 operator's decision
          begun TIME, last changed TIME
          revision 02455b0feaa1185b3f087818dc755042
          key k1
          session s

        open
          delivery 3 to `clerk`: parked after 1 attempt: exhausted
            permanent `no-stock`: nothing left
            of \u{1b}[1mit\u{1b}[0m
            details {"left":0}
            try it again: `lockstep runs retry RUN 3`
            go on without: `lockstep runs skip RUN 3`, or with --fail give it up

        history
          TIME  clerk  parked at attempt 1: permanent `no-stock`: nothing left\nof \u{1b}[1mit\u{1b}[0m
    "#]]
    .assert_eq(&plain(&project.runs(&["show", &run[..8]]).told_all(), &[&run]));
    let told = project.runs_json(&["show", &run]);
    assert_eq!((text(&told, "status"), text(&told, "key")), ("parked", "k1"));
    let delivery = &told["deliveries"][0];
    assert_eq!((text(delivery, "step"), text(delivery, "parked")), ("clerk", "exhausted"));
    assert_eq!(delivery["failure"]["details"], json!({ "left": 0 }));
    assert_eq!(text(&delivery["failure"], "message"), "nothing left\nof \u{1b}[1mit\u{1b}[0m");
    assert_eq!((text(&told["attempts"][0], "is"), &told["attempts"][0]["attempt"]), ("parked", &json!(1)));
}

#[test]
fn the_command_that_show_gives_is_one_that_works() {
    let project = orders();
    let run = project.order(PARKS);
    let told = project.runs(&["show", &run]).stdout;
    let commands = told.split('`').filter_map(|word| word.strip_prefix("lockstep "));
    let retry = commands.into_iter().find(|command| command.starts_with("runs retry")).unwrap();
    assert_eq!(project.lockstep(&retry.split(' ').collect::<Vec<_>>()).code, 0);
}

#[test]
fn show_tells_a_waiting_run_what_it_asks() {
    let project = orders();
    let run = project.order(ASKS);
    expect![[r#"
        exit 0
        run RUN of orders
          waiting: for 1 answer
          begun TIME, last changed TIME
          revision 02455b0feaa1185b3f087818dc755042

        open
          question RUN.7: clerk asks approve
            n: 1
            answer with ok: bool
            answer it: `lockstep answer RUN.7 JSON`

        history
          TIME  clerk  done → approve
          TIME  clerk  asks approve: question RUN.7
    "#]]
    .assert_eq(&plain(&project.runs(&["show", &run]).told_all(), &[&run]));
    let told = project.runs_json(&["show", &run]);
    assert_eq!((text(&told, "status"), text(&told["questions"][0], "event")), ("waiting", "approve"));
    assert!(told["result"].is_null());
}

#[test]
fn show_tells_a_completed_run_its_result() {
    let project = orders();
    let run = project.order(PAYS);
    expect![[r#"
        exit 0
        run RUN of orders
          completed with paid
          begun TIME, last changed TIME
          revision 02455b0feaa1185b3f087818dc755042

        result
          paid {"n":0}

        history
          TIME  clerk  done → paid
    "#]]
    .assert_eq(&plain(&project.runs(&["show", &run]).told_all(), &[&run]));
    let told = project.runs_json(&["show", &run]);
    assert_eq!(told["result"], json!({ "event": "paid", "value": { "n": 0 } }));
}

#[test]
fn events_are_all_rows_and_tell_commits_apart() {
    let project = orders();
    let run = project.order(ASKS);
    expect![[r#"
        exit 0
          1  TIME  status    run of orders began
          2  TIME  event     order {"kind":1}
        ─ 3  TIME  delivery  delivery to `clerk` of 2
          4  TIME  state     seen += 1
          5  TIME  attempt   delivery 3 (`clerk`) done at attempt 1
          6  TIME  event     approve {"n":1}  from delivery 3 (`clerk`)
        ─ 7  TIME  question  a person is asked event 6
    "#]]
    .assert_eq(&plain(&project.runs(&["events", &run]).told_all(), &[&run]));
    let rows = project.runs_lines(&["events", &run, "--json"]);
    assert_eq!(rows.len(), project.rows(&[&run])[0].len());
    assert_eq!(rows[0]["change"]["is"], "started");
    assert_eq!((&rows[1]["kind"], &rows[1]["value"]), (&json!("event"), &json!({ "kind": 1 })));
    let ends: Vec<&Value> =
        rows.iter().filter(|row| row["ends_commit"] == true).map(|row| &row["row"]).collect();
    assert_eq!((ends.len(), ends[1]), (2, &json!(rows.len())));
}

#[test]
fn state_is_what_the_steps_remember_now_or_then() {
    let project = orders();
    let run = project.order(ASKS);
    assert_eq!(project.runs(&["state", &run]).told_all(), "exit 0\nseen = 1\n");
    assert_eq!(project.runs_json(&["state", &run]), json!({ "seen": 1 }));
    assert_eq!(project.runs(&["state", &run, "--at", "3"]).told_all(), "exit 0\nit remembers nothing\n");
    assert_eq!(project.runs_json(&["state", &run, "--at", "3"]), json!({}));
}

#[test]
fn tail_tells_a_run_that_rests_and_ends_as_it_did() {
    let project = orders();
    let (asks, pays) = (project.order(ASKS), project.order(PAYS));
    expect![[r#"
        exit 8
        TIME  clerk  done → approve
        TIME  clerk  asks approve: question RUN.7
        waiting
    "#]]
    .assert_eq(&plain(&project.runs(&["tail", &asks]).told_all(), &[&asks]));
    expect![[r#"
        exit 0
        TIME  clerk  done → paid
        completed with paid
    "#]]
    .assert_eq(&plain(&project.runs(&["tail", &pays]).told_all(), &[&pays]));
    assert_eq!(
        project.runs_lines(&["tail", &pays, "--json"]),
        project.runs_lines(&["events", &pays, "--json"])
    );
}

#[test]
fn export_is_what_is_known_and_every_row() {
    let project = orders();
    let run = project.order(PAYS);
    let lines = project.runs_lines(&["export", &run]);
    assert_eq!((&lines[0]["format"], text(&lines[0]["run"], "run_id")), (&json!(1), &*run));
    assert_eq!(lines[0]["graph"]["name"], "orders");
    assert_eq!(lines[1..], project.runs_lines(&["events", &run, "--json"]));
    let told = project.runs_json(&["export", &run, "--out", "run.ndjson"]);
    assert_eq!(told, json!({ "run_id": run, "rows": lines.len() - 1, "file": "run.ndjson" }));
    let written = std::fs::read_to_string(project.path("run.ndjson")).unwrap();
    assert_eq!(written, project.runs(&["export", &run]).stdout);
}
