//! Asks a model what a mail is about. It has to choose from the labels, and its answer is checked: what is no label
//! goes to a person, and so does what the model is unsure about.

use gallery_model::{Model, part};
use lockstep_sdk::{Failure, step};
use serde_json::{Value, json};

/// The labels, and what belongs there.
const LABELS: [(Label, &str, &str); 3] = [
    (Label::Billing, "billing", "invoices, payments, charges, cards, prices, refunds, receipts, money"),
    (
        Label::Delivery,
        "delivery",
        "parcels, shipping, tracking, couriers, addresses, what was delivered or has not arrived",
    ),
    (Label::Fault, "fault", "errors, crashes, the app, the website, pages, passwords, what is broken"),
];

const SYSTEM: &str = "\
    You sort the mails of a shop. Give the label that the text belongs to, and in one sentence the reason. If it \
    belongs to none, or to several, give `unsure`.";

#[step(world = "classify", wit = "../../wit")]
fn on_mail(event: Mail) -> Result<Emits, Failure> {
    let labels: Vec<String> = LABELS.iter().map(|(_, name, what)| format!("{name}: {what}")).collect();
    let text = format!("{}\n{}", event.subject, event.body);
    let prompt = part("labels", &labels.join("\n")) + &part("text", &text);
    let said = Model::granted()?.fill(SYSTEM, &prompt, &fields())?;
    Ok(match judged(&said) {
        Ok((label, reason)) => Labelled { mail: event, label, by: Labeller::Model, reason }.into(),
        Err(why) => LabelQuestion { mail: event, why }.into(),
    })
}

fn fields() -> Value {
    let names: Vec<&str> = LABELS.iter().map(|(_, name, _)| *name).chain(["unsure"]).collect();
    json!({ "label": { "type": "string", "enum": names }, "reason": { "type": "string" } })
}

/// The label and the reason for it, or why a person is asked.
fn judged(said: &Value) -> Result<(Label, String), String> {
    let (name, reason) =
        (said["label"].as_str().unwrap_or_default(), said["reason"].as_str().unwrap_or_default());
    match LABELS.iter().find(|(_, known, _)| *known == name) {
        Some((label, ..)) => Ok((*label, reason.to_owned())),
        None if name == "unsure" => Err(format!("the model is unsure: {reason}")),
        None => Err(format!("the model says {}, which is no label", said["label"])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_label_goes_to_a_person() {
        let said = |label: Value| judged(&json!({ "label": label, "reason": "why" }));
        assert_eq!(said(json!("fault")), Ok((Label::Fault, "why".into())));
        assert_eq!(said(json!("unsure")), Err("the model is unsure: why".into()));
        for (label, told) in [
            (json!("spam"), "\"spam\""),
            (json!("Fault"), "\"Fault\""),
            (json!(7), "7"),
            (Value::Null, "null"),
        ] {
            assert_eq!(said(label), Err(format!("the model says {told}, which is no label")));
        }
    }
}
