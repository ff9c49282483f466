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

pub mod script;

pub use lockstep_hostile::worlds::component;
use lockstep_toolchain::from_text;

/// A component of the one world in `wit`, with the core module in `wat` behind it.
pub fn component_with(wit: &str, wat: &str) -> Vec<u8> {
    from_text(wit, wat).unwrap_or_else(|error| panic!("{error}"))
}

/// A component or module in WebAssembly text.
pub fn wasm(wat: &str) -> Vec<u8> {
    wat::parse_str(wat).unwrap_or_else(|error| panic!("{error}"))
}
