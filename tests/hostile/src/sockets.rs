//! The guest that reaches for sockets and names.

use crate::made_of;

/// What it reaches for.
#[derive(Clone, Copy, Debug)]
pub enum Reach {
    /// Connects to this port of this machine.
    Connect(u16),
    /// Binds a port of this machine.
    Bind,
    /// Asks what `localhost` means.
    Lookup,
}

/// The step.
pub fn component() -> Vec<u8> {
    made_of(include_str!("../sockets.wit"), include_str!("../sockets.wat"))
}

/// The event that asks for it, as JSON text.
pub fn work(reach: Reach) -> String {
    let (op, port) = match reach {
        Reach::Connect(port) => (0, port),
        Reach::Bind => (1, 0),
        Reach::Lookup => (2, 0),
    };
    format!("{{\"op\":{op},\"port\":{port}}}")
}

/// What came of it: `ok`, or the name of the error, or its number where it has a rare one.
pub fn told(done: &str) -> String {
    match done.trim_matches(|char: char| !char.is_ascii_digit()) {
        "0" => "ok".to_owned(),
        "2" => "access-denied".to_owned(),
        "21" => "permanent-resolver-failure".to_owned(),
        other => format!("error {other}"),
    }
}
