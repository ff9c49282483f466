//! Answers as the journal keeps them for a later attempt: JSON, the body in base64. Where a person says what
//! the answer was, `{"status": 200}` will do, with `text` for a body that is text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lockstep_core::event::Json;
use serde::{Deserialize, Serialize};

use super::Response;

/// Stored by the journal.
#[derive(Deserialize, Serialize)]
struct Kept {
    status: u16,
    #[serde(default)]
    headers: Vec<(String, String)>,
    #[serde(default)]
    body: String,
    #[serde(default, skip_serializing)]
    text: String,
}

/// An answer as it is kept. A value of a header that is no text is kept as near to it as text can be.
pub(super) fn keep(response: &Response) -> Json {
    let text =
        |(name, value): &(String, Vec<u8>)| (name.clone(), String::from_utf8_lossy(value).into_owned());
    let headers = response.headers.iter().map(text).collect();
    let kept =
        Kept { status: response.status, headers, body: STANDARD.encode(&response.body), text: String::new() };
    Json::trusted(serde_json::to_string(&kept).expect("numbers and texts are JSON"))
}

/// An answer that was kept; none if this is not one.
pub(super) fn kept(json: &Json) -> Option<Response> {
    let Kept { status, headers, body, text } = serde_json::from_str(json.as_str()).ok()?;
    let headers = headers.into_iter().map(|(name, value)| (name, value.into_bytes())).collect();
    let body = if text.is_empty() { STANDARD.decode(body).ok()? } else { text.into_bytes() };
    Some(Response { status, headers, body })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_comes_back_as_it_was_kept() {
        let headers = vec![("set-cookie".to_owned(), b"a=\"1\"".to_vec()), ("x".into(), vec![])];
        let response = Response { status: 201, headers, body: vec![0, 255, 7] };
        expect_test::expect![[
            r#"{"status":201,"headers":[["set-cookie","a=\"1\""],["x",""]],"body":"AP8H"}"#
        ]]
        .assert_eq(keep(&response).as_str());
        assert_eq!(kept(&keep(&response)), Some(response));
        let told = |text: &str| kept(&Json::trusted(text)).map(|kept| (kept.status, kept.body));
        assert_eq!(told(r#"{"status":200,"text":"paid"}"#), Some((200, b"paid".to_vec())));
        assert_eq!(told(r#"{"status":204}"#), Some((204, Vec::new())));
        assert_eq!(told(r#"{"state":"paid"}"#), None);
        assert_eq!(told(r#"{"status":200,"body":"?"}"#), None);
    }
}
