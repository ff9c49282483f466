//! How often this customer asked before. The ledger with the answers is sometimes busy; then the
//! first attempt fails for now and the host tries again.

use std::time::Duration;

use lockstep_sdk::{Failure, info, run, step};
use refunds_money::money;

/// The days of the past that count.
const YEAR: u32 = 365;

#[step(world = "history", wit = "../../wit")]
fn on_history_check(event: HistoryCheck) -> Result<CheckResult, Failure> {
    if event.ledger == Ledger::Busy && run::whoami().attempt == 1 {
        let busy = Failure::transient("ledger-busy", "the refund ledger is being closed");
        return Err(busy.retry_after(Duration::from_millis(200)));
    }
    let result = judge(&event);
    info!("{} past refunds: {} points", event.past.len(), result.points);
    Ok(result)
}

/// Something that counts against the customer.
struct Finding {
    outcome: Outcome,
    points: u32,
    note: String,
}

fn judge(event: &HistoryCheck) -> CheckResult {
    let findings: Vec<_> = [often(event), much(event), hasty(event)].into_iter().flatten().collect();
    let is_rejected = findings.iter().any(|finding| finding.outcome == Outcome::Reject);
    CheckResult {
        check: "history".into(),
        outcome: match findings.is_empty() {
            true => Outcome::Pass,
            false if is_rejected => Outcome::Reject,
            false => Outcome::Review,
        },
        points: findings.iter().map(|finding| finding.points).sum(),
        payable_cents: None,
        notes: findings.into_iter().map(|finding| finding.note).collect(),
    }
}

fn recent(event: &HistoryCheck) -> impl Iterator<Item = &AgedRefund> {
    event.past.iter().filter(|refund| refund.days <= YEAR)
}

fn often(event: &HistoryCheck) -> Option<Finding> {
    let count = recent(event).count();
    let (outcome, points) = match count {
        0..=2 => return None,
        3..=5 => (Outcome::Review, 10 * count as u32),
        _ => (Outcome::Reject, 60),
    };
    Some(Finding { outcome, points, note: format!("{count} refunds in the last {YEAR} days") })
}

fn much(event: &HistoryCheck) -> Option<Finding> {
    let sum = recent(event).fold(0u64, |sum, refund| sum.saturating_add(refund.cents));
    let note = format!("{} refunded in the last {YEAR} days", money(sum));
    (sum > 100_000).then_some(Finding { outcome: Outcome::Review, points: 20, note })
}

fn hasty(event: &HistoryCheck) -> Option<Finding> {
    let note = format!("{} are much for a customer of {} days", money(event.cents), event.customer_days);
    let is_hasty = event.customer_days < 30 && event.cents > 20_000;
    is_hasty.then_some(Finding { outcome: Outcome::Review, points: 15, note })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(ages: &[u32], each: u64, customer_days: u32, cents: u64) -> CheckResult {
        let past = ages.iter().map(|days| AgedRefund { days: *days, cents: each }).collect();
        judge(&HistoryCheck { customer_days, cents, past, ledger: Ledger::Ready })
    }

    #[test]
    fn only_the_last_year_counts() {
        for (ages, outcome, points) in [
            (&[1, 2][..], Outcome::Pass, 0),
            (&[1, 2, 366], Outcome::Pass, 0),
            (&[1, 2, 365], Outcome::Review, 30),
            (&[1, 2, 3, 4, 5], Outcome::Review, 50),
            (&[1, 2, 3, 4, 5, 6], Outcome::Reject, 60),
        ] {
            let result = check(ages, 100, 900, 100);
            assert_eq!((result.outcome, result.points), (outcome, points), "{ages:?}");
        }
    }

    #[test]
    fn large_sums_and_new_customers_are_looked_at() {
        let result = check(&[10, 20], 50_001, 29, 20_001);
        assert_eq!((result.outcome, result.points), (Outcome::Review, 35));
        assert_eq!(
            result.notes,
            ["1000.02 refunded in the last 365 days", "200.01 are much for a customer of 29 days"]
        );
        assert_eq!(check(&[10, 20], 50_000, 29, 20_000).outcome, Outcome::Pass);
        assert_eq!(check(&[10, 20], 50_000, 30, 90_000).outcome, Outcome::Pass);
    }
}
