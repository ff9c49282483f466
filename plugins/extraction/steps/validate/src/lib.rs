//! Says what keeps a draft from being an invoice: first what is missing or unreadable, and when
//! everything can be read, what does not add up.

use extraction_canon::{amount, cents, is_date, product, thousandths};
use lockstep_sdk::{Failure, info, step};

/// After so many corrections a person is faster.
const ROUNDS: u32 = 5;

const CURRENCIES: [&str; 4] = ["CHF", "EUR", "GBP", "USD"];

#[step(world = "validate", wit = "../../wit")]
fn on_invoice_draft(event: InvoiceDraft) -> Result<Emits, Failure> {
    let defects = match parts(&event) {
        defects if defects.is_empty() => sums(&event),
        defects => defects,
    };
    info!("{}: {} defects after round {}", event.document, defects.len(), event.round);
    Ok(match (defects.is_empty(), event.round) {
        (true, _) => invoice(event).into(),
        (false, ROUNDS..) => given_up(event, defects).into(),
        (false, _) => DefectsFound { draft: event, defects }.into(),
    })
}

/// What is missing or unreadable.
fn parts(draft: &InvoiceDraft) -> Vec<Defect> {
    let is_any = |_: &str| true;
    let head = [
        part(Place::Seller, draft.seller.as_deref(), is_any),
        part(Place::Number, draft.number.as_deref(), is_any),
        part(Place::Date, draft.date.as_deref(), is_date),
        part(Place::Currency, draft.currency.as_deref(), |text| CURRENCIES.contains(&text)),
        part(Place::Lines, (!draft.lines.is_empty()).then_some(""), is_any),
    ];
    let tax = draft.tax.as_deref().and_then(|tax| part(Place::Tax, Some(tax), is_amount));
    let total = part(Place::Total, draft.total.as_deref(), is_amount);
    let lines = (0..).zip(&draft.lines).flat_map(|(at, line)| line_parts(at, line));
    head.into_iter().flatten().chain(lines).chain(tax).chain(total).collect()
}

fn line_parts(at: u32, line: &DraftLine) -> impl Iterator<Item = Defect> {
    let quantity =
        line.quantity.as_deref().map(|text| part(Place::LineQuantity(at), Some(text), is_quantity));
    let price = line.unit_price.as_deref().map(|text| part(Place::LineUnitPrice(at), Some(text), is_amount));
    let amount = part(Place::LineAmount(at), Some(&line.amount), is_amount);
    quantity.flatten().into_iter().chain(price.flatten()).chain(amount)
}

fn part(place: Place, text: Option<&str>, is_good: impl Fn(&str) -> bool) -> Option<Defect> {
    match text {
        None => Some(Defect::new(place, Problem::Missing, "missing")),
        Some(text) if is_good(text) => None,
        Some(text) => Some(Defect::new(place, Problem::Unreadable, &format!("unreadable `{text}`"))),
    }
}

impl Defect {
    fn new(place: Place, problem: Problem, what: &str) -> Defect {
        let name = name(place);
        Defect { place, problem, reason: format!("{name}: {what}"), name }
    }
}

fn is_amount(text: &str) -> bool {
    cents(text).is_some()
}

fn is_quantity(text: &str) -> bool {
    thousandths(text).is_some()
}

/// What does not add up. Tax may be on top of the lines or inside of them.
fn sums(draft: &InvoiceDraft) -> Vec<Defect> {
    let lines = (0..).zip(&draft.lines).filter_map(|(at, line)| {
        let computed = computed(line)?;
        mismatch(Place::LineAmount(at), cents(&line.amount)?, &[computed])
    });
    let net = draft.lines.iter().filter_map(|line| cents(&line.amount)).fold(0, i64::saturating_add);
    let gross = net.saturating_add(optional_cents(&draft.tax));
    let total = mismatch(Place::Total, optional_cents(&draft.total), &[gross, net]);
    lines.chain(total).collect()
}

fn computed(line: &DraftLine) -> Option<i64> {
    let quantity = thousandths(line.quantity.as_deref()?)?;
    Some(product(quantity, cents(line.unit_price.as_deref()?)?))
}

fn mismatch(place: Place, found: i64, expected: &[i64]) -> Option<Defect> {
    let what = format!("{}, computed {}", amount(found), amount(expected[0]));
    (!expected.contains(&found)).then(|| Defect::new(place, Problem::Mismatch, &what))
}

