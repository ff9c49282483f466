//! `lockstep:step/state`: the state of the run, as one transaction of the attempt. Everything that
//! the host holds for it is bounded, and so is everything that one call answers.

use lockstep_core::event::Json;
use lockstep_core::grant::{Access, StateGrant};
use lockstep_core::outcome::Class;
use lockstep_core::state::{Op, Reads, Transaction, Write};

use super::bindings::lockstep::step::state;
use super::check::{self, Name};
use crate::View;
use crate::attempt::Guest;
use crate::fault::{Ended, bytes};

const KEY: Name = Name { what: "state key", code: "state-key", longest: 512 };
/// Bytes of JSON of one value that is written.
const LARGEST_VALUE: usize = 1 << 20;
/// Writes of one attempt, and its reads.
const MOST_CALLS: u32 = 100_000;
/// Keys and values of all writes of one attempt, and the keys of all its reads, in bytes.
const MOST_BYTES: usize = 16 << 20;
/// What the host remembers of a read or write beside its texts, in bytes.
const CALL_COST: usize = size_of::<Write>();
/// Bytes of a value that is read whole.
const LARGEST_READ: usize = 16 << 20;
/// Keys of one answer.
const MOST_KEYS: usize = 10_000;
/// Elements of one page.
const LONGEST_PAGE: u32 = 1000;
/// Bytes of a page that has more than one element.
const LARGEST_PAGE: usize = 1 << 20;

/// What an attempt does with the state of its run.
pub(crate) struct State {
    access: Access,
    transaction: Transaction,
    reads: Budget,
    writes: Budget,
}

/// What is left of what the host holds for an attempt.
struct Budget {
    calls: u32,
    bytes: usize,
}

/// Which of it has been used up.
enum Spent {
    Calls,
    Bytes,
}

impl State {
    /// Of an attempt that sees `view`. Without a grant the interface is not linked.
    pub(crate) fn new(grant: Option<&StateGrant>, view: View) -> State {
        State {
            access: grant.map_or(Access::Read, |grant| grant.run),
            transaction: Transaction::begin(view.state, view.as_of),
            reads: Budget::default(),
            writes: Budget::default(),
        }
    }

    /// What it read and wrote.
    pub(crate) fn end(self) -> (Reads, Vec<Write>) {
        self.transaction.end()
    }

    fn get(&mut self, key: &str) -> Result<Option<String>, Ended> {
        self.count_read(key)?;
        let Some(value) = self.transaction.get(key)? else { return Ok(None) };
        let length = value.as_str().len();
        if length > LARGEST_READ {
            let (has, most) = (bytes(length), bytes(LARGEST_READ));
            let message = format!(
                "the state key {key:?} holds {has} of JSON, and at most {most} can be read whole; read it with `page`"
            );
            return Err(Ended::failed(Class::Limit, "state-bytes", message));
        }
        Ok(Some(value.as_str().to_owned()))
    }

    fn keys(&mut self, prefix: &str) -> Result<Vec<String>, Ended> {
        self.reads.take(0).map_err(|spent| spent.by("reads"))?;
        let keys = self.transaction.keys(prefix)?;
        if keys.len() > MOST_KEYS {
            let many = keys.len();
            let message = format!(
                "it asked for {many} state keys at once; {MOST_KEYS} are allowed, ask with a longer prefix"
            );
            return Err(Ended::failed(Class::Limit, "state-keys", message));
        }
        Ok(keys.iter().map(|key| key.to_string()).collect())
    }

    fn page(&mut self, key: &str, offset: u64, limit: u32) -> Result<Vec<String>, Ended> {
        self.count_read(key)?;
        let elements = self.transaction.page(key, offset, limit.min(LONGEST_PAGE))?;
        let mut total = 0;
        let fits = |(index, element): &(usize, Json)| {
            total += element.as_str().len();
            *index == 0 || total <= LARGEST_PAGE
        };
        let page = elements.into_iter().enumerate().take_while(fits);
        Ok(page.map(|(_, element)| element.as_str().to_owned()).collect())
    }

