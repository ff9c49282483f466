//! Reads an invoice through a model. What the rules object to, the model is asked to look at again, with the
//! objections; of what it says then, only the parts that were objected to are taken. It ends when the model has
//! nothing new to say, or when the rules have had enough.

mod draft;

#[lockstep_sdk::step(world = "read", wit = "../../../extraction/wit")]
mod handlers {
    use gallery_model::{Model, part};
    use lockstep_sdk::{Failure, info, state};
    use serde_json::json;

    #[cfg(test)]
    pub(crate) use self::bindings::Problem;
    pub(crate) use self::bindings::{Defect, DraftLine, ExtractionGivenUp, InvoiceDraft, Place};

    use crate::draft;

    const READ: &str = "\
        Read the invoice in the document into the fields. Give each as it stands there; null if it is not there. \
        Invent nothing.";

    const AGAIN: &str = "\
        The draft was read from the document, and there are problems with it. Look at these parts again and give the \
        whole draft with them mended: amounts as 1234.50, quantities as 2.5, dates as 2026-03-14, currencies as EUR. \
        Leave a part as it is if the document says so. Invent nothing.";

    fn on_document_received(event: DocumentReceived) -> Result<InvoiceDraft, Failure> {
        state::set("text", json!(event.text).to_string());
        let said = Model::granted()?.fill(READ, &part("document", &event.text), &draft::fields())?;
        Ok(draft::read(&said, event.name))
    }

    fn on_defects_found(event: DefectsFound) -> Result<Emits, Failure> {
        let DefectsFound { draft, defects } = event;
        let text: String = serde_json::from_str(&state::get("text").unwrap_or_default())?;
        let problems: Vec<&str> = defects.iter().map(|defect| defect.reason.as_str()).collect();
        let prompt = part("document", &text)
            + &part("draft", &draft::written(&draft).to_string())
            + &part("problems", &problems.join("\n"));
        let again = Model::granted()?.fill(AGAIN, &prompt, &draft::fields())?;
        let mended = draft::mended(draft.clone(), &defects, &again);
        info!("{}: {} parts read again", mended.document, mended.corrections.len() - draft.corrections.len());
        Ok(match mended == draft {
            true => draft::given_up(draft, defects).into(),
            false => InvoiceDraft { round: mended.round + 1, ..mended }.into(),
        })
    }
}
