//! Mails about parcels: of which order.

use lockstep_sdk::{Failure, step};
use triage_references::{Kind, kind, references};

#[step(world = "delivery", wit = "../../wit")]
fn on_labelled(event: Labelled) -> Result<Ticket, Failure> {
    let references = references(&format!("{} {}", event.mail.subject, event.mail.body));
    Ok(Ticket {
        summary: match references.iter().find(|named| kind(named) == Some(Kind::Order)) {
            Some(order) => format!("asks where {order} is"),
            None => "names no order; ask for it".into(),
        },
        mail: event.mail.id,
        queue: "delivery".into(),
        priority: Priority::Normal,
        references,
        labelled_by: event.by,
        reason: event.reason,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parcel_is_that_of_an_order_whatever_else_is_named() {
        for (body, summary) in [
            ("E-1107 when I track A-20388", "asks where A-20388 is"),
            ("Invoice R-2026-0331 came, the parcel did not", "names no order; ask for it"),
            ("It has COVID-19 tests in it", "names no order; ask for it"),
        ] {
            let mail = Mail { id: "M".into(), sender: "s".into(), subject: "S".into(), body: body.into() };
            let event = Labelled { mail, label: Label::Delivery, by: Labeller::Model, reason: String::new() };
            assert_eq!(on_labelled(event).unwrap().summary, summary, "{body}");
        }
    }
}
