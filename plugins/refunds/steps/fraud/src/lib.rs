//! A score from what fraud usually looks like. No sign proves anything; enough of them do.

use lockstep_sdk::{Failure, step};
use refunds_money::money;

/// From here on somebody looks at it.
const REVIEW: u32 = 35;

/// From here on nobody has to.
const REJECT: u32 = 60;

#[step(world = "fraud", wit = "../../wit")]
fn on_fraud_check(event: FraudCheck) -> Result<CheckResult, Failure> {
    let signs: Vec<_> = signs(&event).into_iter().flatten().collect();
    let points = signs.iter().map(|(points, _)| points).sum();
    let outcome = match points {
        REJECT.. => Outcome::Reject,
        REVIEW.. => Outcome::Review,
        _ => Outcome::Pass,
    };
    let notes = signs.into_iter().map(|(_, note)| note).collect();
    Ok(CheckResult { check: "fraud".into(), outcome, points, payable_cents: None, notes })
}

/// Points and what they are given for.
type Sign = Option<(u32, String)>;

fn signs(event: &FraudCheck) -> [Sign; 5] {
    let Payment { card_country: card, ship_country: ship, refund_to } = &event.payment;
    [
        (card != ship).then(|| (30, format!("the card is from {card} and the parcel went to {ship}"))),
        (*refund_to == Payee::OtherCard).then(|| (35, "the money is to go to another card".into())),
        (event.claims_not_received && event.cents > 10_000)
            .then(|| (20, format!("a parcel worth {} is said to be lost", money(event.cents)))),
        (event.customer_days < 30).then(|| (15, format!("the account is {} days old", event.customer_days))),
        (event.days_since_order == 0).then(|| (10, "the order is of the same day".into())),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(ship: &str, refund_to: Payee, customer_days: u32, days_since_order: u32) -> CheckResult {
        let payment = Payment { card_country: "DE".into(), ship_country: ship.into(), refund_to };
        let event = FraudCheck {
            customer_days,
            days_since_order,
            cents: 10_001,
            claims_not_received: false,
            payment,
        };
        on_fraud_check(event).unwrap()
    }

    #[test]
    fn signs_add_up_to_an_outcome() {
        for (ship, payee, customer, order, outcome, points) in [
            ("DE", Payee::Original, 30, 1, Outcome::Pass, 0),
            ("FR", Payee::Original, 30, 1, Outcome::Pass, 30),
            ("DE", Payee::OtherCard, 30, 1, Outcome::Review, 35),
            ("FR", Payee::Original, 29, 0, Outcome::Review, 55),
            ("DE", Payee::OtherCard, 29, 0, Outcome::Reject, 60),
            ("FR", Payee::OtherCard, 29, 0, Outcome::Reject, 90),
        ] {
            let result = check(ship, payee, customer, order);
            assert_eq!((result.outcome, result.points), (outcome, points), "{ship} {payee:?}");
        }
    }

    #[test]
    fn cheap_parcels_may_get_lost() {
        let payment =
            Payment { card_country: "DE".into(), ship_country: "DE".into(), refund_to: Payee::Original };
        let lost = |cents| FraudCheck {
            customer_days: 900,
            days_since_order: 9,
            cents,
            claims_not_received: true,
            payment: payment.clone(),
        };
        assert_eq!(on_fraud_check(lost(10_000)).unwrap().points, 0);
        assert_eq!(on_fraud_check(lost(10_001)).unwrap().notes, ["a parcel worth 100.01 is said to be lost"]);
    }
}
