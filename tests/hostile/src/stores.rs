//! A step that does what its event asks of stores of keys and values and of its configuration, deed by
//! deed, and comes back with what came of each. It is written against the standard interfaces alone.

use serde_json::{Value, json};

use crate::made_of;

const WIT: &str = include_str!("../stores.wit");

const WAT: &str = include_str!("../stores.wat");

/// The step.
pub fn component() -> Vec<u8> {
    made_of(WIT, WAT)
}

/// What a deed does, in the order in which the step knows them.
const OPS: [&str; 8] = ["open", "get", "set", "delete", "exists", "list", "config", "all-config"];

/// What may come of it but good.
const CODES: [&str; 4] = ["no-such-store", "access-denied", "other:", "none"];

/// One thing that the step is to do.
#[derive(Clone, Debug)]
pub struct Deed(Value);

/// A deed with a key, or the name of a store, in the first bucket, done once.
pub fn deed(op: &str, key: &str) -> Deed {
    let op = OPS.iter().position(|known| *known == op).unwrap_or_else(|| panic!("there is no deed {op}"));
    Deed(json!({ "op": op, "at": 0, "cursor": null, "key": key, "value": "", "size": 0, "times": 1 }))
}

impl Deed {
    /// In the bucket at this place.
    pub fn at(self, place: u32) -> Deed {
        self.with("at", place.into())
    }

    /// With this value.
    pub fn value(self, value: &str) -> Deed {
        self.with("value", value.into())
    }

    /// With a value of so many bytes of nothing.
    pub fn size(self, size: u32) -> Deed {
        self.with("size", size.into())
    }

    /// From this cursor on.
    pub fn cursor(self, cursor: u64) -> Deed {
        self.with("cursor", cursor.into())
    }

    /// So often, or until it is refused; a key of six letters or more ends with the number of the turn.
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

/// What the step came back with, one word for each deed: `ok` or what else it was, then the number and
/// the text that came with it, if any did. The number of a listing is that of its keys, and a million for
/// each cursor up to the one behind them; its text is the last key.
pub fn told(done: &str) -> Vec<String> {
    let done: Value = serde_json::from_str(done).expect("an event");
    let answers = done["answers"].as_array().expect("a list").iter();
    let told = answers.map(|answer| {
        let code = usize::try_from(answer["code"].as_i64().expect("a number"));
        let (n, text) = (answer["n"].as_u64().expect("a number"), answer["text"].as_str().expect("a text"));
        let number = (n > 0).then(|| n.to_string());
        let words = [Some(code.map_or("ok", |code| CODES[code]).to_owned()), number, Some(text.to_owned())];
        words.into_iter().flatten().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
    });
    told.collect()
}
