//! Yes or no: what passes is paid, what is rejected is not, and of what is left the small and
//! harmless is paid out of goodwill.

use lockstep_sdk::{Failure, info, step};
use refunds_money::money;

/// What goodwill pays at most.
const GOODWILL_CENTS: u64 = 5_000;

/// What goodwill overlooks.
const GOODWILL_POINTS: u32 = 30;

#[step(world = "decide", wit = "../../wit")]
fn on_assessment(event: Assessment) -> Result<Emits, Failure> {
    let is_goodwill = event.payable_cents <= GOODWILL_CENTS && event.points <= GOODWILL_POINTS;
    info!("{}: {:?}, {} points, {} cents", event.request, event.outcome, event.points, event.payable_cents);
    Ok(match event.outcome {
        Outcome::Pass => approval(event).into(),
        Outcome::Review if is_goodwill => approval(event).into(),
        Outcome::Review => denial(unsure(event)).into(),
        Outcome::Reject => denial(event).into(),
    })
}

fn approval(event: Assessment) -> Approval {
    Approval {
        cents: event.payable_cents,
        withheld_cents: event.asked_cents.saturating_sub(event.payable_cents),
        request: event.request,
        order: event.order,
        refund_to: event.refund_to,
        notes: event.notes,
    }
}

fn denial(event: Assessment) -> Denial {
    Denial { request: event.request, order: event.order, asked_cents: event.asked_cents, notes: event.notes }
}

fn unsure(mut event: Assessment) -> Assessment {
    event.notes.push(format!(
        "{} with {} points needs a person, who may pay more than {} or overlook more than \
         {GOODWILL_POINTS} points",
        money(event.payable_cents),
        event.points,
        money(GOODWILL_CENTS)
    ));
    event
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_paid(outcome: Outcome, payable_cents: u64, points: u32) -> bool {
        let event = Assessment {
            request: "R-1".into(),
            order: "A-1".into(),
            refund_to: Payee::Original,
            asked_cents: 9_000,
            payable_cents,
            outcome,
            points,
            notes: Vec::new(),
        };
        matches!(on_assessment(event).unwrap(), Emits::Approval(_))
    }

    #[test]
    fn goodwill_decides_what_the_checks_leave_open() {
        for (outcome, cents, points, paid) in [
            (Outcome::Pass, 900_000, 34, true),
            (Outcome::Reject, 1, 0, false),
            (Outcome::Review, 5_000, 30, true),
            (Outcome::Review, 5_001, 30, false),
            (Outcome::Review, 5_000, 31, false),
        ] {
            assert_eq!(is_paid(outcome, cents, points), paid, "{outcome:?} {cents} {points}");
        }
    }
}
