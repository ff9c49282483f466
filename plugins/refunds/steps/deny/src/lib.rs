//! Tells the customer no, with every reason.

use lockstep_sdk::{Failure, step};

#[step(world = "deny", wit = "../../wit")]
fn on_denial(event: Denial) -> Result<RefundDenied, Failure> {
    let letter = format!("We cannot refund request {}: {}.", event.request, event.notes.join("; "));
    Ok(RefundDenied { request: event.request, order: event.order, reasons: event.notes, letter })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_told() {
        let notes = vec!["too late".into(), "too worn".into()];
        let denial = Denial { request: "R-1".into(), order: "A-1".into(), asked_cents: 900, notes };
        assert_eq!(on_denial(denial).unwrap().letter, "We cannot refund request R-1: too late; too worn.");
    }
}
