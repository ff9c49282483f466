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
//! ([`state`]), items for whoever watches it ([`updates`]), and other
//! servers ([`http`]). A step imports the modules whose
//! functions it calls, and no others.

pub mod blob;
pub mod failure;
pub mod http;
pub mod log;
pub mod run;
pub mod state;
pub mod timer;
pub mod updates;

mod host;

pub use failure::{Failure, FailureKind};
pub use host::lockstep::step::host_events::{HumanResponse, InputRequired, StepFailed, TimerFired};
pub use host::lockstep::step::types::Json;
pub use lockstep_sdk_macros::step;

/// For the code that [`macro@step`] writes; no promise is made of it.
#[doc(hidden)]
pub mod __private {
    pub use crate::host::lockstep::step as host;
    pub use wit_bindgen;

    /// Called before every handler: a panic is logged before it ends the attempt.
    pub fn enter() {
        std::panic::set_hook(Box::new(|panic| crate::error!("{panic}")));
    }
}
