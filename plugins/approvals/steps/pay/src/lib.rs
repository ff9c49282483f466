//! Pays. A busy bank takes the second attempt; a closed one takes none, and the payment is parked.

use lockstep_sdk::{Failure, info, run, step};

#[step(world = "pay", wit = "../../wit")]
fn on_payment(event: Payment) -> Result<ClaimSettled, Failure> {
    let me = run::whoami();
    answered(event.bank, me.attempt)?;
    // The bank knows a payment by this key, so it pays once, however often it is asked.
    info!("{} cents go to {} under {}", event.cents, event.claimant, me.idempotency_key);
    Ok(settled(event))
}

/// What the bank says to an attempt.
fn answered(bank: Bank, attempt: u32) -> Result<(), Failure> {
    match bank {
        Bank::Busy if attempt == 1 => Err(Failure::transient("bank-busy", "the bank is busy; try again")),
        Bank::Closed => Err(Failure::transient("bank-closed", "the bank is closed today")),
        Bank::Open | Bank::Busy => Ok(()),
    }
}

fn settled(event: Payment) -> ClaimSettled {
    let Payment { claim, claimant, cents, refused_cents, minutes, .. } = event;
    ClaimSettled { claim, claimant, cents, refused_cents, minutes }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_bank_takes_the_second_attempt_and_a_closed_one_none() {
        let code = |bank, attempt| answered(bank, attempt).err().map(|failure| failure.code);
        assert_eq!(code(Bank::Open, 1), None);
        assert_eq!(code(Bank::Busy, 1).as_deref(), Some("bank-busy"));
        assert_eq!(code(Bank::Busy, 2), None);
        assert_eq!(code(Bank::Closed, 9).as_deref(), Some("bank-closed"));
    }

    #[test]
    fn what_is_paid_is_what_was_settled() {
        let minutes = vec!["item 1: 9.00 by the policy".to_owned()];
        let payment = Payment {
            claim: "E-1".into(),
            claimant: "Ada".into(),
            cents: 900,
            refused_cents: 7,
            bank: Bank::Open,
            minutes: minutes.clone(),
        };
        let settled = settled(payment);
        assert_eq!((settled.cents, settled.refused_cents, settled.minutes), (900, 7, minutes));
    }
}
