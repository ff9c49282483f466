//! Servers that hang, crash, flood, change, or run longer than they should; and files of operators that nobody
//! has named.

use std::io::BufRead as _;

use lockstep_core::grant::tools::{Tool, pin_of};
use lockstep_hostile::tools::{call, list, times};
use serde_json::{Value, json};

use super::desk::{Desk, Server, answer_of};

const ALL: &str = "[[tools]]\nmcp = \"it\"\nallow = [\"change\", \"crash\", \"echo\", \"endless\", \"hang\", \"long\", \
                   \"new\"]\n";

#[track_caller]
fn check(arguments: &[&str], rule: &str, tool: &str, given: &Value, expected: &Value) {
    let desk = Desk::new(&Server::Own(arguments), &format!("{ALL}{rule}"));
    let answer = desk.answer(&call(tool, given));
    assert_eq!(&answer, expected, "{tool}");
}

#[test]
fn a_server_that_hangs_costs_a_call_its_time_and_no_more() {
    check(&[], "timeout = \"300ms\"\n", "hang", &json!({}), &json!({ "err": "timeout" }));
}

#[test]
fn a_result_that_is_too_long_is_not_passed_on() {
    let rule = "result-bytes = \"1KiB\"\n";
    check(&[], rule, "long", &json!({ "bytes": 2000 }), &json!({ "err": "too-large" }));
    let endless = json!({ "err": { "unavailable": "it sent a message without an end" } });
    check(&[], rule, "endless", &json!({}), &endless);
}

#[test]
fn a_server_that_crashes_is_told_of_by_how_it_ended() {
    for (arguments, tool, how) in
        [(&[][..], "crash", "exit status: 7"), (&["--crash-at-start"], "echo", "exit status: 3")]
    {
        let desk = Desk::new(&Server::Own(arguments), ALL);
        let answer = desk.answer(&call(tool, &json!({})));
        let why = answer["err"]["unavailable"].as_str().unwrap_or_else(|| panic!("{answer}"));
        assert!(why.contains(&format!("`bash` ended: {how}")), "{why}");
    }
}

#[test]
fn a_call_that_may_be_made_once_and_whose_server_crashed_waits_for_a_person() {
    let desk = Desk::new(&Server::Own(&[]), &format!("{ALL}effects = \"at-most-once\"\n"));
    let ended = desk.run(&call("crash", &json!({})));
    assert_eq!((ended.code, desk.parked()), (8, json!("unknown-effect")), "{ended:?}");
}

#[test]
fn a_server_that_floods_is_heard_through_its_noise() {
    let desk = Desk::new(&Server::Own(&["--flood"]), ALL);
    let answer = desk.answer(&call("echo", &json!({ "a": 1 })));
    let result: Value =
        serde_json::from_str(answer["ok"].as_str().unwrap_or_else(|| panic!("{answer}"))).unwrap();
    assert_eq!(result["arguments"], json!({ "a": 1 }));
}

/// A pin of tools that are described so.
fn pin(names: &[&str], description: &str) -> String {
    let tool = |name: &&str| Tool {
        name: (*name).to_owned(),
        description: description.into(),
        schema: json!({ "type": "object" }),
    };
    let pin = pin_of(&names.iter().map(tool).collect::<Vec<_>>());
    format!("pin = \"{pin}\"\n")
}

#[test]
fn a_server_whose_tools_have_changed_since_the_pin_is_called_no_more() {
    let names = ["change", "crash", "echo", "endless", "hang", "long"];
    let pinned = pin(&names, "a tool");
    let change = times(call("change", &json!({})), 2);
    let denied = json!({ "capability": "tools", "what": "it/change", "why": "pin" });
    let desk = Desk::new(&Server::Own(&[]), &format!("{ALL}{pinned}"));
    assert_eq!(desk.answer(&change), json!({ "err": { "denied": &denied } }));
    assert_eq!(desk.calls().len(), 1, "it was called until it changed");
    let otherwise = pin(&names, "a tool that was described otherwise");
    let desk = Desk::new(&Server::Own(&[]), &format!("{ALL}{otherwise}"));
    assert_eq!(desk.answer(&change), json!({ "err": { "denied": denied } }));
    assert_eq!(desk.calls(), [json!(null); 0]);
    let desk = Desk::new(&Server::Own(&[]), ALL);
    assert_eq!(desk.answer(&change), json!({ "ok": "\"changed\"" }), "without a pin");
}

/// The run says how many calls it makes; the host counts those of failed attempts, too.
#[test]
fn a_run_makes_as_many_calls_as_its_grant_says() {
    let desk = Desk::new(&Server::Own(&[]), &format!("{ALL}calls = 2\n"));
    let echo = |n| times(call("echo", &json!({})), n);
    assert!(desk.answer(&echo(2))["ok"].is_string());
    let denied = json!({ "capability": "tools", "what": "it/echo", "why": "budget" });
    assert_eq!(desk.answer(&echo(3)), json!({ "err": { "denied": denied } }));
    assert_eq!(desk.calls().len(), 4);
}

