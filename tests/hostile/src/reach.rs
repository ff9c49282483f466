//! A step that reaches what its event asks for in files, clocks and chance, deed by deed, and comes back
//! with what came of each. It is written against the standard interfaces alone.
//!
//! Descriptors have places: the folders that the step finds at its beginning stand at 0, 1, 2 and so on,
//! and what a deed opens stands where the deed says.

use serde_json::{Value, json};

use crate::made_of;

const WIT: &str = include_str!("../reach.wit");

const WAT: &str = include_str!("../reach.wat");

/// The step.
pub fn component() -> Vec<u8> {
    made_of(WIT, WAT)
}

/// What a deed does, in the order in which the step knows them.
const OPS: [&str; 22] = [
    "open",
    "read",
    "write",
    "set-size",
    "mkdir",
    "unlink",
    "rmdir",
    "rename",
    "link",
    "symlink",
    "size",
    "stream",
    "append",
    "list",
    "touch",
    "close",
    "now",
    "step-now",
    "random",
    "step-random",
    "rush",
    "where",
];

/// The errors of `wasi:filesystem`, in its order.
const ERRORS: [&str; 37] = [
    "access",
    "would-block",
    "already",
    "bad-descriptor",
    "busy",
    "deadlock",
    "quota",
    "exist",
    "file-too-large",
    "illegal-byte-sequence",
    "in-progress",
    "interrupted",
    "invalid",
    "io",
    "is-directory",
    "loop",
    "too-many-links",
    "message-size",
    "name-too-long",
    "no-device",
    "no-entry",
    "no-lock",
    "insufficient-memory",
    "insufficient-space",
    "not-directory",
    "not-empty",
    "not-recoverable",
    "unsupported",
    "no-tty",
    "no-such-device",
    "overflow",
    "not-permitted",
    "pipe",
    "read-only",
    "invalid-seek",
    "text-file-busy",
    "cross-device",
];

/// How `open` opens.
pub mod how {
    /// Links are followed.
    pub const FOLLOW: u32 = 1;
    /// What is not there is made.
    pub const CREATE: u32 = 1 << 8;
    /// What is there is emptied.
    pub const TRUNCATE: u32 = 8 << 8;
    /// To read.
    pub const READ: u32 = 1 << 16;
    /// To write.
    pub const WRITE: u32 = 2 << 16;
}

/// One thing that the step is to do.
#[derive(Clone, Debug)]
pub struct Deed(Value);

/// A deed with a path, from the first folder, done once.
pub fn deed(op: &str, path: &str) -> Deed {
    let op = OPS.iter().position(|known| *known == op).unwrap_or_else(|| panic!("there is no deed {op}"));
    Deed(json!({
        "op": op, "at": 0, "to": 0, "flags": 0, "offset": 0, "path": path, "text": "", "times": 1,
    }))
}

/// Opens a path, and keeps it at a place.
pub fn open(path: &str, how: u32, to: u32) -> Deed {
    deed("open", path).flags(how).to(to)
}

/// Traps.
pub fn trap() -> Deed {
    deed("close", "").flags(1)
}

/// Spins for ever.
pub fn spin() -> Deed {
    deed("close", "").flags(2)
}

impl Deed {
    /// At this place, or from it.
    pub fn at(self, place: u32) -> Deed {
        self.with("at", place.into())
    }

    /// To this place.
    pub fn to(self, place: u32) -> Deed {
        self.with("to", place.into())
    }

    /// With these flags.
    pub fn flags(self, flags: u32) -> Deed {
        self.with("flags", flags.into())
    }

    /// From here on, or so large.
    pub fn offset(self, offset: u64) -> Deed {
        self.with("offset", offset.into())
    }

    /// With this text: what is written, or the other path.
    pub fn text(self, text: &str) -> Deed {
        self.with("text", text.into())
    }

    /// So often, or until it is refused; a path of six letters or more ends with the number of the turn.
    pub fn times(self, times: u32) -> Deed {
        self.with("times", times.into())
    }

    fn with(mut self, field: &str, value: Value) -> Deed {
        self.0[field] = value;
        self
    }
}

/// The event that asks for deeds, as JSON text.
pub fn work(deeds: &[Deed]) -> String {
    json!({ "deeds": deeds.iter().map(|deed| &deed.0).collect::<Vec<_>>() }).to_string()
}

/// What the step came back with, one word for each deed: `ok`, the name of an error; then the number
/// and the text that came with it, if any did.
pub fn told(done: &str) -> Vec<String> {
    let done: Value = serde_json::from_str(done).expect("an event");
    let answers = done["answers"].as_array().expect("a list").iter();
    let told = answers.map(|answer| {
        let code = usize::try_from(answer["code"].as_i64().expect("a number"));
        let (n, text) = (answer["n"].as_u64().expect("a number"), answer["text"].as_str().expect("a text"));
        let mut told = code.map_or("ok", |code| ERRORS[code]).to_owned();
        if n > 0 {
            told = format!("{told} {n}");
        }
        if !text.is_empty() {
            told = format!("{told} {text}");
        }
        told
    });
    told.collect()
}
