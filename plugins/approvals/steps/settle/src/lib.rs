//! Gathers the decisions, the claim beside them, and the minutes from the state of the run.

use lockstep_sdk::{Failure, state, step};

#[step(world = "settle", wit = "../../wit")]
fn on_decided(claim: ClaimFiled, decisions: Vec<ItemDecision>) -> Result<Emits, Failure> {
    let minutes = approvals_minutes::in_order(state::elements(approvals_minutes::KEY))?;
    Ok(settled(claim, &decisions, minutes))
}

fn settled(claim: ClaimFiled, decisions: &[ItemDecision], mut minutes: Vec<String>) -> Emits {
    let sum = |cents: fn(&ItemDecision) -> u64| decisions.iter().map(cents).fold(0, u64::saturating_add);
    let (asked, cents) = (sum(|decision| decision.asked_cents), sum(|decision| decision.cents));
    let ClaimFiled { claim, claimant, bank, .. } = claim;
    if minutes.is_empty() {
        minutes.push("there is no item in the claim".into());
    }
    match cents {
        0 => ClaimRefused { claim, claimant, minutes }.into(),
        _ => Payment { claim, claimant, cents, refused_cents: asked - cents, bank, minutes }.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim() -> ClaimFiled {
        ClaimFiled {
            claim: "E-1".into(),
            claimant: "Ada".into(),
            items: Vec::new(),
            remind_after_seconds: None,
            bank: Bank::Open,
        }
    }

    #[test]
    fn what_was_granted_is_paid_and_nothing_is_refused() {
        for (decided, expected) in [
            (&[(900, 900), (8_400, 6_000)][..], Some((6_900, 2_400))),
            (&[(900, 0), (1, 1)], Some((1, 900))),
            (&[(u64::MAX, u64::MAX), (5, 5)], Some((u64::MAX, 0))),
            (&[(900, 0)], None),
        ] {
            let decision = |(item, &(asked_cents, cents))| ItemDecision { item, asked_cents, cents };
            let decisions: Vec<_> = (1..).zip(decided).map(decision).collect();
            let paid = match settled(claim(), &decisions, vec!["item 1: whatever".into()]) {
                Emits::Payment(payment) => Some((payment.cents, payment.refused_cents)),
                Emits::ClaimRefused(_) => None,
            };
            assert_eq!(paid, expected, "{decided:?}");
        }
    }

    #[test]
    fn a_claim_without_items_is_refused_with_a_reason() {
        let Emits::ClaimRefused(refused) = settled(claim(), &[], Vec::new()) else { panic!("paid") };
        assert_eq!(refused.minutes, ["there is no item in the claim"]);
    }
}
