//! A bank that is none: it takes payouts, each once by its `idempotency-key`, keeps them as long as it runs, and
//! sends no money anywhere.
//!
//! | call | answer |
//! |---|---|
//! | `POST /v1/payouts` with `{order, request, to, cents, currency}` | 201 and the payout; 200 and the same one for the same key |
//! | | 409 for the same key with another payout; 422 for more than [`MOST`] cents; 400 for what is no payout |
//! | `GET /v1/payouts` | all of them |

use std::collections::BTreeMap;
use std::io;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use crate::http::{Answer, Asked, Service, Serving, serve};

/// The most that one payout may be, in cents.
pub const MOST: u64 = 500_000;

/// Serves on a port of this machine, 0 for any, whoever shows the key.
pub fn begin(port: u16, key: &str) -> io::Result<Serving> {
    serve(Bank::default(), port, key)
}

#[derive(Default)]
struct Bank {
    /// What was asked for under a key, and what came of it.
    payouts: Mutex<BTreeMap<String, (Value, Value)>>,
}

impl Service for Bank {
    fn notice(&self) -> &'static str {
        "a bank that sends no money"
    }

    fn answer(&self, asked: &Asked) -> Answer {
        match asked.what.as_str() {
            "GET /v1/payouts" => Answer::ok(json!({ "payouts": self.all() })),
            "POST /v1/payouts" => self.pay(asked).unwrap_or_else(|refusal| refusal),
            other => Answer::error(404, "unknown_url", format!("there is no `{other}` here")),
        }
    }
}

impl Bank {
    fn all(&self) -> Vec<Value> {
        let payouts = self.payouts.lock().unwrap_or_else(PoisonError::into_inner);
        payouts.values().map(|(_, payout)| payout.clone()).collect()
    }

    fn pay(&self, asked: &Asked) -> Result<Answer, Answer> {
        let key = asked.idempotency.clone();
        let key = key.ok_or_else(|| Answer::error(400, "no_key", "a payout needs an `idempotency-key`"))?;
        let payout = payout(&asked.body)?;
        let mut payouts = self.payouts.lock().unwrap_or_else(PoisonError::into_inner);
        match payouts.get(&key) {
            Some((before, paid)) if *before == asked.body => Ok(Answer::ok(paid.clone())),
            Some(_) => Err(Answer::error(409, "key_used", "this key was used for another payout")),
            None => {
                payouts.insert(key, (asked.body.clone(), payout.clone()));
                Ok(Answer { status: 201, body: payout })
            }
        }
    }
}

/// The payout that is asked for, or why it is none.
fn payout(body: &Value) -> Result<Value, Answer> {
    let text = |name: &str| body[name].as_str().filter(|text| !text.is_empty());
    let (Some(request), Some(_), Some(to), Some(currency), Some(cents)) =
        (text("request"), text("order"), text("to"), text("currency"), body["cents"].as_u64())
    else {
        return Err(Answer::error(
            400,
            "no_payout",
            "a payout has `order`, `request`, `to`, `cents` and `currency`",
        ));
    };
    if cents > MOST {
        return Err(Answer::error(
            422,
            "over_limit",
            format!("one payout is {} {currency} at most", MOST / 100),
        ));
    }
    Ok(
        json!({ "payout": format!("po-{request}"), "to": to, "cents": cents, "currency": currency, "status": "sent" }),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(bank: &Bank, key: Option<&str>, change: impl Fn(&mut Value)) -> (u16, Value) {
        let mut body =
            json!({ "order": "A-1", "request": "R-1", "to": "Ada", "cents": 900, "currency": "EUR" });
        change(&mut body);
        let asked = Asked { what: "POST /v1/payouts".into(), idempotency: key.map(str::to_owned), body };
        let answer = bank.answer(&asked);
        (answer.status, answer.body)
    }

    #[test]
    fn a_payout_is_made_once_however_often_it_is_asked_for() {
        let bank = Bank::default();
        let (status, first) = ask(&bank, Some("k"), |_| {});
        assert_eq!((status, &first["payout"]), (201, &json!("po-R-1")));
        assert_eq!(ask(&bank, Some("k"), |_| {}), (200, first));
        assert_eq!(ask(&bank, Some("l"), |body| body["request"] = "R-2".into()).0, 201);
        assert_eq!(bank.all().len(), 2);
    }

    #[test]
    fn what_is_no_payout_is_refused_and_nothing_is_kept() {
        let bank = Bank::default();
        for (key, field, value, status, code) in [
            (None, "cents", json!(900), 400, "no_key"),
            (Some("k"), "cents", json!(-1), 400, "no_payout"),
            (Some("k"), "to", json!(""), 400, "no_payout"),
            (Some("k"), "cents", json!(MOST + 1), 422, "over_limit"),
        ] {
            let (told, body) = ask(&bank, key, |body| body[field] = value.clone());
            assert_eq!((told, &body["error"]["code"]), (status, &json!(code)), "{field} {value}");
        }
        assert_eq!(bank.all(), Vec::<Value>::new());
        ask(&bank, Some("k"), |_| {});
        assert_eq!(ask(&bank, Some("k"), |body| body["cents"] = 1.into()).1["error"]["code"], "key_used");
    }
}