    fn write(&mut self, key: &str, op: Op, value: Option<&str>) -> Result<(), Ended> {
        let key = KEY.check(key)?;
        if self.access == Access::Read {
            let message = format!(
                "it wrote the state key {key:?}, and its grant only lets it read; set `[state] run = \"rw\"`"
            );
            return Err(Ended::failed(Class::Denied, "state", message));
        }
        let value = value.map(|value| checked(&key, value)).transpose()?;
        let size = key.len() + value.as_ref().map_or(0, |value| value.as_str().len());
        self.writes.take(size).map_err(|spent| spent.by("writes"))?;
        self.transaction.write(Write { key, op, value });
        Ok(())
    }

    /// The host remembers every key that is read, so that it knows of conflicts.
    fn count_read(&mut self, key: &str) -> Result<(), Ended> {
        let key = KEY.check(key)?;
        self.reads.take(key.len()).map_err(|spent| spent.by("reads"))
    }
}

impl Default for Budget {
    fn default() -> Budget {
        Budget { calls: MOST_CALLS, bytes: MOST_BYTES }
    }
}

impl Budget {
    fn take(&mut self, bytes: usize) -> Result<(), Spent> {
        self.calls = self.calls.checked_sub(1).ok_or(Spent::Calls)?;
        self.bytes = self.bytes.checked_sub(bytes).ok_or(Spent::Bytes)?;
        Ok(())
    }
}

impl Spent {
    /// What the guest is told whose `reads` or `writes` they were.
    fn by(self, what: &str) -> Ended {
        let (code, message) = match self {
            Spent::Calls => (format!("state-{what}"), format!("are more than {MOST_CALLS}")),
            Spent::Bytes => ("state-bytes".to_owned(), format!("come to more than {}", bytes(MOST_BYTES))),
        };
        let message = format!("its {what} of the state {message}; do less in one attempt");
        Ended::failed(Class::Limit, &code, message)
    }
}

fn checked(key: &str, value: &str) -> Result<Json, Ended> {
    let length = value.len();
    if length > LARGEST_VALUE {
        let most = bytes(LARGEST_VALUE);
        let message = format!(
            "its value for the state key {key:?} has {length} bytes; at most {most} are allowed, split it over several keys"
        );
        return Err(Ended::failed(Class::Limit, "state-bytes", message));
    }
    check::json(value, || format!("its value for the state key {key:?}"))
}

impl Guest {
    fn write(&mut self, key: &str, op: Op, value: Option<&str>) -> wasmtime::Result<()> {
        self.work(|guest| {
            guest.hold(CALL_COST + key.len() + value.map_or(0, str::len))?;
            guest.state.write(key, op, value)
        })
    }
}

impl state::Host for Guest {
    fn get(&mut self, key: String) -> wasmtime::Result<Option<String>> {
        self.work(|guest| {
            guest.hold(CALL_COST + key.len())?;
            guest.state.get(&key)
        })
    }

    fn set(&mut self, key: String, value: String) -> wasmtime::Result<()> {
        self.write(&key, Op::Set, Some(&value))
    }

    fn delete(&mut self, key: String) -> wasmtime::Result<()> {
        self.write(&key, Op::Delete, None)
    }

    fn keys(&mut self, prefix: String) -> wasmtime::Result<Vec<String>> {
        self.work(|guest| {
            guest.hold(CALL_COST + prefix.len())?;
            guest.state.keys(&prefix)
        })
    }

    fn add(&mut self, key: String, by: i64) -> wasmtime::Result<()> {
        self.write(&key, Op::Add { by }, None)
    }

    fn append(&mut self, key: String, value: String) -> wasmtime::Result<()> {
        self.write(&key, Op::Append, Some(&value))
    }

    fn page(&mut self, key: String, offset: u64, limit: u32) -> wasmtime::Result<Vec<String>> {
        self.work(|guest| {
            guest.hold(CALL_COST + key.len())?;
            guest.state.page(&key, offset, limit)
        })
    }
}
