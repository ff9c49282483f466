//! A server of tools on loopback, over HTTP as real ones are: it speaks as much of MCP as a client needs, says
//! of its tools what a case has it say, and remembers which were called. It knows nothing of the host.

use std::sync::Arc;
use std::time::Duration;

use lockstep_mcp::{Backoff, Declared, HeaderSecret, Http, Secret, Transport};
use lockstep_sandbox::ToolServer;
use serde_json::{Value, json};

use super::server::{Answer, Server};

/// By which grants name it.
pub(super) const NAME: &str = "bank";
/// What the operator gave it to keep.
pub(super) const SECRET: &str = "tool-server/canary+9Q2x";

/// The server.
pub(super) struct Bank(Server);

impl Bank {
    /// With the tools that it has, and what each call of one gives.
    pub(super) async fn new(tools: Vec<Value>, result: impl Into<String>) -> anyhow::Result<Bank> {
        let result = result.into();
        let http = Server::new(move |request| answer(request, &tools, &result)).await?;
        Ok(Bank(http))
    }

    /// A bank at which money is paid.
    pub(super) async fn open() -> anyhow::Result<Bank> {
        Bank::new(vec![pay("pays money")], "paid").await
    }

    /// As the operator declares it.
    pub(super) fn declared(&self) -> anyhow::Result<Arc<dyn ToolServer>> {
        let (header, format) = ("authorization".to_owned(), "Bearer {}".to_owned());
        let secret = Some(HeaderSecret { header, format, secret: Secret::new(SECRET.to_owned()) });
        let url = format!("http://127.0.0.1:{}/mcp", self.0.port).parse()?;
        let transport = Transport::Http(Http { url, secret, authorities: Vec::new(), proxy: None });
        let start_timeout = Duration::from_secs(30);
        let name = NAME.to_owned();
        let declared = Declared { name, transport, start_timeout, backoff: Backoff::default() };
        Ok(Arc::new(lockstep_mcp::Server::new(declared)))
    }

    /// The calls that it was asked for, each as `pay {"cents":5}`.
    pub(super) fn called(&self) -> Vec<String> {
        let heard = self.0.heard();
        let messages = heard.iter().filter_map(|request| message(request));
        let calls = messages.filter(|message| message["method"] == "tools/call");
        let call = |message: Value| {
            let params = &message["params"];
            format!("{} {}", params["name"].as_str().unwrap_or_default(), params["arguments"])
        };
        calls.map(call).collect()
    }

    /// `paid`, `never paid`, `paid 3 times`.
    pub(super) fn paid(&self) -> String {
        match self.called().len() {
            0 => "never paid".to_owned(),
            1 => "paid".to_owned(),
            times => format!("paid {times} times"),
        }
    }
}

/// The tool that pays, described so.
pub(super) fn pay(description: &str) -> Value {
    tool("pay", description, json!({ "cents": { "type": "number" }, "to": { "type": "string" } }))
}

/// A tool that takes these arguments.
pub(super) fn tool(name: &str, description: &str, properties: Value) -> Value {
    let schema = json!({ "type": "object", "properties": properties });
    json!({ "name": name, "description": description, "inputSchema": schema })
}

/// The message in a request, if there is one.
fn message(request: &str) -> Option<Value> {
    serde_json::from_str(request.split_once("\r\n\r\n")?.1).ok()
}

fn answer(request: &str, tools: &[Value], result: &str) -> Answer {
    let Some(message) = message(request) else { return Answer::whole(405, "", b"") };
    let version = &message["params"]["protocolVersion"];
    let told = match message["method"].as_str() {
        Some("initialize") => json!({
            "protocolVersion": version,
            "capabilities": { "tools": {} },
            "serverInfo": { "name": NAME, "version": "1" },
        }),
        Some("tools/list") => json!({ "tools": tools }),
        Some("tools/call") => json!({ "content": [{ "type": "text", "text": result }] }),
        _ => return Answer::whole(202, "", b""),
    };
    let told = json!({ "jsonrpc": "2.0", "id": message["id"], "result": told });
    Answer::whole(200, "content-type: application/json\r\n", told.to_string().as_bytes())
}
