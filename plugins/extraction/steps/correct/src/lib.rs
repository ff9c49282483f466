//! Repairs what a rule can repair. Notation first; when all can be read, what does not add up; and
//! when no rule changes anything, that is the end.

mod notation;

use extraction_canon::{amount, cents, product, thousandths};
use lockstep_sdk::{Failure, info, step};

/// A wrong total is an error of addition up to here; beyond, something is missing. In percent.
const TRUSTED: i64 = 5;

#[step(world = "correct", wit = "../../wit")]
fn on_defects_found(event: DefectsFound) -> Result<Emits, Failure> {
    let DefectsFound { draft, defects } = event;
    let corrected = corrected(&draft, &defects);
    info!("{}: {} corrections", corrected.document, corrected.corrections.len());
    Ok(match corrected == draft {
        true => given_up(draft, defects).into(),
        false => InvoiceDraft { round: draft.round + 1, ..corrected }.into(),
    })
}

fn given_up(draft: InvoiceDraft, defects: Vec<Defect>) -> ExtractionGivenUp {
    ExtractionGivenUp {
        document: draft.document,
        rounds: draft.round,
        reasons: defects.into_iter().map(|defect| defect.reason).collect(),
        corrections: draft.corrections,
    }
}

fn corrected(draft: &InvoiceDraft, defects: &[Defect]) -> InvoiceDraft {
    let mut corrected = draft.clone();
    for defect in defects {
        match defect.problem {
            Problem::Unreadable => corrected.reread(defect),
            Problem::Missing => corrected.supply(defect.place),
            Problem::Mismatch => corrected.recompute(defect, defects),
        }
    }
    corrected
}

impl InvoiceDraft {
    /// As it stands, else with letters taken for the digits they look like; only that is a correction.
    fn reread(&mut self, defect: &Defect) {
        let read = reader(defect.place, matches!(self.currency.as_deref(), Some("$" | "USD")));
        let Some(text) = self.text_at(defect.place) else { return };
        if let Some(canonical) = read(text) {
            *text = canonical;
        } else if let Some(canonical) = read(&notation::digits(text)) {
            let correction = format!("{}: `{text}` read as {canonical}", defect.name);
            *text = canonical;
            self.corrections.push(correction);
        }
    }

    fn text_at(&mut self, place: Place) -> Option<&mut String> {
        match place {
            Place::Seller => self.seller.as_mut(),
            Place::Number => self.number.as_mut(),
            Place::Date => self.date.as_mut(),
            Place::Currency => self.currency.as_mut(),
            Place::Lines => None,
            Place::LineQuantity(at) => self.lines.get_mut(at as usize)?.quantity.as_mut(),
            Place::LineUnitPrice(at) => self.lines.get_mut(at as usize)?.unit_price.as_mut(),
            Place::LineAmount(at) => Some(&mut self.lines.get_mut(at as usize)?.amount),
            Place::Tax => self.tax.as_mut(),
            Place::Total => self.total.as_mut(),
        }
    }

    /// Of all that may be missing only the total follows from the rest.
    fn supply(&mut self, place: Place) {
        let (Place::Total, Some(sum)) = (place, self.sum()) else { return };
        self.corrections.push(format!("total: computed from its lines as {}", amount(sum)));
        self.total = Some(amount(sum));
    }

    /// Lines before the total: a wrong line makes a wrong total.
    fn recompute(&mut self, defect: &Defect, defects: &[Defect]) {
        let is_total_wrong = defects.iter().any(|defect| defect.place == Place::Total);
        let is_line_wrong = defects.iter().any(|defect| matches!(defect.place, Place::LineAmount(_)));
        let line = |at: u32| at as usize;
        match defect.place {
            Place::LineAmount(at) if is_total_wrong => self.recompute_amount(line(at), &defect.name),
            Place::LineAmount(at) => self.drop_price(line(at), &defect.name),
            Place::Total if !is_line_wrong => self.recompute_total(),
            _ => {}
        }
    }

    fn recompute_amount(&mut self, at: usize, name: &str) {
        let Some(line) = self.lines.get_mut(at) else { return };
        let Some(computed) = line.computed().map(amount) else { return };
        let correction = format!("{name}: {} on paper, {computed} by quantity and price", line.amount);
        line.amount = computed;
        self.corrections.push(correction);
    }

    /// The total agrees with the amount, so the price is what is wrong.
    fn drop_price(&mut self, at: usize, name: &str) {
        let Some(line) = self.lines.get_mut(at) else { return };
        let Some(price) = line.unit_price.take() else { return };
        self.corrections.push(format!("{name}: {} stands, the price {price} is dropped", line.amount));
    }

    fn recompute_total(&mut self) {
        let Some((sum, total)) = self.sum().zip(self.total.as_deref().and_then(cents)) else { return };
        if sum.abs_diff(total).saturating_mul(100) > sum.unsigned_abs().saturating_mul(TRUSTED as u64) {
            return;
        }
        self.corrections.push(format!("total: {} on paper, {} by its lines", amount(total), amount(sum)));
        self.total = Some(amount(sum));
    }

