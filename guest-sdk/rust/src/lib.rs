//! For authors of Lockstep steps in Rust.
//!
//! A step is a WIT world, which says what it consumes and emits, and a function per handler:
//!
//! ```
//! use lockstep_sdk::{Failure, info, step};
//!
//! # /*
//! #[step]
//! # */ #[step(wit = "docs/refund.wit")]
//! fn on_refund_requested(event: RefundRequested) -> Result<Emits, Failure> {
//!     info!("refund {} asks for {} cents", event.order, event.cents);
//!     if event.cents == 0 {
//!         return Err(Failure::transient("no-price", "the price of the order is not known yet"));
//!     }
//!     if event.cents < 10_000 {
//!         return Ok(RefundApproved { order: event.order, cents: event.cents }.into());
//!     }
//!     Ok(RefundDenied { order: event.order, why: "too large".into() }.into())
//! }
//! # fn main() {}
//! ```
//!
//! The world, in the crate's folder `wit`:
//!
//! ```wit
#![doc = include_str!("../docs/refund.wit")]
//! ```
//!
//! The crate is a `cdylib`, built by `lockstep build`. What a step may import without asking is here:
//! lines for its log ([`info!`] and its siblings), who and when it is ([`run`]), its timers
//! ([`timer`]), bytes by reference ([`blob`]); and what its grant must give: the state of the run
//! ([`state`]), items for whoever watches it ([`updates`]), other
//! servers ([`http`]), and tools ([`tools`]). A step imports the modules whose
//! functions it calls, and no others.
//!
//! A component may also be a tool that steps call, which needs no world of its own ([`macro@tool`]):
//!
//! ```
//! use lockstep_sdk::{Failure, Json, tool};
//!
//! /// How long a text is, in bytes of its JSON.
//! #[tool(schema = r#"{"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}"#)]
//! fn measure(arguments: Json) -> Result<usize, Failure> {
//!     Ok(arguments.len())
//! }
//! # fn main() {}
//! ```

pub mod blob;
pub mod failure;
pub mod http;
pub mod log;
pub mod run;
pub mod state;
pub mod timer;
pub mod tools;
pub mod updates;

mod host;

pub use failure::{Failure, FailureKind};
pub use host::lockstep::step::host_events::{HumanResponse, InputRequired, StepFailed, TimerFired};
pub use host::lockstep::step::types::Json;
pub use lockstep_sdk_macros::{step, tool};

/// For the code that [`macro@step`] and [`macro@tool`] write; no promise is made of it.
#[doc(hidden)]
pub mod __private {
    pub use crate::host::exports::lockstep::step::tool;
    pub use crate::host::lockstep::step as host;
    pub use wit_bindgen;

    use crate::Failure;

    /// What the export of a tool is made with.
    pub mod bindings {
        pub use crate::host::*;
    }

    /// Called before every handler: a panic is logged before it ends the attempt.
    pub fn enter() {
        std::panic::set_hook(Box::new(|panic| crate::error!("{panic}")));
    }

    /// What a component says when it is asked for a tool that it does not have.
    pub fn no_tool(name: &str) -> Failure {
        Failure::permanent("no-tool", format!("there is no tool `{name}` in this component"))
    }
}
