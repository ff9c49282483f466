//! What of a server's messages the host has a use for. A message goes in; out comes what it is. Notices
//! are not even read but for one, and whatever a server asks is refused: the host has declared that it
//! can do nothing for it.

use std::borrow::Cow;

use rmcp::model::{ErrorCode, ErrorData, RequestId, ServerJsonRpcMessage};
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

/// The code of an answer that was longer than it may be. No server's: it is made here.
pub(crate) const TOO_LONG: ErrorCode = ErrorCode(i32::MIN);

/// A longer one is nothing to answer to.
const LONGEST_ID: usize = 256;

/// What a message is.
#[derive(Debug)]
pub(crate) enum Sorted {
    /// The answer to a request of the host.
    Answer(Box<ServerJsonRpcMessage>),
    /// Its tools are others now.
    Changed,
    /// It asks for something; this is what it gets.
    Asks(String),
    /// Nothing of use.
    Other,
}

#[derive(Deserialize)]
struct Head<'m> {
    #[serde(borrow)]
    id: Option<&'m RawValue>,
    #[serde(borrow)]
    method: Option<Cow<'m, str>>,
}

/// What a message is.
pub(crate) fn sort(message: &[u8]) -> Sorted {
    let Ok(head) = serde_json::from_slice::<Head<'_>>(message) else { return Sorted::Other };
    match (head.id, head.method.as_deref()) {
        (None, Some("notifications/tools/list_changed")) => Sorted::Changed,
        (Some(id), Some(method)) if id.get().len() <= LONGEST_ID => Sorted::Asks(reply(id, method)),
        (Some(id), None) => answer(message, id),
        _ => Sorted::Other,
    }
}

/// An answer in the place of one that was too long.
pub(crate) fn too_long(id: i64) -> ServerJsonRpcMessage {
    instead(id, TOO_LONG, "its answer is longer than it may be")
}

fn answer(message: &[u8], id: &RawValue) -> Sorted {
    let read = serde_json::from_slice::<ServerJsonRpcMessage>(message).ok();
    let id = id.get().trim_matches('"').parse().ok();
    let unreadable = |id| instead(id, ErrorCode::PARSE_ERROR, "its answer is not one of MCP");
    read.or_else(|| id.map(unreadable)).map_or(Sorted::Other, |message| Sorted::Answer(Box::new(message)))
}

fn instead(id: i64, code: ErrorCode, why: &'static str) -> ServerJsonRpcMessage {
    ServerJsonRpcMessage::error(ErrorData::new(code, why, None), Some(RequestId::Number(id)))
}

fn reply(id: &RawValue, method: &str) -> String {
    let reply = match method {
        "ping" => json!({ "jsonrpc": "2.0", "id": id, "result": {} }),
        _ => json!({ "jsonrpc": "2.0", "id": id, "error": {
            "code": ErrorCode::METHOD_NOT_FOUND.0, "message": "this client can do nothing for a server",
        } }),
    };
    reply.to_string()
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(message: &str, expected: Expect) {
        let told = match sort(message.as_bytes()) {
            Sorted::Answer(message) => format!("answer {}", serde_json::to_string(&message).unwrap()),
            Sorted::Asks(reply) => format!("asks, gets {reply}"),
            Sorted::Changed => "changed".into(),
            Sorted::Other => "nothing".into(),
        };
        expected.assert_eq(&told);
    }

    #[test]
    fn answers_pass() {
        check(
            r#"{"jsonrpc":"2.0","id":1,"result":{"content":[]}}"#,
            expect![[r#"answer {"jsonrpc":"2.0","id":1,"result":{"content":[]}}"#]],
        );
        check(
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"no"}}"#,
            expect![[r#"answer {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"no"}}"#]],
        );
    }

    #[test]
    fn an_answer_that_is_none_of_mcp_is_told_to_whoever_waits_for_it() {
        check(
            r#"{"jsonrpc":"2.0","id":1,"nothing":[]}"#,
            expect![[
                r#"answer {"jsonrpc":"2.0","id":1,"error":{"code":-32700,"message":"its answer is not one of MCP"}}"#
            ]],
        );
        check(r#"{"jsonrpc":"2.0","id":"x","nothing":[]}"#, expect!["nothing"]);
    }

    #[test]
    fn whatever_a_server_asks_is_refused_but_for_a_ping() {
        check(
            r#"{"jsonrpc":"2.0","id":"a","method":"ping"}"#,
            expect![[r#"asks, gets {"id":"a","jsonrpc":"2.0","result":{}}"#]],
        );
        for method in ["sampling/createMessage", "roots/list", "elicitation/create"] {
            let Sorted::Asks(reply) =
                sort(format!(r#"{{"jsonrpc":"2.0","id":3,"method":"{method}","params":{{}}}}"#).as_bytes())
            else {
                panic!("{method}");
            };
            assert!(reply.contains("-32601"), "{reply}");
        }
    }

    #[test]
    fn of_notices_only_one_is_of_use() {
        check(r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#, expect!["changed"]);
        check(
            r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"data":1}}"#,
            expect!["nothing"],
        );
        check("no JSON", expect!["nothing"]);
        check(&format!(r#"{{"id":"{}","method":"ping"}}"#, "x".repeat(300)), expect!["nothing"]);
    }
}
