//! Answers as the journal keeps them for a later attempt: JSON, the body in base64. Where a person says what
//! the answer was, `{"status": 200}` will do, with `text` for a body that is text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lockstep_core::event::Json;
use serde::{Deserialize, Serialize};

use super::Response;

/// Stored by the journal.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
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

/// An answer that was kept, or why this is none.
pub(super) fn kept(json: &Json) -> Result<Response, String> {
    let Kept { status, headers, body, text } =
        serde_json::from_str(json.as_str()).map_err(|error| error.to_string())?;
    let headers = headers.into_iter().map(|(name, value)| (name, value.into_bytes())).collect();
    let body = match (text.is_empty(), body.is_empty()) {
        (true, _) => STANDARD.decode(body).map_err(|error| format!("`body` is no base64: {error}"))?,
        (false, true) => text.into_bytes(),
        (false, false) => return Err("it has both `body` and `text`".to_owned()),
    };
    Ok(Response { status, headers, body })
}

/// Why what a person says was answered to a request cannot be handed to the guest; none if it can.
pub fn unfit(answer: &Json) -> Option<String> {
    let why = kept(answer).err()?;
    Some(format!(
        "{why}; write it as {{\"status\": 200, \"headers\": [[NAME, VALUE], …], \"text\": BODY}}, or `body` in base64 \
         instead of `text`"
    ))
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
        assert_eq!(kept(&keep(&response)), Ok(response));
        let told = |text: &str| kept(&Json::trusted(text)).map(|kept| (kept.status, kept.body));
        assert_eq!(told(r#"{"status":200,"text":"paid"}"#), Ok((200, b"paid".to_vec())));
        assert_eq!(told(r#"{"status":204}"#), Ok((204, Vec::new())));
        assert_eq!(unfit(&Json::trusted(r#"{"status":204}"#)), None);
    }

    #[test]
    fn what_is_no_answer_is_told() {
        let answers = [
            r#"{"state":"paid"}"#,
            r#"{"status":200,"text":"paid","note":"by phone"}"#,
            r#"{"status":200,"body":"?"}"#,
            r#"{"status":200,"body":"AA==","text":"paid"}"#,
            r#"{"status":70000}"#,
            "\"paid\"",
        ];
        let told = answers.map(|answer| kept(&Json::trusted(answer)).unwrap_err());
        expect_test::expect![[r#"
            unknown field `state`, expected one of `status`, `headers`, `body`, `text` at line 1 column 8
            unknown field `note`, expected one of `status`, `headers`, `body`, `text` at line 1 column 34
            `body` is no base64: Invalid symbol 63, offset 0.
            it has both `body` and `text`
            invalid value: integer `70000`, expected u16 at line 1 column 15
            invalid type: string "paid", expected an object at line 1 column 6"#]]
        .assert_eq(&told.join("\n"));
        assert!(unfit(&Json::trusted("1")).unwrap().contains("write it as {\"status\": 200"));
    }
}
