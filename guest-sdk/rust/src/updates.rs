//! Items for whoever watches the run: tokens, progress. Needs `[updates]` in the step's grant.
//!
//! ```no_run
//! use lockstep_sdk::updates;
//!
//! updates::publish("progress", r#"{"done": 3, "of": 10}"#);
//! ```
//!
//! A name is 1 to 64 bytes of text. One attempt publishes at most 10,000 items, and at most the
//! grant's `bytes`. A call beyond a bound, or with something that is not JSON, ends the attempt: it
//! does not return.

use crate::host::lockstep::step::updates as host;

/// Shows an item: at once as provisional, for good when the attempt has succeeded. What a failed
/// attempt has published is taken back.
pub fn publish(name: &str, item: impl AsRef<str>) {
    host::publish(name, item.as_ref());
}
