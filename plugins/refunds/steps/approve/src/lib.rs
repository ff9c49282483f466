//! Tells the customer yes, how much, and what of it is withheld for which reason.

use lockstep_sdk::{Failure, step};
use refunds_money::money;

#[step(world = "approve", wit = "../../wit")]
fn on_approval(event: Approval) -> Result<RefundApproved, Failure> {
    Ok(RefundApproved {
        statement: format!("REFUND {}", event.order),
        letter: letter(&event),
        request: event.request,
        order: event.order,
        cents: event.cents,
        withheld_cents: event.withheld_cents,
    })
}

fn letter(event: &Approval) -> String {
    let to = match event.refund_to {
        Payee::Original => "your original payment method",
        Payee::OtherCard => "the card you named",
        Payee::GiftCard => "a gift card",
    };
    let paid = format!("Your refund {} of {} goes to {to}.", event.request, money(event.cents));
    match event.withheld_cents {
        0 => paid,
        withheld => format!("{paid} {} are withheld: {}.", money(withheld), event.notes.join("; ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_told_only_for_what_is_withheld() {
        let approval = Approval {
            request: "R-1".into(),
            order: "A-1".into(),
            cents: 1_005,
            withheld_cents: 0,
            refund_to: Payee::OtherCard,
            notes: vec!["a".into(), "b".into()],
        };
        assert_eq!(letter(&approval), "Your refund R-1 of 10.05 goes to the card you named.");
        let less = Approval { withheld_cents: 7, ..approval };
        assert_eq!(
            letter(&less),
            "Your refund R-1 of 10.05 goes to the card you named. 0.07 are withheld: a; b."
        );
    }
}
