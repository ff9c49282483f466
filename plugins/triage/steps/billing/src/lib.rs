//! Mails about money: how much, and of which order or invoice.

use lockstep_sdk::{Failure, step};
use triage_references::{references, sums};

#[step(world = "billing", wit = "../../wit")]
fn on_labelled(event: Labelled) -> Result<Ticket, Failure> {
    let text = format!("{} {}", event.mail.subject, event.mail.body);
    let sums = sums(&text);
    Ok(Ticket {
        mail: event.mail.id,
        queue: "billing".into(),
        priority: Priority::Normal,
        summary: if sums.is_empty() {
            "names no sum".into()
        } else {
            format!("is about {}", sums.join(", "))
        },
        references: references(&text),
        labelled_by: event.by,
        reason: event.reason,
    })
}
