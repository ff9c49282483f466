//! Servers of this machine, where the workflows of the gallery call services: whoever tries a workflow needs no
//! account and no network, and tests are told the same every time. Each speaks the protocol of what it stands for,
//! asks for a key, and says in every answer what it is. They know nothing of workflows and steps.
//!
//! ```text
//! [[http]] of a grant ──► http: one request, its key checked ──┬► model: OpenAI's protocol, answered by rules
//!                                                              └► payments: a bank that sends no money
//! ```

mod http;
pub mod model;
pub mod payments;

pub use http::{Answer, Asked, Service, Serving, serve};

/// The key that a server asks for unless it is told another one.
pub const KEY: &str = "only-for-this-machine";
