//! Takes what a person said about a mail, or that nobody said anything in time. A mail that nobody has a label for
//! goes to the desk for everything.

#[lockstep_sdk::step(world = "decide", wit = "../../wit")]
mod handlers {
    use lockstep_sdk::Failure;
    use triage_references::references;

    fn on_answered(asked: LabelQuestion, answer: LabelAnswer) -> Result<Emits, Failure> {
        let reason = answer.note.unwrap_or_else(|| "a person decided".into());
        Ok(match answer.label {
            Some(label) => Labelled { mail: asked.mail, label, by: Labeller::Person, reason }.into(),
            None => general(asked.mail, Labeller::Person, reason).into(),
        })
    }

    fn on_label_expired(event: LabelExpired) -> Result<Ticket, Failure> {
        Ok(general(event.mail, Labeller::Nobody, "nobody decided in time".into()))
    }

    fn general(mail: Mail, labelled_by: Labeller, reason: String) -> Ticket {
        Ticket {
            references: references(&format!("{} {}", mail.subject, mail.body)),
            mail: mail.id,
            queue: "general".into(),
            priority: Priority::Normal,
            summary: mail.subject,
            labelled_by,
            reason,
        }
    }
}
