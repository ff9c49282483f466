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
