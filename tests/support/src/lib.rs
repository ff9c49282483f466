//! Components for tests, made in memory from WIT and WebAssembly text, so that core and journal
//! tests need no wasm toolchain. Text goes in, component bytes come out; it knows nothing of the host.
//!
//! The core module of a handler follows the canonical ABI by hand. `on-ping: func(event: ping) ->
//! result<pong, failure>` with `record ping { n: u32 }` and `record pong { n: u32 }` is a core export
//! `on-ping` that takes the flattened record and gives the address of the result:
//!
//! ```
//! let wit = r#"
//!     package t:t;
//!     interface events { record ping { n: u32 } record pong { n: u32 } }
//!     world ponger {
//!       use events.{ping, pong};
//!       use lockstep:step/types@0.1.0.{failure};
//!       export on-ping: func(event: ping) -> result<pong, failure>;
//!     }"#;
//! let wat = r#"(module
//!     (memory (export "memory") 1)
//!     (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 4096)
//!     (func (export "on-ping") (param $n i32) (result i32)
//!       (i32.store8 (i32.const 0) (i32.const 0))      ;; ok; the payload follows at 8
//!       (i32.store (i32.const 8) (i32.add (local.get $n) (i32.const 1)))
//!       i32.const 0))"#;
//! assert!(lockstep_test_support::component_with(wit, wat).starts_with(b"\0asm"));
//! ```

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::{LiftLowerAbi, ManglingAndAbi, Resolve, WorldId};

/// The host's own WIT, for whatever a fixture takes from it.
const STEP_WIT: [(&str, &str); 4] = [
    ("types.wit", include_str!("../../../wit/lockstep-step/types.wit")),
    ("log.wit", include_str!("../../../wit/lockstep-step/log.wit")),
    ("run.wit", include_str!("../../../wit/lockstep-step/run.wit")),
    ("host-events.wit", include_str!("../../../wit/lockstep-step/host-events.wit")),
];

/// A component of the one world in `wit`; its functions trap when they are called.
pub fn component(wit: &str) -> Vec<u8> {
    let (resolve, world) = parse(wit);
    let module = wit_component::dummy_module(&resolve, world, ManglingAndAbi::Legacy(LiftLowerAbi::Sync));
    encode(module, &resolve, world)
}

/// A component of the one world in `wit`, with the core module in `wat` behind it.
pub fn component_with(wit: &str, wat: &str) -> Vec<u8> {
    let (resolve, world) = parse(wit);
    let module = wat::parse_str(wat).unwrap_or_else(|error| panic!("{error}"));
    encode(module, &resolve, world)
}

/// A component or module in WebAssembly text.
pub fn wasm(wat: &str) -> Vec<u8> {
    wat::parse_str(wat).unwrap_or_else(|error| panic!("{error}"))
}

fn parse(wit: &str) -> (Resolve, WorldId) {
    let mut resolve = Resolve::default();
    let step: String = STEP_WIT.iter().map(|(_, text)| *text).collect();
    resolve.push_str("lockstep-step.wit", &step).unwrap_or_else(|error| panic!("{error:#}"));
    let package = resolve.push_str("fixture.wit", wit).unwrap_or_else(|error| panic!("{error:#}"));
    let world = resolve.select_world(&[package], None).unwrap_or_else(|error| panic!("{error:#}"));
    (resolve, world)
}

fn encode(mut module: Vec<u8>, resolve: &Resolve, world: WorldId) -> Vec<u8> {
    embed_component_metadata(&mut module, resolve, world, StringEncoding::UTF8)
        .unwrap_or_else(|error| panic!("{error:#}"));
    let encoder = ComponentEncoder::default().module(&module).unwrap_or_else(|error| panic!("{error:#}"));
    encoder.validate(true).encode().unwrap_or_else(|error| panic!("{error:#}"))
}
