//! The story of each table: which keys it has, what each takes, and what stands in where one is
//! missing.

mod http;
mod limits;
mod store;

use std::collections::BTreeMap;

use super::http::HttpGrant;
use super::{Access, Denied, Grant, OnDenied, Randomness, StateGrant, Tie, UpdatesGrant, WallClock, keys};
use crate::blob::Digest;
use crate::table::{Reader, Table};

/// The format that this program reads.
const FORMAT: u32 = 1;

const MIB: u64 = 1 << 20;

const BYTES: &str = "a size from 1B to 16MiB, such as \"64KiB\" or \"1MiB\"";

const RUN: &str = "say how far it goes: `run = \"r\"` or `run = \"rw\"`";

pub(super) fn file(reader: &mut Reader, table: &Table<'_>) -> Option<Grant> {
    let is_known = reader.is_of_format(table, "grant", FORMAT, "grants");
    is_known.then(|| Grant { component: tie(reader, table), ..tables(reader, table) })
}

/// The tables of a grant, wherever it stands.
pub(crate) fn tables(reader: &mut Reader, table: &Table<'_>) -> Grant {
    Grant {
        kv: store::kv_of_step(reader, table),
        dirs: store::dirs_of_step(reader, table),
        ..shared(reader, table)
    }
}

/// The tables of the operator's ceiling.
pub(crate) fn ceiling(reader: &mut Reader, table: &Table<'_>) -> Grant {
    Grant {
        kv: store::kv_of_ceiling(reader, table),
        dirs: store::dirs_of_ceiling(reader, table),
        ..shared(reader, table)
    }
}

/// What reads the same in both.
fn shared(reader: &mut Reader, table: &Table<'_>) -> Grant {
    Grant {
        http: HttpGrant { rules: http::rules(reader, table), ceiling: None },
        state: state(reader, table),
        updates: updates(reader, table),
        config: config(reader, table),
        scratch: store::scratch(reader, table),
        wall: wall(reader, table).unwrap_or_default(),
        random: random(reader, table).unwrap_or_default(),
        limits: limits::read(reader, table).unwrap_or_default(),
        on_denied: on_denied(reader, table).unwrap_or_default(),
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

fn on_denied(reader: &mut Reader, table: &Table<'_>) -> Option<OnDenied> {
    let table = reader.inner(&keys::ON_DENIED, table, "on-denied")?;
    let words = [("error", Some(Denied::Error)), ("fail", Some(Denied::Fail)), ("ask", None)];
    let http = reader.word(&table, "http", &words)?;
    if http.is_none() {
        let line = reader.line_of(&table, "http").unwrap_or(1);
        let message = "`on-denied.http = \"ask\"` is not yet supported; write \"error\" or \"fail\"";
        reader.report(table.step(), line, message.into());
    }
    Some(OnDenied { http: http? })
}

/// A size whose range fits every machine.
fn narrow(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}
