//! The embeddable host: runs of workflows go in as start events, and come to rest as results.
//!
//! ```text
//! Host::start ─► partition (the loop) ─► Run::start, settle, signal ─► Journal::commit ─► observers
//!                     ▲                                                      │
//!                     └──────── attempts (one task each) ◄── scheduler ◄─────┘
//! ```
//!
//! It knows no backend of the journal, no configuration file, no command line and no environment:
//! what it needs is handed to [`Host::new`]. Nobody is told of anything before it is
//! written, and what reaches anything outside its run is not attempted before that either.

pub mod archive;
mod blobs;
mod clock;
mod deployed;
mod effects;
mod fork;
mod host;
mod kv;
mod observer;
mod partition;
mod request;
mod scheduler;

#[cfg(test)]
mod tests;

pub use clock::{Clock, Lull, Rests, System, Virtual, Waiting};
pub use deployed::{Attempting, Attempts, Deployed, Worker};
pub use fork::fork;
pub use host::{Error, Host, NewRun, Rest, RunHandle, Settings, Until};
pub use kv::stores;
pub use observer::{Attempt, Observer};
pub use request::{Reply, Request};
