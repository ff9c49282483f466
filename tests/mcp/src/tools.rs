//! What the server can be asked. Lines of JSON-RPC come in, and go out as they come to an end.

use std::io::{Stdout, Write};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use serde_json::{Value, json};

use crate::{complain, write};

/// Where lines go.
pub(crate) type Output = Arc<Mutex<Stdout>>;

/// A notice that nobody needs.
pub(crate) const NOTICE: &str = r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"a notice that nobody needs, and that comes again and again"}}"#;

/// The notice that its tools are others now.
pub(crate) const CHANGED: &str = r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#;

/// Its arguments and what it has seen.
pub(crate) struct Server {
    arguments: Vec<String>,
    changed: (Mutex<bool>, Condvar),
    lists: AtomicU32,
    /// What it was sent that was no request: notices and answers.
    seen: Mutex<Vec<Value>>,
}

/// What a request comes to.
pub(crate) enum Reply {
    /// This.
    Answer(Value),
    /// This, and the notice that the tools have changed before it.
    AfterChange(Value),
    /// Bytes without an end.
    Endless,
    /// Nothing, ever.
    Nothing,
}

impl Server {
    pub(crate) fn new(arguments: Vec<String>) -> Server {
        let (changed, lists, seen) = (Default::default(), AtomicU32::default(), Mutex::default());
        Server { arguments, changed, lists, seen }
    }

    pub(crate) fn has(&self, flag: &str) -> bool {
        self.arguments.iter().any(|argument| argument == flag)
    }

    /// What stands after a flag.
    pub(crate) fn argument(&self, flag: &str) -> Option<&str> {
        let at = self.arguments.iter().position(|argument| argument == flag)?;
        self.arguments.get(at + 1).map(String::as_str)
    }

    fn number(&self, flag: &str) -> Option<usize> {
        self.argument(flag)?.parse().ok()
    }

    /// Waits until its tools have changed.
    pub(crate) fn wait_for_change(&self) {
        let changed = self.changed.0.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.changed.1.wait_while(changed, |changed| !*changed));
    }

    /// Takes a line from its input.
    pub(crate) fn take(&self, line: &str, output: &Output) {
        let Ok(message) = serde_json::from_str::<Value>(line) else { return };
        let done = match self.reply(&message) {
            Reply::Answer(answer) => write(output, &answer.to_string()),
            Reply::AfterChange(answer) => {
                write(output, CHANGED).and_then(|()| write(output, &answer.to_string()))
            }
            Reply::Endless => endless(output),
            Reply::Nothing => Ok(()),
        };
        if done.is_ok() && message["method"] == "notifications/initialized" && self.has("--asks") {
            for method in ["ping", "roots/list", "sampling/createMessage", "elicitation/create"] {
                let _ =
                    write(output, &json!({ "jsonrpc": "2.0", "id": method, "method": method }).to_string());
            }
        }
    }

    /// What a message comes to.
    pub(crate) fn reply(&self, message: &Value) -> Reply {
        let (id, params) = (&message["id"], &message["params"]);
        let answer = |result: Value| Reply::Answer(json!({ "jsonrpc": "2.0", "id": id, "result": result }));
        match message["method"].as_str() {
            Some("initialize") if self.has("--hang-at-start") => Reply::Nothing,
            Some("initialize") => answer(json!({
                "protocolVersion": params["protocolVersion"],
                "capabilities": { "tools": { "listChanged": true } },
                "serverInfo": { "name": "test", "version": "1" },
            })),
            Some("tools/list") if self.has("--hang-at-list") => Reply::Nothing,
            Some("tools/list") => answer(self.list(params)),
            Some("tools/call") => self.call(id, params),
            _ => {
                self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(message.clone());
                Reply::Nothing
            }
        }
    }

    fn list(&self, params: &Value) -> Value {
        self.lists.fetch_add(1, Ordering::SeqCst);
        let Some(pages) = self.number("--pages") else { return json!({ "tools": self.tools() }) };
        let page: usize = params["cursor"].as_str().and_then(|cursor| cursor.parse().ok()).unwrap_or(0);
        let mut list = json!({ "tools": [tool(&format!("tool-{page:05}"), "one of many")] });
        if page + 1 < pages {
            list["nextCursor"] = json!((page + 1).to_string());
        }
        list
    }

    fn tools(&self) -> Vec<Value> {
        let names = ["hang", "crash", "echo", "change", "long", "endless", "env", "fail", "seen", "spawn"];
        let mut tools: Vec<Value> = names.iter().map(|name| tool(name, "a tool")).collect();
        if let Some(argument) = self.argument("--takes") {
            tools.iter_mut().for_each(|tool| tool["inputSchema"]["properties"] = json!({ argument: {} }));
        }
        if let Some(description) = self.argument("--says") {
            tools.iter_mut().for_each(|tool| tool["description"] = json!(description));
        }
        if self.has("--twice") {
            tools.push(tool("echo", "another one"));
        }
        if *self.changed.0.lock().unwrap_or_else(PoisonError::into_inner) {
            tools.push(tool("new", "there since a change"));
        }
        tools
    }

    fn call(&self, id: &Value, params: &Value) -> Reply {
        let arguments = &params["arguments"];
        let text = |text: &str| json!({ "jsonrpc": "2.0", "id": id, "result": { "content": [{ "type": "text", "text": text }] } });
        let structured = |value: Value| json!({ "jsonrpc": "2.0", "id": id, "result": { "content": [], "structuredContent": value } });
        match params["name"].as_str() {
            Some("hang") => Reply::Nothing,
            Some("crash") => {
                complain("crashed as it was told");
                std::process::exit(7);
            }
            Some("echo") => {
                Reply::Answer(structured(json!({ "arguments": arguments, "meta": params["_meta"] })))
            }
            Some("change") => {
                *self.changed.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
                self.changed.1.notify_all();
                Reply::AfterChange(text("changed"))
            }
            Some("long") => {
                Reply::Answer(text(&"x".repeat(arguments["bytes"].as_u64().unwrap_or(0) as usize)))
            }
            Some("endless") => Reply::Endless,
            Some("env") => {
                let env: std::collections::BTreeMap<String, String> = std::env::vars().collect();
                complain(&format!("its environment is {env:?}"));
                Reply::Answer(structured(json!(env)))
            }
            Some("fail") => {
                let mut failed = text(arguments["why"].as_str().unwrap_or_default());
                failed["result"]["isError"] = json!(true);
                Reply::Answer(failed)
            }
            Some("seen") => {
                let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let lists = self.lists.load(Ordering::SeqCst);
                Reply::Answer(structured(json!({ "seen": seen, "lists": lists })))
            }
            Some("spawn") => match std::process::Command::new("sleep").arg("1000").spawn() {
                Ok(child) => {
                    Reply::Answer(structured(json!({ "own": std::process::id(), "child": child.id() })))
                }
                Err(error) => Reply::Answer(text(&error.to_string())),
            },
            name => Reply::Answer(json!({ "jsonrpc": "2.0", "id": id, "error": {
                "code": -32602, "message": format!("there is no tool {}", name.unwrap_or_default()),
            } })),
        }
    }
}

/// A message that goes on and on.
fn endless(output: &Output) -> std::io::Result<()> {
    let mut output = output.lock().unwrap_or_else(PoisonError::into_inner);
    output.write_all(br#"{"jsonrpc":"2.0","result":{"content":[{"type":"text","text":""#)?;
    loop {
        output.write_all(&[b'x'; 64 << 10])?;
    }
}

fn tool(name: &str, description: &str) -> Value {
    json!({ "name": name, "description": description, "inputSchema": { "type": "object" } })
}
