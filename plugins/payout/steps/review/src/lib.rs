//! Holds a request against the rules, and opens the audit: what was asked, and what the rules say to it.

use lockstep_sdk::{Failure, state, step, updates};
use refunds_money::money;
use serde_json::json;

#[step(world = "review", wit = "../../wit")]
fn on_refund_requested(event: RefundRequested) -> Result<Emits, Failure> {
    let asked = format!(
        "{} asks for {} {} back: {}",
        event.customer,
        money(event.cents),
        event.currency,
        event.reason
    );
    let verdict = objection(&event);
    let said = match &verdict {
        None => format!(
            "within the rules: {} {} were paid for {}",
            money(event.paid_cents),
            event.currency,
            event.order
        ),
        Some(why) => format!("against the rules: {why}"),
    };
    let audit = vec![asked, said];
    for line in &audit {
        state::append("audit", json!(line).to_string());
        updates::publish("audit", json!(line).to_string());
    }
    Ok(match verdict {
        Some(why) => RefundRefused { request: event.request, why, audit }.into(),
        None => PayoutDue {
            request: event.request,
            order: event.order,
            to: event.customer,
            cents: event.cents,
            currency: event.currency,
        }
        .into(),
    })
}

/// What makes a request impossible.
fn objection(event: &RefundRequested) -> Option<String> {
    match event.cents {
        0 => Some("nothing is asked for".into()),
        cents if cents > event.paid_cents => Some(format!(
            "{} {} are asked for, and {} were paid",
            money(cents),
            event.currency,
            money(event.paid_cents)
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_was_paid_is_refused_and_so_is_nothing() {
        for (cents, expected) in [
            (0, Some("nothing is asked for")),
            (1, None),
            (9_980, None),
            (9_981, Some("99.81 EUR are asked for, and 99.80 were paid")),
        ] {
            let event = RefundRequested {
                request: "R-1".into(),
                order: "A-1".into(),
                customer: "Ada".into(),
                cents,
                paid_cents: 9_980,
                currency: "EUR".into(),
                reason: "it broke".into(),
            };
            assert_eq!(objection(&event).as_deref(), expected, "{cents}");
        }
    }
}
