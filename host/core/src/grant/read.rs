//! The story of each table: which keys it has, what each takes, and what stands in where one is
//! missing.

use super::{Access, Grant, StateGrant, UpdatesGrant, keys};
use crate::table::{COUNT, Reader, Table};

/// The format that this program reads.
const FORMAT: u32 = 1;

const MIB: u64 = 1 << 20;

const BYTES: &str = "a size from 1B to 16MiB, such as \"64KiB\" or \"1MiB\"";

const RUN: &str = "say how far it goes: `run = \"r\"` or `run = \"rw\"`";

pub(super) fn file(reader: &mut Reader, table: &Table<'_>) -> Option<Grant> {
    reader.missing(table, 1, "grant", "begin the file with the format that it is written in: `grant = 1`");
    let format = reader.count_or(table, "grant", &format!("{COUNT}, the format of the file"));
    if let Some(other) = format.filter(|format| *format != FORMAT) {
        let line = reader.line_of(table, "grant").unwrap_or(1);
        let message = format!(
            "the file is written in format {other} of grants, and this program reads format {FORMAT}; \
             write `grant = {FORMAT}`, or use a program that reads the other one"
        );
        reader.report_only(line, message);
        return None;
    }
    Some(tables(reader, table))
}

/// The tables of a grant, wherever it stands.
pub(crate) fn tables(reader: &mut Reader, table: &Table<'_>) -> Grant {
    Grant { state: state(reader, table), updates: updates(reader, table) }
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
    let bytes = reader.size(&table, "bytes", 1..=16 * MIB, BYTES).unwrap_or(MIB);
    Some(UpdatesGrant { bytes: usize::try_from(bytes).unwrap_or(usize::MAX) })
}
