//! The state of a run: JSON values by key, each with the version of its last change. A commit's
//! writes go in one by one, in memory and from the journal alike; what an attempt has read tells
//! whether it may still be committed. It knows no run, no attempt and no storage.

mod list;
mod transaction;

#[cfg(test)]
mod tests;

pub use transaction::{Refused, Transaction};

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, RwLock};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::event::Json;
use crate::run::{Change, Record, Seq};
use list::List;

/// The newest durable state of a run, as its running attempts see it.
pub type Shared = Arc<RwLock<State>>;

/// All keys of a run with their values. A clone shares the values and all but the ends of lists.
///
/// **Invariant:** a key that was deleted keeps its version, so that whoever has read it learns of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    cells: BTreeMap<Arc<str>, Cell>,
    /// When a key last came to be or went.
    keys_version: Seq,
}

#[derive(Clone, Debug, PartialEq)]
struct Cell {
    version: Seq,
    value: Value,
}

#[derive(Clone, Debug, PartialEq)]
enum Value {
    Absent,
    One(Json),
    List(List),
}

/// A change of one key.
#[derive(Clone, Debug, PartialEq)]
pub struct Write {
    /// Which key.
    pub key: Arc<str>,
    /// What is done to it.
    pub op: Op,
    /// The value that `Set` and `Append` bring; no other has one.
    pub value: Option<Json>,
}

/// What a write does. The journal stores it as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "lowercase")]
pub enum Op {
    /// The key has this value from now on.
    Set,
    /// The key is not there any more.
    Delete,
    /// The number it holds grows by so much; an absent key holds 0.
    Add {
        /// By how much.
        by: i64,
    },
    /// The list it holds has one more element; an absent key holds none.
    Append,
}

/// What an attempt has read, and as of which row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// The newest row that the attempt could see.
    pub as_of: Seq,
    /// The keys whose values it has read, absent ones too.
    pub keys: BTreeSet<Arc<str>>,
    /// Whether it has asked which keys there are.
    pub listed: bool,
}

/// A write that the value of its key does not allow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// `add` on something else.
    #[error("`add` needs a whole number between -2^63 and 2^63-1, and the key {key:?} holds something else")]
    NotANumber {
        /// Which key.
        key: Arc<str>,
    },
    /// `add` beyond the end of the numbers.
    #[error("`add` brings the key {key:?} beyond the numbers from -2^63 to 2^63-1")]
    Overflow {
        /// Which key.
        key: Arc<str>,
    },
    /// `append` or `page` on something else.
    #[error("`append` and `page` need a list, and the key {key:?} holds something else")]
    NotAList {
        /// Which key.
        key: Arc<str>,
    },
}

impl State {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<Json> {
        self.cells.get(key).and_then(|cell| cell.value.json())
    }

    /// The keys that begin with `prefix`, in order.
    pub fn keys(&self, prefix: &str) -> impl Iterator<Item = &Arc<str>> {
        let from =
            self.cells.range::<str, _>((std::ops::Bound::Included(prefix), std::ops::Bound::Unbounded));
        let own = from.take_while(move |(key, _)| key.starts_with(prefix));
        own.filter(|(_, cell)| cell.value != Value::Absent).map(|(key, _)| key)
    }

    /// At most `limit` elements of the list that a key holds, from `offset` on.
    pub fn page(&self, key: &Arc<str>, offset: u64, limit: u32) -> Result<Vec<Json>, Misfit> {
        match self.cells.get(key).map_or(&Value::Absent, |cell| &cell.value) {
            Value::List(list) => Ok(list.page(offset, limit)),
            other => {
                let list = other.list().ok_or_else(|| Misfit::NotAList { key: key.clone() })?;
                Ok(list.page(offset, limit))
            }
        }
    }

    /// The values of all keys, in order.
    pub fn entries(&self) -> impl Iterator<Item = (&Arc<str>, Json)> {
        self.cells.iter().filter_map(|(key, cell)| Some((key, cell.value.json()?)))
    }

    /// Whether something that was read has changed since.
    pub fn conflicts(&self, reads: &Reads) -> bool {
        let is_newer = |key: &Arc<str>| self.version(key) > reads.as_of;
        (reads.listed && self.keys_version > reads.as_of) || reads.keys.iter().any(is_newer)
    }

