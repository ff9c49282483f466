//! What a component may import by its grant, and who the guest is told it is.

use lockstep_core::grant::{Access, Grant, StateGrant, UpdatesGrant};
use lockstep_test_support::{component, component_with};

use super::script::{answer, call, deed, release, whole_grant, wide};
use super::{identity, settings};
use crate::{Allocator, Call, Error, Identity, Sandbox};

/// A component with these imports and no handler.
fn importing(items: &str) -> Vec<u8> {
    component(&format!("package t:t; world guest {{ {items} export on-nothing: func(); }}"))
}

fn load(items: &str, grant: &Grant) -> Result<(), Error> {
    let sandbox = Sandbox::new(&settings(Allocator::OnDemand)).unwrap();
    sandbox.load(&importing(items), &[], grant).map(|_| ())
}

const STATE: &str = "import lockstep:step/state@0.1.0;";
const UPDATES: &str = "import lockstep:step/updates@0.1.0;";

#[test]
fn state_and_updates_are_linked_by_their_own_tables_alone() {
    let state = || Grant { state: Some(StateGrant { run: Access::Read }), ..Grant::default() };
    let updates = || Grant { updates: Some(UpdatesGrant { bytes: 0 }), ..Grant::default() };
    load(STATE, &state()).unwrap();
    load(UPDATES, &updates()).unwrap();
    load(&format!("{STATE} {UPDATES}"), &whole_grant()).unwrap();
    assert!(matches!(load(STATE, &updates()), Err(Error::Link(_))));
    assert!(matches!(load(UPDATES, &state()), Err(Error::Link(_))));
}

#[test]
fn a_refusal_names_every_import_that_is_not_granted_and_its_table() {
    let error = load(&format!("{STATE} {UPDATES}"), &Grant::default()).unwrap_err();
    expect_test::expect![[r#"the component cannot be linked: `lockstep:step/state@0.1.0` is not granted; add a table `[state]` to the step's grant, such as one with `run = "rw"`; `lockstep:step/updates@0.1.0` is not granted; add a table `[updates]` to the step's grant, such as one with `bytes = "1MiB"`"#]]
    .assert_eq(&error.to_string());
}

#[test]
fn timers_and_blobs_need_no_grant() {
    load("import lockstep:step/timer@0.1.0;", &Grant::default()).unwrap();
    load("import lockstep:step/blob@0.1.0;", &Grant::default()).unwrap();
}

#[test]
fn an_interface_of_which_only_types_are_used_needs_no_grant() {
    let wit = "package t:t; world guest {
        use lockstep:step/state@0.1.0.{json};
        export on-json: func() -> json;
    }";
    let wat = r#"(module
        (memory (export "memory") 1)
        (func (export "on-json") (result i32) i32.const 0))"#;
    let bytes = component_with(wit, wat);
    assert!(String::from_utf8_lossy(&bytes).contains("lockstep:step/state@0.1.0"));
    let sandbox = Sandbox::new(&settings(Allocator::OnDemand)).unwrap();
    sandbox.load(&bytes, &[], &Grant::default()).unwrap();
}

#[tokio::test]
async fn the_guest_is_told_its_session() {
    for (session, told) in [(None, "null"), (Some("chat-7".into()), r#""chat-7""#)] {
        let identity = Identity { session, ..identity() };
        let call = Call { identity, ..call(&[deed("whoami", "")]) };
        let report = release(&whole_grant(), wide()).attempt(call).await;
        assert_eq!(answer(report), format!(r#"{{"value":{told},"all":[]}}"#));
    }
}
