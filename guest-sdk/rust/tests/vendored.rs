//! A WIT folder that other languages share brings its own `lockstep:step`; the SDK then takes that one.

use lockstep_sdk::{Failure, step};

#[step(world = "assess", wit = "tests/wit/vendored")]
fn on_refund_requested(event: RefundRequested) -> Result<Emits, Failure> {
    Ok(RefundApproved { order: event.order, cents: event.cents }.into())
}

#[test]
fn a_folder_with_its_own_copy_of_the_hosts_wit_is_read() {
    let request = RefundRequested { order: "A-1".into(), cents: 5 };
    let approved = RefundApproved { order: "A-1".into(), cents: 5 };
    assert_eq!(on_refund_requested(request).unwrap(), Emits::RefundApproved(approved));
}
