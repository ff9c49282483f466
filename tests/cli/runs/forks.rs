//! `lockstep runs fork`.

use expect_test::expect;
use serde_json::json;

use crate::orders::{ASKS, PAYS, orders, plain, text};

#[test]
fn a_fork_asks_the_same_and_may_be_answered_otherwise() {
    let project = orders();
    let run = project.order_with(ASKS, &["--idempotency-key", "k"]);
    let told = project.runs_json(&["fork", &run]);
    let fork = text(&told, "run_id").to_owned();
    let last = project.rows(&[&run])[0].len();
    assert_eq!((&told["forked"], text(&told, "status")), (&json!({ "run_id": run, "row": last }), "waiting"));
    let ids = [&*run, &*fork];
    let rows = project.rows(&ids);
    assert_eq!((&rows[0][1..], rows[0].len()), (&rows[1][1..], rows[1].len()));
    expect![[r#"
        exit 0
        run RUN-2 of orders
          waiting: for 1 answer
          begun TIME, last changed TIME
          revision 02455b0feaa1185b3f087818dc755042
          fork of run RUN at row 7

        open
          question RUN-2.7: clerk asks approve
            n: 1
            answer with ok: bool
            answer it: `lockstep answer RUN-2.7 JSON`

        history
          TIME  clerk  done → approve
          TIME  clerk  asks approve: question RUN-2.7
    "#]]
    .assert_eq(&plain(&project.runs(&["show", &fork]).told_all(), &ids));

    let question = project.runs_json(&["show", &fork])["questions"][0]["question"].clone();
    assert_eq!(project.lockstep(&["answer", question.as_str().unwrap(), "{\"ok\":true}"]).code, 0);
    assert_eq!(project.lockstep(&["run", ".", "--take-up"]).code, 8, "the first still waits");
    let told = project.runs_json(&["show", &fork]);
    assert_eq!((text(&told, "status"), &told["result"]["value"]), ("completed", &json!({ "n": 1 })));
    assert_eq!(project.runs_json(&["state", &fork]), json!({ "seen": 2 }));
    assert_eq!(project.rows(&ids)[0], rows[0], "the run that was forked knows nothing of it");
}

#[test]
fn a_run_that_has_ended_is_forked_at_an_earlier_commit() {
    let project = orders();
    let run = project.order(PAYS);
    expect![[r#"
        exit 9
        error: run RUN had ended at row 7: it was completed, and so would the fork be; give an earlier row with `--at`: 3
    "#]].assert_eq(&project.refused(&run, &["fork", &run]));
    let ended = project.runs(&["fork", &run, "--at", "3"]);
    let fork = ended.stdout.trim().to_owned();
    expect![[r#"
        exit 0
        RUN-2
        run RUN-2 is as run RUN was after row 3: running
        no process has the store; go on with `lockstep run WORKFLOW --take-up`, where WORKFLOW is the folder of orders
    "#]].assert_eq(&plain(&ended.told_all(), &[&run, &fork]));
    assert_eq!(project.lockstep(&["run", ".", "--take-up"]).code, 0);
    assert_eq!(text(&project.runs_json(&["show", &fork]), "status"), "completed");
}

#[test]
fn a_row_that_ends_no_commit_is_refused_with_the_nearest_that_do() {
    let project = orders();
    let run = project.order(ASKS);
    for (at, expected) in [
        (
            "2",
            expect![[r#"
        exit 9
        error: no commit of run RUN ends at row 2; the nearest that do: 3, 7
    "#]],
        ),
        (
            "99",
            expect![[r#"
        exit 9
        error: no commit of run RUN ends at row 99; the nearest that do: 3, 7
    "#]],
        ),
        (
            "0",
            expect![[r#"
        exit 9
        error: no commit of run RUN ends at row 0; the nearest that do: 3, 7
    "#]],
        ),
    ] {
        expected.assert_eq(&project.refused(&run, &["fork", &run, "--at", at]));
    }
    assert_eq!(project.runs_json(&["ls"]).as_array().unwrap().len(), 1);
}
