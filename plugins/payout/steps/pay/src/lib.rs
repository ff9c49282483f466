//! Pays. The grant wants a person for the call, so the attempt ends at it and is made again when the person has
//! decided; a no, and no answer in time, come back as a refusal.

use gallery_config::config;
use lockstep_sdk::{Failure, http, state, step, updates};
use serde_json::{Value, json};

#[step(world = "pay", wit = "../../wit")]
fn on_payout_due(event: PayoutDue) -> Result<Emits, Failure> {
    let body = json!({
        "order": event.order,
        "request": event.request,
        "to": event.to,
        "cents": event.cents,
        "currency": event.currency,
    });
    let call =
        http::post(format!("{}/payouts", config("payments-url")?)).json(body.to_string()).key(&event.request);
    let verdict = match call.send() {
        Ok(answer) => paid(answer)?,
        Err(http::Error::Refused(reason)) => Err(reason),
        Err(other) => return Err(other.into()),
    };
    let request = event.request;
    Ok(match verdict {
        Ok(Paid { payout, cents }) => {
            let audit = audit(format!("paid out as {payout}"))?;
            RefundPaid { request, cents, payout, audit }.into()
        }
        Err(why) => {
            let audit = audit(format!("not paid out: {why}"))?;
            RefundRefused { request, why, audit }.into()
        }
    })
}

/// What the bank did: a person may have made another payout of it.
struct Paid {
    payout: String,
    cents: u64,
}

/// What the bank says, or why it does not pay; else the failure of the call.
fn paid(answer: http::Response) -> Result<Result<Paid, String>, Failure> {
    let is_refused = answer.status == 422;
    let said: Value = match is_refused {
        true => serde_json::from_str(&answer.text())?,
        false => serde_json::from_str(&answer.successful()?.text())?,
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    if is_refused {
        return Ok(Err(format!("the bank says: {}", text(&said["error"]["message"]))));
    }
    Ok(Ok(Paid { payout: text(&said["payout"]), cents: said["cents"].as_u64().unwrap_or_default() }))
}

/// All that was done for this request, with one more line.
fn audit(line: String) -> Result<Vec<String>, Failure> {
    updates::publish("audit", json!(line).to_string());
    state::append("audit", json!(line).to_string());
    Ok(serde_json::from_str(&state::get("audit").unwrap_or_else(|| "[]".into()))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(status: u16, body: &Value) -> Result<Result<(String, u64), String>, String> {
        let answer = http::Response { status, headers: Vec::new(), body: body.to_string().into_bytes() };
        let paid = paid(answer).map_err(|failure| failure.code)?;
        Ok(paid.map(|paid| (paid.payout, paid.cents)))
    }

    #[test]
    fn a_bank_pays_refuses_or_fails() {
        let sent = json!({ "payout": "po-1", "cents": 900 });
        assert_eq!(check(201, &sent), Ok(Ok(("po-1".into(), 900))));
        let over = json!({ "error": { "message": "too much" } });
        assert_eq!(check(422, &over), Ok(Err("the bank says: too much".into())));
        assert_eq!(check(409, &over), Err("http-status".into()));
    }
}