#[test]
fn a_secret_that_a_server_is_given_leaves_it_neither_for_the_guest_nor_for_a_reader() {
    const SECRET: &str = "a-secret-of-the-operator";
    let desk = Desk::new(&Server::Own(&[]), "[[tools]]\nmcp = \"it\"\nallow = [\"env\"]\n");
    let file = std::fs::read_to_string(desk.project.path("lockstep.toml")).unwrap();
    let file = format!(
        "{file}env = {{ TOKEN = {{ secret = \"token\" }} }}\n[secrets]\ntoken = {{ env = \"TOKEN_OF_IT\" }}\n"
    );
    let desk = Desk { project: desk.project.with("lockstep.toml", file) };
    let work = call("env", &json!({})).to_string();
    let arguments = ["run", ".", "--verbose", "--config", "lockstep.toml", "--input", &work];
    let mut command = crate::project::command(desk.project.folder(), &arguments);
    let ended = crate::project::ended(command.env("TOKEN_OF_IT", SECRET).output().unwrap());
    let answer = answer_of(&ended);
    let env: Value = serde_json::from_str(answer["ok"].as_str().unwrap()).unwrap();
    assert_eq!(env["TOKEN"], "[secret]", "{env}");
    assert_eq!(env["TOKEN_OF_IT"], json!(null), "{env}");
    let store =
        String::from_utf8_lossy(&std::fs::read(desk.project.path("lockstep.db")).unwrap()).into_owned();
    assert!(![ended.stdout, ended.stderr, store].iter().any(|text| text.contains(SECRET)));
}

#[test]
fn a_server_elsewhere_is_called_whoever_has_named_the_file() {
    let mut own = std::process::Command::new(super::desk::own());
    own.arg("--http").stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    let mut server = own.spawn().unwrap();
    let mut url = String::new();
    std::io::BufReader::new(server.stdout.as_mut().unwrap()).read_line(&mut url).unwrap();
    let desk = Desk::new(&Server::Own(&[]), ALL);
    let file = format!("lockstep = 1\n[mcp.it]\nurl = \"{}\"\n", url.trim());
    let desk = Desk { project: desk.project.with("lockstep.toml", file) };
    let work = call("echo", &json!({ "a": 1 })).to_string();
    let answer = answer_of(&desk.lockstep(&["run", ".", "--input", &work]));
    assert!(answer["ok"].as_str().is_some_and(|told| told.contains("{\"a\":1}")), "{answer}");
    drop(server.stdin.take());
    server.wait().unwrap();
}

#[test]
fn the_tools_of_a_server_that_cannot_be_reached_are_left_out_and_that_is_told() {
    let desk = Desk::new(&Server::Own(&["--crash-at-start"]), ALL);
    let ended = desk.run(&list());
    assert_eq!(serde_json::from_str::<Value>(&ended.stdout).unwrap()["tools"], json!([]), "{ended:?}");
    assert!(ended.stderr.contains("the tools of it are not to be had: "), "{}", ended.stderr);
}

#[test]
fn a_file_that_was_only_found_starts_no_server() {
    let desk = Desk::new(&Server::Own(&[]), ALL);
    let work = call("echo", &json!({})).to_string();
    let ended = desk.lockstep(&["run", ".", "--input", &work]);
    let told = "exit 3\nerror: lockstep.toml: the server `it`: name the file with `--config` to let it run commands\n";
    assert_eq!(ended.told(), told);
    assert!(!desk.project.path("server.pid").exists());
}

#[test]
fn no_server_outlives_its_host_however_that_ends() {
    let work = call("hang", &json!({})).to_string();
    for server in [Server::Own(&[]), Server::Files] {
        let desk = Desk::new(&server, super::deciding::WRITES);
        let work = super::deciding::write("three\n").to_string();
        if let Server::Files = server {
            let mut waiting = desk.begin(&["--wait", "--input", &work]);
            waiting.read_until(|line| line.contains(": approval "));
            waiting.interrupt();
            assert!(desk.server_ends(), "{work}");
        }
    }
    let desk = Desk::new(&Server::Own(&[]), &format!("{ALL}timeout = \"60s\"\n"));
    let mut running = desk.begin(&["--input", &work]);
    running.read_until(|line| line.contains("calls it/hang"));
    running.interrupt();
    assert!(desk.server_ends(), "while it works");
    answer_of(&desk.run(&call("echo", &json!({}))));
    assert!(desk.server_ends(), "after the run");
}
