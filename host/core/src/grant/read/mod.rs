//! The story of each table: which keys it has, what each takes, and what stands in where one is
//! missing.

mod http;
mod limits;
mod store;
mod tools;

use std::collections::BTreeMap;
use std::time::Duration;

use super::http::HttpGrant;
use super::{
    Access, ApprovalGrant, Denied, Grant, OnDenied, Randomness, StateGrant, Tie, UpdatesGrant, WallClock,
    keys,
};
use crate::blob::Digest;
use crate::table::{Reader, Table};

/// The format that this program reads.
const FORMAT: u32 = 1;

const MIB: u64 = 1 << 20;

const BYTES: &str = "a size from 1B to 16MiB, such as \"64KiB\" or \"1MiB\"";

const WITHIN: &str = "a duration from 1s to 30d, such as \"24h\"";

const RUN: &str = "say how far it goes: `run = \"r\"` or `run = \"rw\"`";

pub(super) fn file(reader: &mut Reader, table: &Table<'_>) -> Option<Grant> {
    let is_known = reader.is_of_format(table, "grant", FORMAT, "grants");
    is_known.then(|| Grant { component: tie(reader, table), ..tables(reader, table) })
}

/// The tables of a grant, wherever it stands.
pub(crate) fn tables(reader: &mut Reader, table: &Table<'_>) -> Grant {
    Grant {
        tools: tools::of_step(reader, table),
        kv: store::kv_of_step(reader, table),
        dirs: store::dirs_of_step(reader, table),
        ..shared(reader, table)
    }
}

/// The tables of the operator's ceiling.
pub(crate) fn ceiling(reader: &mut Reader, table: &Table<'_>) -> Grant {
    Grant {
        tools: tools::of_ceiling(reader, table),
        kv: store::kv_of_ceiling(reader, table),
        dirs: store::dirs_of_ceiling(reader, table),
        ..shared(reader, table)
    }
}

/// What reads the same in both.
fn shared(reader: &mut Reader, table: &Table<'_>) -> Grant {
    Grant {
        http: HttpGrant { rules: http::rules(reader, table), ceiling: None },
        approval: approval(reader, table).unwrap_or_default(),
        state: state(reader, table),
        updates: updates(reader, table),
        config: config(reader, table),
        scratch: store::scratch(reader, table),
        wall: wall(reader, table).unwrap_or_default(),
        random: random(reader, table).unwrap_or_default(),
        limits: limits::read(reader, table).unwrap_or_default(),
        on_denied: on_denied(reader, table),
        ..Grant::default()
    }
}

fn tie(reader: &mut Reader, table: &Table<'_>) -> Option<Tie> {
    let table = reader.inner(&keys::COMPONENT, table, "component")?;
    let digest = |text: &str| text.parse::<Digest>().map_err(|wrong| wrong.to_string());
    Some(Tie {
        digest: reader.parsed(&table, "digest", digest),
        signer: reader.text(&table, "signer").map(|signer| signer.value),
        asks: reader.parsed(&table, "asks", digest),
    })
}

fn state(reader: &mut Reader, table: &Table<'_>) -> Option<StateGrant> {
    let line = reader.line_of(table, "state")?;
    let table = reader.inner(&keys::STATE, table, "state")?;
    reader.missing(&table, line, "run", RUN);
    let run = reader.word(&table, "run", &[("r", Access::Read), ("rw", Access::ReadWrite)])?;
    Some(StateGrant { run })
}

fn updates(reader: &mut Reader, table: &Table<'_>) -> Option<UpdatesGrant> {
    let table = reader.inner(&keys::UPDATES, table, "updates")?;
    let bytes = reader.size(&table, "bytes", 1..=16 * MIB, BYTES).map(narrow);
    Some(UpdatesGrant { bytes: bytes.unwrap_or(UpdatesGrant::default().bytes) })
}

fn config(reader: &mut Reader, table: &Table<'_>) -> Option<BTreeMap<String, String>> {
    reader.line_of(table, "config")?;
    let entries = reader.named(table, "config");
    let values = entries.iter().filter_map(|entry| Some((entry.name.value.clone(), entry.scalar(reader)?)));
    Some(values.collect())
}

fn wall(reader: &mut Reader, table: &Table<'_>) -> Option<WallClock> {
    let table = reader.inner(&keys::CLOCK, table, "clock")?;
    reader.word(&table, "wall", &[("delivery", WallClock::Delivery), ("real", WallClock::Real)])
}

fn random(reader: &mut Reader, table: &Table<'_>) -> Option<Randomness> {
    let table = reader.inner(&keys::RANDOM, table, "random")?;
    reader.word(&table, "source", &[("real", Randomness::Real), ("seeded", Randomness::Seeded)])
}

fn approval(reader: &mut Reader, table: &Table<'_>) -> Option<ApprovalGrant> {
    let table = reader.inner(&keys::APPROVAL, table, "approval")?;
    let range = Duration::from_secs(1)..=Duration::from_hours(30 * 24);
    let within = reader.duration_in(&table, "within", range, WITHIN)?;
    Some(ApprovalGrant { within })
}

fn on_denied(reader: &mut Reader, table: &Table<'_>) -> OnDenied {
    let Some(table) = reader.inner(&keys::ON_DENIED, table, "on-denied") else { return OnDenied::default() };
    let words = [("error", Denied::Error), ("fail", Denied::Fail), ("ask", Denied::Ask)];
    let mut word = |key| reader.word(&table, key, &words).unwrap_or_default();
    OnDenied { http: word("http"), tools: word("tools") }
}

/// A size whose range fits every machine.
fn narrow(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}