    /// Of all lines and the tax, if there are any and all of them can be read.
    fn sum(&self) -> Option<i64> {
        self.lines.first()?;
        let tax = self.tax.as_deref().map_or(Some(0), cents)?;
        self.lines.iter().try_fold(tax, |sum, line| Some(sum.saturating_add(cents(&line.amount)?)))
    }
}

impl DraftLine {
    fn computed(&self) -> Option<i64> {
        let quantity = thousandths(self.quantity.as_deref()?)?;
        Some(product(quantity, cents(self.unit_price.as_deref()?)?))
    }
}

/// From the notation on the paper to the canonical one.
type Reader = fn(&str) -> Option<String>;

fn reader(place: Place, is_american: bool) -> Reader {
    match place {
        Place::Date if is_american => notation::american_date,
        Place::Date => notation::date,
        Place::Currency => notation::currency,
        Place::LineQuantity(_) => notation::quantity,
        _ => notation::amount,
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

    fn draft(lines: Vec<DraftLine>, total: Option<&str>) -> InvoiceDraft {
        InvoiceDraft {
            document: "d".into(),
            round: 2,
            seller: Some("Muster".into()),
            number: None,
            date: Some("l4.O3.2026".into()),
            currency: Some("€".into()),
            lines,
            tax: None,
            total: total.map(Into::into),
            corrections: Vec::new(),
        }
    }

    fn defect(place: Place, problem: Problem) -> Defect {
        let name = format!("{place:?}");
        Defect { place, problem, reason: name.clone(), name }
    }

    #[test]
    fn notation_is_changed_silently_and_look_alikes_are_told() {
        let draft = draft(vec![line(Some("2,5"), None, "1.2O4,5O €")], Some("1.204,50 €"));
        let places =
            [Place::Date, Place::Currency, Place::LineQuantity(0), Place::LineAmount(0), Place::Total];
        let corrected = corrected(&draft, &places.map(|place| defect(place, Problem::Unreadable)));
        assert_eq!(corrected.date.as_deref(), Some("2026-03-14"));
        assert_eq!(corrected.currency.as_deref(), Some("EUR"));
        assert_eq!(corrected.total.as_deref(), Some("1204.50"));
        assert_eq!(corrected.lines, [line(Some("2.5"), None, "1204.50")]);
        assert_eq!(
            corrected.corrections,
            [
                "Place::Date: `l4.O3.2026` read as 2026-03-14",
                "Place::LineAmount(0): `1.2O4,5O €` read as 1204.50"
            ]
        );
    }

    #[test]
    fn a_missing_total_waits_until_every_line_can_be_read() {
        let missing = [defect(Place::Total, Problem::Missing)];
        let unread = draft(vec![line(None, None, "1,00")], None);
        assert_eq!(corrected(&unread, &missing), unread);
        assert_eq!(corrected(&draft(Vec::new(), None), &missing), draft(Vec::new(), None));
        let read = draft(vec![line(None, None, "1.00"), line(None, None, "2.50")], None);
        assert_eq!(corrected(&read, &missing).total.as_deref(), Some("3.50"));
    }

    #[test]
    fn the_total_decides_whether_amount_or_price_is_wrong() {
        let wrong = defect(Place::LineAmount(0), Problem::Mismatch);
        let paper = draft(vec![line(Some("2"), Some("4.00"), "9.00")], Some("8.00"));
        let by_total = corrected(&paper, &[wrong.clone(), defect(Place::Total, Problem::Mismatch)]);
        assert_eq!((by_total.lines[0].amount.as_str(), by_total.total.as_deref()), ("8.00", Some("8.00")));
        let by_price = corrected(&paper, &[wrong]);
        assert_eq!(by_price.lines, [line(Some("2"), None, "9.00")]);
    }

    #[test]
    fn a_total_is_recomputed_only_if_it_is_nearly_right() {
        let wrong = [defect(Place::Total, Problem::Mismatch)];
        for (total, expected) in
            [("105.00", "100.00"), ("95.00", "100.00"), ("105.01", "105.01"), ("1480.00", "1480.00")]
        {
            let paper = draft(vec![line(None, None, "100.00")], Some(total));
            assert_eq!(corrected(&paper, &wrong).total.as_deref(), Some(expected), "{total}");
        }
    }

    #[test]
    fn without_a_rule_it_ends() {
        let event = DefectsFound {
            draft: draft(Vec::new(), None),
            defects: vec![defect(Place::Number, Problem::Missing), defect(Place::Lines, Problem::Missing)],
        };
        let Emits::ExtractionGivenUp(end) = on_defects_found(event).unwrap() else { panic!("it went on") };
        assert_eq!((end.rounds, end.reasons), (2, vec!["Place::Number".into(), "Place::Lines".into()]));
    }

    #[test]
    fn places_that_do_not_exist_are_left_alone() {
        let paper = draft(vec![line(None, None, "1,00")], None);
        for problem in [Problem::Missing, Problem::Unreadable, Problem::Mismatch] {
            assert_eq!(corrected(&paper, &[defect(Place::LineAmount(7), problem)]), paper);
        }
    }
}
