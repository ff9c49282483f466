//! Drafts of an invoice: what a model is asked for, what it said, and what of a second reading is taken.

use serde_json::{Value, json};

use crate::handlers::{Defect, DraftLine, ExtractionGivenUp, InvoiceDraft, Place};

/// The fields that a model fills in. The words in backticks are a help, not a rule.
pub(crate) fn fields() -> Value {
    let text = |description: &str| json!({ "type": ["string", "null"], "description": description });
    let line = json!({
        "description": text("what it is"),
        "quantity": text("how many"),
        "unit_price": text("the amount for one"),
        "amount": text("the amount for all of them"),
    });
    let required = ["description", "quantity", "unit_price", "amount"];
    let line =
        json!({ "type": "object", "properties": line, "required": required, "additionalProperties": false });
    json!({
        "seller": text("who the invoice is from: after `From:`, else at the top"),
        "number": text("the number of the invoice: after `Rechnungs-Nr.`, `Rechnung Nr.`, `Invoice no`, `INVOICE #`"),
        "date": text("the date of the invoice: after `Rechnungsdatum`, `Datum`, `Date of issue`, `Date`"),
        "currency": text("the currency of the amounts"),
        "lines": {
            "type": "array",
            "description": "what was sold, one for each line; no sums, such as after `Zwischensumme`, `Übertrag`, `Net amount`",
            "items": line,
        },
        "tax": text("the amount of the tax: after `MwSt.`, `VAT @`"),
        "total": text("the amount to be paid: after `Gesamtbetrag`, `TOTAL DUE`, `Total:`"),
    })
}

/// What a model said, as far as it is a draft.
pub(crate) fn read(said: &Value, document: String) -> InvoiceDraft {
    let lines = said["lines"].as_array().into_iter().flatten().map(|line| DraftLine {
        description: text(&line["description"]).unwrap_or_default(),
        quantity: text(&line["quantity"]),
        unit_price: text(&line["unit_price"]),
        amount: text(&line["amount"]).unwrap_or_default(),
    });
    InvoiceDraft {
        document,
        round: 0,
        seller: text(&said["seller"]),
        number: text(&said["number"]),
        date: text(&said["date"]),
        currency: text(&said["currency"]),
        lines: lines.collect(),
        tax: text(&said["tax"]),
        total: text(&said["total"]),
        corrections: Vec::new(),
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The draft as a model is shown it.
pub(crate) fn written(draft: &InvoiceDraft) -> Value {
    let line = |line: &DraftLine| {
        json!({
            "description": line.description,
            "quantity": line.quantity,
            "unit_price": line.unit_price,
            "amount": line.amount,
        })
    };
    json!({
        "seller": draft.seller,
        "number": draft.number,
        "date": draft.date,
        "currency": draft.currency,
        "lines": draft.lines.iter().map(line).collect::<Vec<_>>(),
        "tax": draft.tax,
        "total": draft.total,
    })
}

pub(crate) fn given_up(draft: InvoiceDraft, defects: Vec<Defect>) -> ExtractionGivenUp {
    ExtractionGivenUp {
        document: draft.document,
        rounds: draft.round,
        reasons: defects.into_iter().map(|defect| defect.reason).collect(),
        corrections: draft.corrections,
    }
}

/// The draft with what was objected to as another reading has it, where that says something else. Nothing else of
/// that reading is taken.
pub(crate) fn mended(draft: InvoiceDraft, defects: &[Defect], again: &Value) -> InvoiceDraft {
    let (mut parts, mut corrections) = (written(&draft), draft.corrections);
    for defect in defects {
        let path = path(defect.place);
        let (Some(old), Some(new)) = (parts.pointer_mut(&path), again.pointer(&path)) else { continue };
        if !new.is_null() && new != old {
            corrections.push(format!("{}: {}, read again as {}", defect.name, shown(old), shown(new)));
            *old = new.clone();
        }
    }
    InvoiceDraft { round: draft.round, corrections, ..read(&parts, draft.document) }
}

fn path(place: Place) -> String {
    let name = match place {
        Place::LineQuantity(at) => return format!("/lines/{at}/quantity"),
        Place::LineUnitPrice(at) => return format!("/lines/{at}/unit_price"),
        Place::LineAmount(at) => return format!("/lines/{at}/amount"),
        Place::Seller => "/seller",
        Place::Number => "/number",
        Place::Date => "/date",
        Place::Currency => "/currency",
        Place::Lines => "/lines",
        Place::Tax => "/tax",
        Place::Total => "/total",
    };
    name.into()
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => format!("`{text}`"),
        Value::Array(lines) => format!("{} lines", lines.len()),
        _ => "nothing".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handlers::Problem;

    fn said() -> Value {
        json!({
            "seller": " Muster ", "number": "7", "date": "14.03.2026", "currency": "EUR", "tax": null, "total": "",
            "lines": [{ "description": "tea", "quantity": null, "unit_price": null, "amount": "9.00" }],
        })
    }

    fn defect(place: Place, name: &str) -> Defect {
        Defect { place, name: name.into(), problem: Problem::Unreadable, reason: String::new() }
    }

    #[test]
    fn what_a_model_says_is_a_draft_as_far_as_it_is_one() {
        let draft = read(&said(), "d".into());
        assert_eq!((draft.seller.as_deref(), draft.total, draft.lines.len()), (Some("Muster"), None, 1));
        assert_eq!(read(&json!("no draft"), "d".into()).lines, []);
        assert_eq!(read(&written(&read(&said(), "d".into())), "d".into()), read(&said(), "d".into()));
    }

    #[test]
    fn of_another_reading_only_what_was_objected_to_is_taken() {
        let mut again = said();
        again["date"] = "2026-03-14".into();
        again["number"] = "8".into();
        again["total"] = "9.00".into();
        again["lines"][0]["amount"] = "8.00".into();
        let defects = [
            defect(Place::Date, "date"),
            defect(Place::Total, "total"),
            defect(Place::LineAmount(0), "lines[0].amount"),
            defect(Place::LineAmount(9), "lines[9].amount"),
            defect(Place::Currency, "currency"),
        ];
        let draft = mended(read(&said(), "d".into()), &defects, &again);
        assert_eq!((draft.number.as_deref(), draft.date.as_deref()), (Some("7"), Some("2026-03-14")));
        let expected = [
            "date: `14.03.2026`, read again as `2026-03-14`",
            "total: nothing, read again as `9.00`",
            "lines[0].amount: `9.00`, read again as `8.00`",
        ];
        assert_eq!(draft.corrections, expected);
    }

    #[test]
    fn what_is_not_read_again_stays() {
        let defects = [defect(Place::Date, "date"), defect(Place::Lines, "lines")];
        for again in [said(), json!({ "date": null }), json!([])] {
            let draft = read(&said(), "d".into());
            assert_eq!(mended(draft.clone(), &defects, &again), draft);
        }
    }
}
