//! Mails about parcels: of which order.

use lockstep_sdk::{Failure, step};
use triage_references::references;

#[step(world = "delivery", wit = "../../wit")]
fn on_labelled(event: Labelled) -> Result<Ticket, Failure> {
    let references = references(&format!("{} {}", event.mail.subject, event.mail.body));
    Ok(Ticket {
        summary: match references.first() {
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
