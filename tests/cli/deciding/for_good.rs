//! A yes for good: the rule that is written to the grant, and where none can be.

use super::terminal::at_terminal;
use super::*;

#[test]
fn a_yes_for_good_writes_a_rule_for_this_call_alone_and_nobody_is_asked_again() {
    let (server, project, run) = asking();
    let always = ["approve", &run, "--always", "--by", "ann"];
    project.tells(&server, &run, &always, expect![[r#"
        exit 0
        RUN.6: approved
        written to ./clerk.toml, in force from the next load on:
          [[http]]
          host = "127.0.0.1"
          scheme = "http"
          port = PORT
          methods = ["POST"]
          paths = ["/pay"]
          network = "loopback:PORT"
          idempotency = "idempotency-key"
          approve = "never"
          query = ["of"]
        no process has the store; go on with `lockstep run WORKFLOW --take-up`, where WORKFLOW is the folder of shop
    "#]]);
    let grant = fs::read_to_string(project.path("clerk.toml")).unwrap();
    expect![[r##"
        # what the clerk may do
        grant = 1

        [[http]]
        host = "127.0.0.1"
        scheme = "http"
        port = PORT
        methods = ["POST"]
        paths = ["/pay"]
        network = "loopback:PORT"
        idempotency = "idempotency-key"
        approve = "never"
        query = ["of"]

        [[http]] # the bank
        host = "127.0.0.1"
        scheme = "http"
        port = PORT
        methods = ["GET", "POST"]
        paths = ["/**"]
        network = "loopback:PORT"
        idempotency = "idempotency-key"
        approve = "writes"
    "##]]
    .assert_eq(&grant.replace(&server.port.to_string(), "PORT"));
    assert_eq!(project.go_on()["n"], 200);
    let shown = project.lockstep(&["runs", "show", &run]).stdout;
    assert!(shown.contains("was approved by ann for good, by the rule [[http]]; host = "), "{shown}");
    let again = project.lockstep(&["run", ".", "--input", &server.order().to_string()]);
    assert_eq!((again.code, server.paid().len()), (0, 2), "{again:?}");
    let mut other = server.order();
    other["url"] = json!(format!("http://127.0.0.1:{}/other", server.port));
    project.asks(&other);
    assert_eq!(server.paid().len(), 2, "the rule is for what was asked");
}

#[test]
fn the_rule_goes_where_the_grant_stands() {
    let server = Server::new();
    let rule = server.rule("approve = \"writes\"\n").replace("[[http]]", "[[steps.clerk.grant.http]]");
    let project = bare(&format!("{WORKFLOW}\n{rule}"));
    let run = project.asks(&server.order());
    let approved = project.lockstep(&["approve", &run, "--always", "--json", "--workflow", "workflow.toml"]);
    let told: Value = serde_json::from_str(&approved.stdout).unwrap_or_else(|_| panic!("{approved:?}"));
    assert_eq!(told["grant"], "workflow.toml");
    assert!(text(&told, "rule").starts_with("[[http]]\nhost = \"127.0.0.1\"\n"), "{told}");
    let text = fs::read_to_string(project.path("workflow.toml")).unwrap();
    assert!(text.starts_with("# what we sell\n") && text.contains("[steps.clerk] # pays\n"), "{text}");
    assert_eq!(text.matches("[[steps.clerk.grant.http]]").count(), 2);
}

#[test]
fn where_no_rule_can_be_written_nothing_is_decided() {
    let (server, project, run) = asking();
    let always = ["approve", &run, "--always"];
    let before = fs::read_to_string(project.path("clerk.toml")).unwrap();
    let elsewhere = crate::orders::orders();
    let other = elsewhere.folder().display().to_string();
    let ended = project.lockstep(&[&always[..], &["--workflow", &other]].concat());
    assert_eq!(ended.code, 3, "{ended:?}");
    assert!(ended.stderr.contains("nor a workflow within it is `shop`"), "{ended:?}");
    let ceiling = format!("lockstep = 1\n[ceiling]\n{}", server.rule("approve = \"writes\"\n"));
    let project = project.with("lockstep.toml", ceiling.replace("[[http]]", "[[ceiling.http]]"));
    project.tells(&server, &run, &always, expect![[r#"
        exit 3
        error: ./clerk.toml: no rule can be written for step `clerk`: the operator's [ceiling] wants a person to be asked
    "#]]);
    assert_eq!(fs::read_to_string(project.path("clerk.toml")).unwrap(), before);
    assert_eq!(project.approvals().len(), 1);
    for wrong in [&["--with", "{}", "--always"][..], &["--workflow", "."]] {
        assert_eq!(project.lockstep(&[&["approve", &run], wrong].concat()).code, 2, "{wrong:?}");
    }
}

#[test]
fn at_a_terminal_a_yes_for_good_writes_the_rule() {
    let server = Server::new();
    let project = shop(&server.rule("approve = \"writes\"\n"));
    let ended = at_terminal(&project, &server, &["a"]);
    assert_eq!((ended.code, server.paid().len()), (0, 1), "{ended:?}");
    let run = crate::approvals::runs(&project.path("lockstep.db")).remove(0);
    assert_eq!(decided(&project, &run), [(Decided::Approved, Some("ann".into()))]);
    let again = project.lockstep(&["run", ".", "--input", &server.order().to_string()]);
    assert_eq!((again.code, server.paid().len()), (0, 2), "{again:?}");
}