fn name(place: Place) -> String {
    let word = match place {
        Place::LineQuantity(at) => return format!("lines[{at}].quantity"),
        Place::LineUnitPrice(at) => return format!("lines[{at}].unit-price"),
        Place::LineAmount(at) => return format!("lines[{at}].amount"),
        Place::Seller => "seller",
        Place::Number => "number",
        Place::Date => "date",
        Place::Currency => "currency",
        Place::Lines => "lines",
        Place::Tax => "tax",
        Place::Total => "total",
    };
    word.into()
}

fn optional_cents(text: &Option<String>) -> i64 {
    text.as_deref().and_then(cents).unwrap_or(0)
}

/// Of a draft without defects.
fn invoice(draft: InvoiceDraft) -> InvoiceExtracted {
    InvoiceExtracted {
        tax_cents: optional_cents(&draft.tax),
        total_cents: optional_cents(&draft.total),
        document: draft.document,
        seller: draft.seller.unwrap_or_default(),
        number: draft.number.unwrap_or_default(),
        date: draft.date.unwrap_or_default(),
        currency: draft.currency.unwrap_or_default(),
        lines: draft.lines.into_iter().map(invoice_line).collect(),
        rounds: draft.round,
        corrections: draft.corrections,
    }
}

fn invoice_line(line: DraftLine) -> InvoiceLine {
    InvoiceLine {
        description: line.description,
        quantity: line.quantity,
        unit_cents: line.unit_price.as_deref().and_then(cents),
        cents: cents(&line.amount).unwrap_or(0),
    }
}

fn given_up(draft: InvoiceDraft, defects: Vec<Defect>) -> ExtractionGivenUp {
    ExtractionGivenUp {
        document: draft.document,
        rounds: draft.round,
        reasons: defects.into_iter().map(|defect| defect.reason).collect(),
        corrections: draft.corrections,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(quantity: Option<&str>, unit_price: Option<&str>, amount: &str) -> DraftLine {
        DraftLine {
            description: "thing".into(),
            quantity: quantity.map(Into::into),
            unit_price: unit_price.map(Into::into),
            amount: amount.into(),
        }
    }

    fn draft() -> InvoiceDraft {
        InvoiceDraft {
            document: "d".into(),
            round: 0,
            seller: Some("Muster".into()),
            number: Some("1".into()),
            date: Some("2026-03-14".into()),
            currency: Some("EUR".into()),
            lines: vec![line(Some("2.5"), Some("4.00"), "10.00"), line(None, None, "-1.00")],
            tax: Some("1.71".into()),
            total: Some("10.71".into()),
            corrections: Vec::new(),
        }
    }

    fn reasons(draft: InvoiceDraft) -> Vec<String> {
        match on_invoice_draft(draft).unwrap() {
            Emits::InvoiceExtracted(_) => Vec::new(),
            Emits::DefectsFound(found) => found.defects.into_iter().map(|defect| defect.reason).collect(),
            Emits::ExtractionGivenUp(end) => [vec!["given up".into()], end.reasons].concat(),
        }
    }

    #[test]
    fn tax_may_be_on_top_or_inside() {
        assert_eq!(reasons(draft()), [""; 0]);
        assert_eq!(reasons(InvoiceDraft { total: Some("9.00".into()), ..draft() }), [""; 0]);
        assert_eq!(
            reasons(InvoiceDraft { total: Some("10.70".into()), ..draft() }),
            ["total: 10.70, computed 10.71"]
        );
    }

    #[test]
    fn what_is_missing_or_unreadable_is_told_before_what_does_not_add_up() {
        let broken = InvoiceDraft {
            seller: None,
            date: Some("14.03.2026".into()),
            currency: Some("€".into()),
            lines: vec![line(Some("2,5"), Some("4"), "9O.00")],
            total: None,
            ..draft()
        };
        assert_eq!(
            reasons(broken),
            [
                "seller: missing",
                "date: unreadable `14.03.2026`",
                "currency: unreadable `€`",
                "lines[0].quantity: unreadable `2,5`",
                "lines[0].unit-price: unreadable `4`",
                "lines[0].amount: unreadable `9O.00`",
                "total: missing",
            ]
        );
    }

    #[test]
    fn lines_are_held_against_their_quantity_and_price() {
        let wrong = InvoiceDraft { lines: vec![line(Some("2"), Some("4.00"), "9.00")], ..draft() };
        assert_eq!(reasons(wrong), ["lines[0].amount: 9.00, computed 8.00"]);
    }

    #[test]
    fn after_five_rounds_it_ends() {
        let broken = InvoiceDraft { round: 5, lines: Vec::new(), ..draft() };
        assert_eq!(reasons(broken), ["given up", "lines: missing"]);
        assert_eq!(reasons(InvoiceDraft { round: 5, ..draft() }), [""; 0]);
    }
}
