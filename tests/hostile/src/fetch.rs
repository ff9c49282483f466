//! Guests that send the request which their event carries: one comes back with the last answer, the other
//! gives away whatever it was answered.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::made_of;

const WIT: &str = include_str!("../fetch.wit");

/// The step: sends the request so often, and comes back with the last answer.
pub fn component() -> Vec<u8> {
    made_of(WIT, include_str!("../fetch.wat"))
}

/// The step that sends the request, takes the answer's body for an address and asks for it, logs it, and
/// fails with it.
pub fn leak() -> Vec<u8> {
    made_of(WIT, include_str!("../leak.wat"))
}

/// A request as an event, sent once.
pub fn request(method: &str, url: &str) -> Value {
    json!({
        "request": { "method": method, "url": url, "headers": [], "body": "", "timeout_ms": null, "key": null },
        "times": 1,
    })
}

/// A `GET` as an event.
pub fn get(url: &str) -> Value {
    request("GET", url)
}

/// A request with another value in a field.
pub fn with(mut event: Value, field: &str, value: Value) -> Value {
    event["request"][field] = value;
    event
}

/// A request that is sent so often.
pub fn times(mut event: Value, times: u32) -> Value {
    event["times"] = times.into();
    event
}

/// The body of an answer as text.
///
/// # Panics
/// If it is none.
pub fn body(answer: &Value) -> String {
    let body = answer["ok"]["body"].as_str().unwrap_or_else(|| panic!("{answer}"));
    let body = STANDARD.decode(body).expect("a body is base64");
    String::from_utf8_lossy(&body).into_owned()
}
