//! Mails about what does not work: which error, and whether somebody has to get up at night for it.

use lockstep_sdk::{Failure, step};
use triage_references::references;

/// Who writes these words cannot wait.
const URGENT: [&str; 4] = ["cannot work", "for everybody", "is down", "somebody else's"];

#[step(world = "fault", wit = "../../wit")]
fn on_labelled(event: Labelled) -> Result<Ticket, Failure> {
    let text = format!("{} {}", event.mail.subject, event.mail.body);
    Ok(Ticket {
        mail: event.mail.id,
        queue: "faults".into(),
        priority: if is_urgent(&text) { Priority::Urgent } else { Priority::Normal },
        summary: event.mail.subject,
        references: references(&text),
        labelled_by: event.by,
        reason: event.reason,
    })
}

/// Whole words count: what is downloaded is not down.
fn is_urgent(text: &str) -> bool {
    let text = text.to_lowercase().replace('’', "'");
    let words: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty()).collect();
    let said = format!(" {} ", words.join(" "));
    URGENT.iter().any(|sign| said.contains(&format!(" {sign} ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stops_people_is_urgent() {
        for (body, priority) in [
            ("The shop IS DOWN.", Priority::Urgent),
            ("The shop is\ndown: we cannot\nwork", Priority::Urgent),
            ("I see somebody else's orders.", Priority::Urgent),
            ("Somebody else’s orders are shown.", Priority::Urgent),
            ("The invoice is downloaded, but empty.", Priority::Normal),
            ("You cannot workaround that.", Priority::Normal),
            ("A picture is missing.", Priority::Normal),
        ] {
            let mail = Mail { id: "M".into(), sender: "s".into(), subject: "S".into(), body: body.into() };
            let event = Labelled { mail, label: Label::Fault, by: Labeller::Model, reason: String::new() };
            assert_eq!(on_labelled(event).unwrap().priority, priority, "{body}");
        }
    }
}