    /// Whether all these writes fit, one after the other.
    pub fn check(&self, writes: &[Write]) -> Result<(), Misfit> {
        let mut touched = State::default();
        for write in writes {
            if !touched.cells.contains_key(&write.key)
                && let Some((key, cell)) = self.cells.get_key_value(&write.key)
            {
                // A list takes one more element however long it is: it is not copied for that.
                if write.op == Op::Append && matches!(cell.value, Value::List(_)) {
                    continue;
                }
                touched.cells.insert(key.clone(), cell.clone());
            }
            touched.write(write, Seq(0))?;
        }
        Ok(())
    }

    /// Does one write as row `version`; a misfit leaves everything as it was.
    pub fn write(&mut self, write: &Write, version: Seq) -> Result<(), Misfit> {
        let before = self.cells.get_mut(&write.key);
        let was_there = before.as_ref().is_some_and(|cell| cell.value != Value::Absent);
        match before {
            Some(cell) => {
                cell.value.change(write)?;
                cell.version = version;
            }
            None => {
                let mut value = Value::Absent;
                value.change(write)?;
                self.cells.insert(write.key.clone(), Cell { version, value });
            }
        }
        let is_there = !matches!(write.op, Op::Delete);
        if was_there != is_there {
            self.keys_version = version;
        }
        Ok(())
    }

    /// Takes in what these rows change, where they change state.
    pub fn replay<'r>(&mut self, records: impl IntoIterator<Item = &'r Record>) -> Result<(), Misfit> {
        for record in records {
            if let Change::State { key, op, payload, .. } = &record.change {
                let write = Write { key: key.clone(), op: *op, value: payload.clone() };
                self.write(&write, record.seq)?;
            }
        }
        Ok(())
    }

    /// The same values as a run finds them that takes them over: nothing has changed yet.
    pub fn taken_over(&self) -> State {
        let there = self.cells.iter().filter(|(_, cell)| cell.value != Value::Absent);
        let cells =
            there.map(|(key, cell)| (key.clone(), Cell { version: Seq(0), value: cell.value.clone() }));
        State { cells: cells.collect(), keys_version: Seq(0) }
    }

    fn version(&self, key: &str) -> Seq {
        self.cells.get(key).map_or(Seq(0), |cell| cell.version)
    }
}

impl Value {
    fn json(&self) -> Option<Json> {
        match self {
            Value::Absent => None,
            Value::One(json) => Some(json.clone()),
            Value::List(list) => Some(list.json()),
        }
    }

    /// What it holds as a list, if it can be one.
    fn list(&self) -> Option<List> {
        match self {
            Value::Absent => Some(List::default()),
            Value::One(json) => List::read(json),
            Value::List(list) => Some(list.clone()),
        }
    }

    fn change(&mut self, Write { key, op, value }: &Write) -> Result<(), Misfit> {
        match (op, value) {
            (Op::Set, Some(json)) => *self = Value::One(json.clone()),
            (Op::Append, Some(json)) => self.append(key, json)?,
            (Op::Add { by }, _) => *self = Value::One(self.sum(key, *by)?),
            (Op::Delete | Op::Set | Op::Append, _) => *self = Value::Absent,
        }
        Ok(())
    }

    fn append(&mut self, key: &Arc<str>, json: &Json) -> Result<(), Misfit> {
        if !matches!(self, Value::List(_)) {
            *self = Value::List(self.list().ok_or_else(|| Misfit::NotAList { key: key.clone() })?);
        }
        if let Value::List(list) = self {
            list.push(json.clone());
        }
        Ok(())
    }

    fn sum(&self, key: &Arc<str>, by: i64) -> Result<Json, Misfit> {
        let number = match self {
            Value::Absent => Some(0),
            Value::One(json) => json.as_str().trim().parse::<i64>().ok(),
            Value::List(_) => None,
        };
        let number = number.ok_or_else(|| Misfit::NotANumber { key: key.clone() })?;
        let sum = number.checked_add(by).ok_or_else(|| Misfit::Overflow { key: key.clone() })?;
        Ok(Json::trusted(sum.to_string()))
    }
}

/// The elements of a JSON array, each as its own text; none if it is no array.
fn elements(json: &Json) -> Option<Vec<Json>> {
    let raw: Vec<&RawValue> = serde_json::from_str(json.as_str()).ok()?;
    Some(raw.into_iter().map(|element| Json::trusted(element.get())).collect())
}
