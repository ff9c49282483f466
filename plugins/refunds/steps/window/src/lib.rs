//! The return policy, line by line: what may still come back, and what of it is paid.

use lockstep_sdk::{Failure, step};

/// Kept of an electronic device that was opened for no complaint, in percent.
const RESTOCKING: u64 = 15;

/// For a parcel that the carrier says it has delivered.
const DOUBT: u32 = 10;

#[step(world = "window", wit = "../../wit")]
fn on_window_check(event: WindowCheck) -> Result<CheckResult, Failure> {
    let rulings: Vec<_> =
        event.lines.iter().map(|line| (line, Ruling::of(line, event.days_since_delivery))).collect();
    let payable = rulings.iter().map(|(line, ruling)| ruling.payable(line.cents));
    let doubts = rulings.iter().filter(|(_, ruling)| matches!(ruling, Ruling::Doubtful(_))).count();
    Ok(CheckResult {
        check: "window".into(),
        outcome: outcome(&rulings, doubts),
        points: DOUBT.saturating_mul(doubts as u32),
        payable_cents: Some(payable.fold(0, u64::saturating_add)),
        notes: rulings.iter().filter_map(|(line, ruling)| ruling.note(&line.sku)).collect(),
    })
}

/// What the policy says of one line.
#[derive(Debug, PartialEq)]
enum Ruling {
    Paid,
    /// Less the restocking fee.
    Restocked,
    /// Said to be lost, so many days after its delivery.
    Doubtful(u32),
    Late {
        days: u32,
        allowed: u32,
    },
    Never(&'static str),
}

impl Ruling {
    fn of(line: &PricedLine, delivered: Option<u32>) -> Ruling {
        let is_faulty = matches!(line.reason, Reason::Damaged | Reason::WrongItem);
        match (line.reason, delivered) {
            (Reason::NotReceived | Reason::ChangedMind, None) => Ruling::Paid,
            (_, None) => Ruling::Never("it has not arrived, so nothing can be wrong with it"),
            (Reason::NotReceived, Some(days)) => Ruling::Doubtful(days),
            (_, Some(_)) if line.category == Category::FinalSale && !is_faulty => {
                Ruling::Never("it was sold as final")
            }
            (_, Some(days)) => match allowed(line.category, is_faulty) {
                allowed if days > allowed => Ruling::Late { days, allowed },
                _ if line.category == Category::Electronics && line.opened && !is_faulty => Ruling::Restocked,
                _ => Ruling::Paid,
            },
        }
    }

    fn payable(&self, cents: u64) -> u64 {
        match self {
            Ruling::Paid | Ruling::Doubtful(_) => cents,
            Ruling::Restocked => cents - fee(cents),
            Ruling::Late { .. } | Ruling::Never(_) => 0,
        }
    }

    fn note(&self, sku: &str) -> Option<String> {
        Some(match self {
            Ruling::Paid => return None,
            Ruling::Restocked => format!("{sku}: {RESTOCKING}% for a box that was opened"),
            Ruling::Doubtful(1) => format!("{sku}: the carrier reports delivery 1 day ago"),
            Ruling::Doubtful(days) => format!("{sku}: the carrier reports delivery {days} days ago"),
            Ruling::Late { days, allowed } => {
                format!("{sku}: returned {days} days after delivery, {allowed} are allowed")
            }
            Ruling::Never(why) => format!("{sku}: {why}"),
        })
    }
}

/// Days in which a line may come back.
fn allowed(category: Category, is_faulty: bool) -> u32 {
    match (category, is_faulty) {
        (Category::Perishable, true) => 7,
        (_, true) => 90,
        (Category::Perishable, false) => 2,
        (Category::Electronics | Category::Digital, false) => 14,
        (Category::General | Category::Clothing | Category::FinalSale, false) => 30,
    }
}

/// Half a cent is rounded up.
fn fee(cents: u64) -> u64 {
    (cents / 100) * RESTOCKING + ((cents % 100) * RESTOCKING + 50) / 100
}

fn outcome(rulings: &[(&PricedLine, Ruling)], doubts: usize) -> Outcome {
    let is_refused = |ruling: &Ruling| matches!(ruling, Ruling::Late { .. } | Ruling::Never(_));
    match (rulings.iter().all(|(_, ruling)| is_refused(ruling)), doubts) {
        (true, _) => Outcome::Reject,
        (false, 0) => Outcome::Pass,
        (false, _) => Outcome::Review,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(category: Category, reason: Reason, opened: bool) -> PricedLine {
        PricedLine { sku: "X".into(), category, reason, opened, cents: 1_000 }
    }

    #[test]
    fn the_policy_is_a_table() {
        use Category::*;
        use Reason::*;
        let late = |days, allowed| Ruling::Late { days, allowed };
        for (category, reason, opened, delivered, expected) in [
            (Clothing, ChangedMind, true, Some(30), Ruling::Paid),
            (Clothing, ChangedMind, true, Some(31), late(31, 30)),
            (Clothing, ChangedMind, true, None, Ruling::Paid),
            (General, Damaged, true, Some(90), Ruling::Paid),
            (General, WrongItem, true, Some(91), late(91, 90)),
            (
                General,
                Damaged,
                true,
                None,
                Ruling::Never("it has not arrived, so nothing can be wrong with it"),
            ),
            (Electronics, ChangedMind, false, Some(14), Ruling::Paid),
            (Electronics, ChangedMind, true, Some(14), Ruling::Restocked),
            (Electronics, Damaged, true, Some(15), Ruling::Paid),
            (Digital, ChangedMind, false, Some(15), late(15, 14)),
            (Perishable, ChangedMind, false, Some(3), late(3, 2)),
            (Perishable, Damaged, false, Some(7), Ruling::Paid),
            (FinalSale, ChangedMind, false, Some(1), Ruling::Never("it was sold as final")),
            (FinalSale, WrongItem, false, Some(1), Ruling::Paid),
            (FinalSale, NotReceived, false, None, Ruling::Paid),
            (General, NotReceived, false, Some(4), Ruling::Doubtful(4)),
        ] {
            let ruling = Ruling::of(&line(category, reason, opened), delivered);
            assert_eq!(ruling, expected, "{category:?} {reason:?} {delivered:?}");
        }
    }

    #[test]
    fn fees_round_half_a_cent_up_and_never_overflow() {
        for (cents, expected) in
            [(12_990, 1_949), (10, 2), (9, 1), (3, 0), (u64::MAX, 2_767_011_611_056_432_742)]
        {
            assert_eq!(fee(cents), expected, "{cents}");
        }
    }

    #[test]
    fn one_good_line_is_enough_to_pass_and_one_doubt_to_be_looked_at() {
        let good = line(Category::General, Reason::ChangedMind, false);
        let late = line(Category::Perishable, Reason::ChangedMind, false);
        let lost = line(Category::General, Reason::NotReceived, false);
        for (lines, outcome, points, payable) in [
            (vec![good.clone(), late.clone()], Outcome::Pass, 0, 1_000),
            (vec![late.clone()], Outcome::Reject, 0, 0),
            (vec![good, lost], Outcome::Review, 10, 2_000),
        ] {
            let check = on_window_check(WindowCheck { days_since_delivery: Some(5), lines }).unwrap();
            assert_eq!((check.outcome, check.points, check.payable_cents), (outcome, points, Some(payable)));
        }
    }
}
