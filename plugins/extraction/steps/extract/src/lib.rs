//! Finds the parts of an invoice in a text. Whatever it finds is kept as it stands on the paper:
//! reading is one thing, believing another.

mod page;

use lockstep_sdk::{Failure, info, step};
use page::Page;

#[step(world = "extract", wit = "../../wit")]
fn on_document_received(event: DocumentReceived) -> Result<InvoiceDraft, Failure> {
    let page = Page::read(&event.text);
    let sums = page.sums();
    info!("{}: {} lines of an invoice", event.name, sums.lines.len());
    Ok(InvoiceDraft {
        document: event.name,
        round: 0,
        seller: page.seller(),
        number: page.number(),
        date: page.date(),
        currency: page.currency(&sums),
        lines: sums.lines.into_iter().map(DraftLine::from).collect(),
        tax: sums.tax,
        total: sums.total,
        corrections: Vec::new(),
    })
}

impl From<page::Line> for DraftLine {
    fn from(line: page::Line) -> DraftLine {
        DraftLine {
            description: line.description,
            quantity: line.quantity,
            unit_price: line.unit_price,
            amount: line.amount,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    #[test]
    fn every_start_event_holds_the_document_of_its_name() {
        let inputs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../input");
        let files = fs::read_dir(&inputs).unwrap().map(|entry| entry.unwrap().path());
        let documents: Vec<_> =
            files.filter(|path| path.extension().is_some_and(|end| end == "txt")).collect();
        assert!(!documents.is_empty());
        for document in documents {
            let event = fs::read_to_string(document.with_extension("json")).unwrap();
            let event: serde_json::Value = serde_json::from_str(&event).unwrap();
            assert_eq!(event["text"], fs::read_to_string(&document).unwrap());
            assert_eq!(event["name"], document.file_name().unwrap().to_str().unwrap());
        }
    }
}
