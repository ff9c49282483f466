//! The contract reader: whatever the bytes are, it answers, and a contract that it accepts has handlers
//! whose events it knows and tells the same twice.

use lockstep_core::contract::Contract;

pub(crate) fn run(bytes: &[u8]) {
    let read = Contract::read(bytes);
    match (&read, Contract::read(bytes)) {
        (Ok(contract), Ok(again)) => {
            assert_eq!(format!("{contract:?}"), format!("{again:?}"), "one component, one contract");
            for handler in &contract.handlers {
                assert!(!handler.name.is_empty(), "a handler has a name");
            }
        }
        (Err(refusals), Err(again)) => {
            assert!(!refusals.is_empty(), "a refusal says why");
            assert_eq!(format!("{refusals:?}"), format!("{again:?}"), "one component, one refusal");
        }
        (first, second) => panic!("read twice, told two ways: {first:?} and {second:?}"),
    }
}
