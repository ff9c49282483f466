//! Pays. The grant wants a person for the call, so the attempt ends at it and is made again when the person has
//! decided; a no, and no answer in time, come back as a refusal. Paid is what the bank says it has paid, and nothing
//! else: an answer that does not say so fails the run, and a person asks the bank.

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
        Ok(answer) => verdict(answer, event.cents)?,
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

/// What the bank did, or why it does not pay; else the failure of the call.
fn verdict(answer: http::Response, due: u64) -> Result<Result<Paid, String>, Failure> {
    if answer.status == 422 {
        let said: Value = serde_json::from_str(&answer.text())?;
        let why = said["error"]["message"].as_str().unwrap_or("no, and not why");
        return Ok(Err(format!("the bank says: {why}")));
    }
    let text = answer.successful()?.text();
    let paid = paid(&serde_json::from_str(&text).unwrap_or_default(), due);
    paid.map(Ok).ok_or_else(|| {
        Failure::permanent("no-payout", format!("the bank does not say what it paid of {due} cents: {text}"))
    })
}

/// A payout has a name and a sum. The sum may be less than what is due, if a person made it less; more was never
/// agreed to.
fn paid(said: &Value, due: u64) -> Option<Paid> {
    let payout = said["payout"].as_str().filter(|payout| !payout.is_empty())?.to_owned();
    let cents = said["cents"].as_u64().filter(|cents| (1..=due).contains(cents))?;
    Some(Paid { payout, cents })
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
        let paid = verdict(answer, 900).map_err(|failure| failure.code)?;
        Ok(paid.map(|paid| (paid.payout, paid.cents)))
    }

    #[test]
    fn a_bank_pays_refuses_or_fails() {
        let sent = json!({ "payout": "po-1", "cents": 900 });
        assert_eq!(check(201, &sent), Ok(Ok(("po-1".into(), 900))));
        let less = json!({ "payout": "po-1", "cents": 250 });
        assert_eq!(check(200, &less), Ok(Ok(("po-1".into(), 250))), "a person made it less");
        let over = json!({ "error": { "message": "too much" } });
        assert_eq!(check(422, &over), Ok(Err("the bank says: too much".into())));
        assert_eq!(check(422, &json!({})), Ok(Err("the bank says: no, and not why".into())));
        assert_eq!(check(409, &over), Err("http-status".into()));
    }

    #[test]
    fn what_does_not_say_that_money_was_paid_is_no_payout() {
        for said in [
            json!({}),
            json!("accepted"),
            json!({ "status": "pending", "cents": 900 }),
            json!({ "payout": "po-1" }),
            json!({ "payout": "", "cents": 900 }),
            json!({ "payout": "po-1", "cents": "900" }),
            json!({ "payout": "po-1", "cents": 0 }),
            json!({ "payout": "po-1", "cents": 901 }),
        ] {
            assert_eq!(check(201, &said), Err("no-payout".into()), "{said}");
        }
        let page = http::Response { status: 200, headers: Vec::new(), body: b"<html>".to_vec() };
        assert_eq!(verdict(page, 900).err().unwrap().code, "no-payout");
    }
}
