//! The rules of Lockstep, without I/O: what a component's contract says, how a workflow routes,
//! how a run moves. Bytes, text and times come in as arguments; decisions go out as values.
//! Nothing in here knows a clock, a file, SQL, HTTP, wasmtime or a thread.
//!
//! Reading order: an [`event`] has a [`shape`]; a component's [`contract`] says which it consumes
//! and emits; a [`workflow`] joins contracts into a graph; a [`run`] moves through that graph,
//! one [`outcome`] at a time, and writes what it decided to the [`journal`]. What its steps remember
//! is its [`state`]; what they may reach is their [`grant`], under what the [`operator`] allows, and calls
//! that leave a run are [`effect`]s; what is too large for an event is a [`blob`].

pub mod blob;
pub mod case;
pub mod contract;
pub mod duration;
pub mod effect;
pub mod event;
pub mod grant;
pub mod journal;
pub mod operator;
pub mod outcome;
pub mod retry;
pub mod run;
pub mod shape;
pub mod state;
pub mod suggest;
mod table;
pub mod workflow;
