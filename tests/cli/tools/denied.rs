//! What the grant lets through to the reference server, and what it does not.

use lockstep_core::run::Change;
use lockstep_hostile::tools::{call, list};
use serde_json::{Value, json};

use super::desk::{Desk, Server};

const READS: &str = "[[tools]]\nmcp = \"it\"\nallow = [\"list_directory\", \"read_text_file\"]\n\
                     args = { list_directory = { path = \".\" }, read_text_file = { path = [\"a.txt\", \"b.txt\"] } }\n";

#[test]
fn an_allowed_call_reaches_the_server_and_comes_back() {
    let desk = Desk::new(&Server::Files, READS);
    let read = desk.answer(&call("read_text_file", &json!({ "path": "a.txt" })));
    assert_eq!(result(&read), json!({ "content": "one\ntwo\n" }));
    let listed = desk.answer(&call("list_directory", &json!({})));
    assert_eq!(result(&listed), json!({ "content": "[FILE] a.txt" }), "what is fixed is filled in");
    assert_eq!(desk.calls().len(), 2);
}

/// The result in what the guest is told.
fn result(answer: &Value) -> Value {
    serde_json::from_str(answer["ok"].as_str().unwrap_or_else(|| panic!("{answer}"))).unwrap()
}

#[test]
fn what_the_grant_does_not_say_is_denied_and_never_reaches_the_server() {
    let desk = Desk::new(&Server::Files, READS);
    for (tool, arguments, what, why) in [
        ("write_file", json!({ "path": "a.txt", "content": "x" }), "it/write_file", "tool"),
        ("Read_Text_File", json!({ "path": "a.txt" }), "it/Read_Text_File", "tool"),
        ("read_text_file ", json!({ "path": "a.txt" }), "it/read_text_file ", "tool"),
        (
            "read_text_file",
            json!({ "path": "../clerk.toml" }),
            "it/read_text_file path=\"../clerk.toml\"",
            "argument",
        ),
        ("read_text_file", json!({ "path": "./a.txt" }), "it/read_text_file path=\"./a.txt\"", "argument"),
        ("read_text_file", json!({ "path": ["a.txt"] }), "it/read_text_file path=[\"a.txt\"]", "argument"),
        ("read_text_file", json!({}), "it/read_text_file path", "argument"),
        ("list_directory", json!({ "path": "/" }), "it/list_directory path=\"/\"", "argument"),
    ] {
        let ended = desk.run(&call(tool, &arguments));
        let answer = super::desk::answer_of(&ended);
        let told = json!({ "capability": "tools", "what": what, "why": why });
        assert_eq!(answer, json!({ "err": { "denied": told } }));
        let line = format!("  clerk  was denied tools {what}: {why}\n");
        assert!(ended.stderr.contains(&line), "{}", ended.stderr);
        assert_eq!(desk.count(|change| matches!(change, Change::Denied { .. })), 1);
    }
    assert_eq!((desk.calls(), desk.read("a.txt")), (vec![], "one\ntwo\n".into()));
}

#[test]
fn whoever_is_denied_is_told_the_lines_that_allow_it_and_they_do() {
    let desk = Desk::new(&Server::Files, READS);
    let work = call("get_file_info", &json!({ "path": "a.txt" }));
    let ended = desk.run(&work);
    let lines = "    if it may, add to ./clerk.toml:\n    [[tools]]\n    mcp = \"it\"\n    allow = [\"get_file_info\"]\n";
    assert!(ended.stderr.contains(lines), "{}", ended.stderr);
    let desk = desk.granting(&format!("{READS}[[tools]]\nmcp = \"it\"\nallow = [\"get_file_info\"]\n"));
    assert!(desk.answer(&work)["ok"].is_string());
}

#[test]
fn a_grant_that_wants_denials_to_end_the_attempt_gets_that() {
    let desk = Desk::new(&Server::Files, &format!("{READS}[on-denied]\ntools = \"fail\"\n"));
    let ended = desk.run(&call("write_file", &json!({ "path": "a.txt", "content": "x" })));
    assert_eq!((ended.code, desk.read("a.txt").as_str()), (1, "one\ntwo\n"));
    assert!(ended.stderr.contains("failed for good at attempt 1: denied `tools`: "), "{}", ended.stderr);
}

#[test]
fn the_list_has_what_is_granted_as_it_is_granted() {
    let desk = Desk::new(&Server::Files, READS);
    let ended = desk.run(&list());
    let done: Value = serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("{ended:?}"));
    let tools: Vec<_> = done["tools"].as_array().unwrap().iter().collect();
    let names: Vec<_> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["list_directory", "read_text_file"]);
    let path = &tools[1]["input_schema"]["properties"]["path"];
    assert_eq!(*path, json!({ "enum": ["a.txt", "b.txt"] }), "{}", ended.stdout);
}

#[test]
fn arguments_that_the_tool_does_not_take_never_reach_the_server() {
    let desk = Desk::new(&Server::Files, "[[tools]]\nmcp = \"it\"\nallow = [\"read_text_file\"]\n");
    let answer = desk.answer(&call("read_text_file", &json!({ "path": 7 })));
    assert_eq!(answer["err"]["invalid-arguments"], "/path: 7 is not of type \"string\"", "{answer}");
    assert_eq!(desk.calls(), [json!(null); 0]);
}
