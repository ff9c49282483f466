//! Finds what no longer holds, and what it should say. A line of a document is to be changed if it speaks of the
//! figure and says what it was; a document that says what it is now must be there. Nothing is guessed.

use lockstep_sdk::{Failure, step, tools};
use serde_json::{Value, json};

#[step(world = "propose", wit = "../../wit")]
fn on_documents_read(event: DocumentsRead) -> Result<Emits, Failure> {
    let DocumentsRead { change, documents, not_granted } = event;
    let nothing = |why: String, not_granted| {
        Ok(NothingToChange { about: change.about.clone(), why, not_granted }.into())
    };
    if !is_said(&change, &documents) {
        let why = format!("{} does not say that the {} is {}", change.stands_in, change.about, change.now);
        return nothing(why, not_granted);
    }
    let mut changes = Vec::new();
    for document in documents {
        let edits = edits(&change, &document.text);
        if !edits.is_empty() {
            let diff = diff(&document.text, &edited(&document.text, &edits))?;
            changes.push(ProposedChange { path: document.path, edits, diff });
        }
    }
    match changes.is_empty() {
        true => nothing(format!("no document says that the {} is {}", change.about, change.was), not_granted),
        false => Ok(Proposal { about: change.about, changes, not_granted }.into()),
    }
}

/// Whether the document that is said to have the new figure has it.
fn is_said(change: &FigureChanged, documents: &[Document]) -> bool {
    let mut source = documents.iter().filter(|document| document.path == change.stands_in);
    source.any(|document| document.text.lines().any(|line| speaks(line, &change.about, &change.now)))
}

/// Whether a line has a figure of this.
fn speaks(line: &str, about: &str, figure: &str) -> bool {
    line.to_lowercase().contains(&about.to_lowercase()) && line.contains(figure)
}

fn edits(change: &FigureChanged, text: &str) -> Vec<Edit> {
    let lines = text.lines().filter(|line| speaks(line, &change.about, &change.was));
    let edit =
        |line: &str| Edit { old_text: line.to_owned(), new_text: line.replace(&change.was, &change.now) };
    lines.map(edit).collect()
}

fn edited(text: &str, edits: &[Edit]) -> String {
    edits.iter().fold(text.to_owned(), |text, edit| text.replacen(&edit.old_text, &edit.new_text, 1))
}

/// What a person reads: drawn by a tool.
fn diff(before: &str, after: &str) -> Result<Vec<String>, Failure> {
    let drawn = tools::call("diff", json!({ "before": before, "after": after }))?;
    let drawn: Value = serde_json::from_str(&drawn)?;
    let lines = drawn["lines"].as_array().into_iter().flatten();
    Ok(lines.filter_map(|line| line.as_str().map(str::to_owned)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change() -> FigureChanged {
        FigureChanged {
            about: "refund window".into(),
            was: "30 days".into(),
            now: "14 days".into(),
            stands_in: "policy.md".into(),
        }
    }

    fn document(path: &str, text: &str) -> Document {
        Document { path: path.into(), text: text.into() }
    }

    #[test]
    fn lines_of_the_figure_change_and_no_others() {
        let text = "The Refund window is 30 days.\nThe exchange window is 30 days.\nRefund window: 31 days\n";
        let edits = edits(&change(), text);
        let [edit] = &edits[..] else { panic!("{edits:?}") };
        assert_eq!(edit.new_text, "The Refund window is 14 days.");
        let after =
            "The Refund window is 14 days.\nThe exchange window is 30 days.\nRefund window: 31 days\n";
        assert_eq!(edited(text, &edits), after);
    }

    #[test]
    fn a_figure_is_believed_where_its_document_has_it() {
        for (path, text, is) in [
            ("policy.md", "the refund window is 14 days", true),
            ("policy.md", "the exchange window is 14 days", false),
            ("faq.md", "the refund window is 14 days", false),
        ] {
            assert_eq!(is_said(&change(), &[document(path, text)]), is, "{path}: {text}");
        }
    }
}
