//! Tools that are components: called under their own grants and never with the rights of the caller, broken ones
//! too, and one that calls a server itself, about which a person decides.

use std::fs;

use lockstep_hostile::tools::{call, nested, tool};
use serde_json::{Value, json};

use super::desk::{Desk, Server, answer_of};

/// The desk with a tool `box`, which is this component under this grant.
fn with_box(component: &[u8], of_box: &str, of_clerk: &str) -> Desk {
    let desk = Desk::new(&Server::Own(&[]), of_clerk);
    let workflow = fs::read_to_string(desk.project.path("workflow.toml")).unwrap();
    let table = "[tools.box]\ncomponent = \"box.wasm\"\nsource = \"box\"\ngrant = \"box.toml\"\n";
    let project = desk.project.with("workflow.toml", format!("{workflow}\n{table}"));
    let project = project.with("box.wasm", component).with("box.toml", format!("grant = 1\n{of_box}"));
    Desk { project }
}

const ALL: &str = "[[tools]]\ncomponent = \"box\"\nallow = [\"config\", \"echo\", \"fail\", \"noise\", \"spin\", \"trap\"]\n";

#[test]
fn a_tool_has_what_its_own_grant_says_and_nothing_of_its_callers() {
    let of_clerk = format!("{ALL}[config]\nkey = \"the clerk's\"\n");
    let desk = with_box(&tool(), "[config]\nkey = \"the tool's\"\n", &of_clerk);
    assert_eq!(desk.answer(&call("config", &json!({}))), json!({ "err": { "failed": NO_JSON } }));
    let desk = with_box(&tool(), "[config]\nkey = 7\n", &of_clerk);
    assert_eq!(desk.answer(&call("config", &json!({}))), json!({ "ok": "7" }));
}

const NO_JSON: &str = "what it returned is no JSON: expected ident at line 1 column 2";

#[test]
fn a_tool_that_breaks_is_one_that_failed_and_its_caller_goes_on() {
    let desk = with_box(&tool(), "[config]\nkey = 7\n[limits]\ncpu = \"100ms\"\n", ALL);
    for (name, told) in [
        ("trap", "unreachable"),
        ("spin", "computed longer than its 100ms"),
        ("noise", "no JSON"),
        ("fail", "tests"),
    ] {
        let answer = desk.answer(&call(name, &json!({})));
        let why = answer["err"]["failed"].as_str().unwrap_or_else(|| panic!("{name}: {answer}"));
        assert!(why.contains(told), "{name}: {why}");
    }
    let answer = desk.answer(&call("echo", &json!({ "n": "x" })));
    assert!(answer["err"]["invalid-arguments"].is_string(), "{answer}");
    assert_eq!(desk.answer(&call("echo", &json!({ "n": 7 }))), json!({ "ok": "{\"n\":7}" }));
}

#[test]
fn a_person_decides_on_what_a_tool_calls_itself_and_that_is_called_once() {
    let of_box = "[[tools]]\nmcp = \"it\"\nallow = [\"echo\"]\napprove = [\"echo\"]\n";
    let of_clerk = "[[tools]]\ncomponent = \"box\"\nallow = [\"outer\"]\n";
    let desk = with_box(&nested(), of_box, of_clerk);
    let number = desk.asks(&call("outer", &json!({ "a": 1 })));
    let listed = desk.lockstep(&["ask", "ls"]).stdout;
    assert!(listed.contains(": a tool that clerk called wants to call it/echo"), "{listed}");
    let always = desk.lockstep(&["approve", &number, "--always"]);
    assert!(always.code != 0 && always.stderr.contains("by a rule of its own grant"), "{}", always.stderr);
    assert_eq!(desk.calls(), [json!(null); 0]);
    assert_eq!(desk.lockstep(&["approve", &number]).code, 0);
    let answer = answer_of(&desk.take_up());
    let told: Value =
        serde_json::from_str(answer["ok"].as_str().unwrap_or_else(|| panic!("{answer}"))).unwrap();
    assert_eq!((&told["arguments"], desk.calls().len()), (&json!({ "a": 1 }), 1));
    let denied = desk.answer(&call("echo", &json!({})));
    assert_eq!(denied["err"]["denied"]["why"], "tool", "the clerk itself may not: {denied}");
}
