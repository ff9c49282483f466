//! `[[kv]]`, `[[dir]]` and `[scratch]`: what outlives an attempt, and what does not.

use std::path::PathBuf;
use std::time::Duration;

use crate::grant::{Access, DirGrant, KV_BYTES, KvGrant, SCRATCH, ScratchGrant, keys};
use crate::table::{Reader, Table};

const GIB: u64 = 1 << 30;

const SIZE: &str = "a size from 1B to 16GiB, such as \"10MiB\"";

const SCRATCH_SIZE: &str = "a size from 1B to 1GiB, such as \"32MiB\"";

const FILES: &str = "a whole number from 1 to 1000000";

const STORE: &str = "name the store as the step opens it: `store = \"cache\"`";

const ACCESS: &str = "say how far it goes: `access = \"r\"` or `access = \"rw\"`";

const HOST: &str = "name the folder, from where this file is: `host = \"data/policies\"`";

const GUEST: &str = "say where the step sees it: `guest = \"/policies\"`";

const DIR_ACCESS: &str = "say how far it goes: `access = \"read\"` or `access = \"read-write\"`";

/// The stores of a step; what it opens must mean one of them.
pub(super) fn kv_of_step(reader: &mut Reader, table: &Table<'_>) -> Vec<KvGrant> {
    let mut stores: Vec<KvGrant> = Vec::new();
    for (line, table) in reader.list(&keys::KV, table, "kv") {
        let Some(store) = kv(reader, &table, line) else { continue };
        if stores.iter().any(|other| other.store == store.store) {
            let message = format!("the store `{}` is granted twice; give it one [[kv]]", store.store);
            reader.report(table.step(), line, message);
        }
        stores.push(store);
    }
    stores
}

/// The stores of a ceiling: the same one may stand several times, with other prefixes.
pub(super) fn kv_of_ceiling(reader: &mut Reader, table: &Table<'_>) -> Vec<KvGrant> {
    let tables = reader.list(&keys::KV, table, "kv");
    tables.into_iter().filter_map(|(line, table)| kv(reader, &table, line)).collect()
}

fn kv(reader: &mut Reader, table: &Table<'_>, line: u32) -> Option<KvGrant> {
    reader.missing(table, line, "store", STORE);
    reader.missing(table, line, "access", ACCESS);
    let store = reader.parsed(table, "store", plain);
    let prefix = reader.parsed(table, "prefix", plain).unwrap_or_default();
    let access = reader.word(table, "access", &[("r", Access::Read), ("rw", Access::ReadWrite)]);
    let bytes = reader.size(table, "bytes", 1..=16 * GIB, SIZE).unwrap_or(KV_BYTES);
    let ttl = reader.duration(table, "ttl", Duration::from_millis(1));
    Some(KvGrant { store: store?, prefix, access: access?, bytes, ttl })
}

/// A name that reads the same wherever it is shown.
fn plain(text: &str) -> Result<String, String> {
    match text.len() <= 256 && !text.contains(char::is_control) {
        true => Ok(text.to_owned()),
        false => Err("use up to 256 bytes of text without control characters".into()),
    }
}

/// The folders of a step; no two of them stand in one place.
pub(super) fn dirs_of_step(reader: &mut Reader, table: &Table<'_>) -> Vec<DirGrant> {
    let mut dirs: Vec<DirGrant> = Vec::new();
    for (line, table) in reader.list(&keys::DIR, table, "dir") {
        reader.missing(&table, line, "guest", GUEST);
        let guest = reader.parsed(&table, "guest", guest);
        let (Some(dir), Some(guest)) = (dir(reader, &table, line), guest) else { continue };
        if dirs.iter().any(|other| other.guest == guest) {
            let message = format!("two folders are to be seen as {guest:?}; give one of them another place");
            reader.report(table.step(), line, message);
        }
        dirs.push(DirGrant { guest, ..dir });
    }
    dirs
}

/// The folders of a ceiling, wherever steps see them.
pub(super) fn dirs_of_ceiling(reader: &mut Reader, table: &Table<'_>) -> Vec<DirGrant> {
    let tables = reader.list(&keys::CEILING_DIR, table, "dir");
    tables.into_iter().filter_map(|(line, table)| dir(reader, &table, line)).collect()
}

fn dir(reader: &mut Reader, table: &Table<'_>, line: u32) -> Option<DirGrant> {
    reader.missing(table, line, "host", HOST);
    reader.missing(table, line, "access", DIR_ACCESS);
    let host = reader.parsed(table, "host", plain);
    let words = [("read", Access::Read), ("read-write", Access::ReadWrite)];
    let access = reader.word(table, "access", &words);
    Some(DirGrant { host: PathBuf::from(host?), guest: String::new(), access: access? })
}

/// An absolute path in its shortest spelling, and not where the attempt's own folder is.
fn guest(text: &str) -> Result<String, String> {
    let Some(path) = text.strip_prefix('/') else {
        return Err("a step sees absolute paths; begin it with `/`".into());
    };
    let is_plain = |name: &str| !matches!(name, "" | "." | "..") && !name.contains(char::is_control);
    if !path.split('/').all(|name| is_plain(name) && !name.contains('\\')) {
        return Err("write it without empty parts, `.`, `..` and backslashes, such as \"/policies\"".into());
    }
    match format!("{text}/").starts_with(&format!("{SCRATCH}/")) {
        true => Err("that is where [scratch] is; give it another place".into()),
        false => Ok(text.to_owned()),
    }
}

pub(super) fn scratch(reader: &mut Reader, table: &Table<'_>) -> Option<ScratchGrant> {
    let table = reader.inner(&keys::SCRATCH, table, "scratch")?;
    let plain = ScratchGrant::default();
    let files = reader.integer(&table, "files", 1..=1_000_000, FILES);
    Some(ScratchGrant {
        bytes: reader.size(&table, "bytes", 1..=GIB, SCRATCH_SIZE).unwrap_or(plain.bytes),
        files: files.and_then(|files| files.try_into().ok()).unwrap_or(plain.files),
    })
}
