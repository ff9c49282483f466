//! Gathers what the checks found, the request beside it, into one assessment.

use lockstep_sdk::{Failure, step};

#[step(world = "weigh", wit = "../../wit")]
fn on_checked(request: RefundRequested, results: Vec<CheckResult>) -> Result<Assessment, Failure> {
    Ok(Assessment {
        asked_cents: asked(&request),
        payable_cents: results.iter().filter_map(|result| result.payable_cents).min().unwrap_or(0),
        outcome: worst(&results),
        points: results.iter().fold(0, |sum, result| sum.saturating_add(result.points)),
        notes: notes(results),
        refund_to: request.payment.refund_to,
        request: request.request,
        order: request.order,
    })
}

fn asked(request: &RefundRequested) -> u64 {
    let cents = request.returns.iter().filter_map(|back| {
        let line = request.lines.iter().find(|line| line.sku == back.sku)?;
        Some(line.unit_cents.saturating_mul(back.quantity.into()))
    });
    cents.fold(0, u64::saturating_add)
}

/// Without any result there was nothing to check.
fn worst(results: &[CheckResult]) -> Outcome {
    results.iter().map(|result| result.outcome).max().unwrap_or(Outcome::Reject)
}

fn notes(results: Vec<CheckResult>) -> Vec<String> {
    match results.is_empty() {
        true => vec!["the request returns nothing".into()],
        false => results.into_iter().flat_map(|result| result.notes).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> RefundRequested {
        let line = |sku: &str, unit_cents| OrderLine {
            sku: sku.into(),
            category: Category::General,
            quantity: 9,
            unit_cents,
        };
        let back = |sku: &str, quantity| ReturnLine {
            sku: sku.into(),
            quantity,
            reason: Reason::Damaged,
            opened: true,
        };
        let payment =
            Payment { card_country: "DE".into(), ship_country: "DE".into(), refund_to: Payee::GiftCard };
        RefundRequested {
            request: "R-1".into(),
            requested: "2026-03-01".into(),
            order: "A-1".into(),
            placed: "2026-02-27".into(),
            delivered: None,
            lines: vec![line("MUG", 700), line("CUP", 300)],
            returns: vec![back("MUG", 2), back("CUP", 1), back("JUG", 5)],
            customer: "C-1".into(),
            customer_since: "2024-02-29".into(),
            past_refunds: Vec::new(),
            payment,
            ledger: Ledger::Ready,
        }
    }

    fn result(outcome: Outcome, points: u32, payable_cents: Option<u64>, note: &str) -> CheckResult {
        CheckResult { check: "any".into(), outcome, points, payable_cents, notes: vec![note.into()] }
    }

    #[test]
    fn the_worst_outcome_and_the_least_sum_win_and_points_add_up() {
        let results = vec![
            result(Outcome::Pass, 5, Some(1_500), "a"),
            result(Outcome::Review, 7, None, "b"),
            result(Outcome::Pass, 0, Some(1_200), "c"),
        ];
        let weighed = on_checked(request(), results).unwrap();
        assert_eq!((weighed.outcome, weighed.points, weighed.payable_cents), (Outcome::Review, 12, 1_200));
        assert_eq!((weighed.asked_cents, weighed.refund_to), (1_700, Payee::GiftCard));
        assert_eq!(weighed.notes, ["a", "b", "c"]);
    }

    #[test]
    fn no_results_are_a_rejection_with_a_reason() {
        let weighed = on_checked(request(), Vec::new()).unwrap();
        assert_eq!((weighed.outcome, weighed.payable_cents), (Outcome::Reject, 0));
        assert_eq!(weighed.notes, ["the request returns nothing"]);
    }
}
