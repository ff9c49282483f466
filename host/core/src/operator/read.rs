//! The story of each table of `lockstep.toml`. Those of the ceiling are told where grants are read.

use std::collections::BTreeMap;
use std::path::PathBuf;

use url::{Host, Url};

use super::{Operator, SecretSource, mcp};
use crate::grant;
use crate::table::{Entry, Level, Reader, Table};

/// The format that this program reads.
const FORMAT: u32 = 1;

pub(super) const FILE: Level =
    Level { keys: &["lockstep", "ceiling", "secrets", "tls", "egress", "mcp"], later: &[] };

const SOURCE: Level = Level { keys: &["env", "file", "command"], later: &[] };

const TLS: Level = Level { keys: &["ca"], later: &[] };

const EGRESS: Level = Level { keys: &["proxy"], later: &[] };

const ONE_SOURCE: &str = "`{ env = \"NAME\" }`, `{ file = \"PATH\" }` or `{ command = [\"PROGRAM\", …] }`";

/// All levels, by the definitions of `operator.schema.json` that describe them.
#[cfg(test)]
pub(super) fn levels() -> Vec<(&'static str, &'static Level)> {
    let own = [
        ("file", &FILE),
        ("ceiling", &grant::keys::INLINE),
        ("source", &SOURCE),
        ("tls", &TLS),
        ("egress", &EGRESS),
        ("mcp", &mcp::SERVER),
        ("variable", &mcp::VARIABLE),
        ("dir", &grant::keys::CEILING_DIR),
    ];
    let inside = grant::keys::INSIDE.into_iter().filter(|(name, _)| *name != "dir");
    own.into_iter().chain(inside).collect()
}

pub(super) fn file(reader: &mut Reader, table: &Table<'_>) -> Option<Operator> {
    if !reader.is_of_format(table, "lockstep", FORMAT, "lockstep.toml") {
        return None;
    }
    let ceiling = reader.inner(&grant::keys::INLINE, table, "ceiling");
    let secrets = secrets(reader, table);
    Some(Operator {
        ceiling: ceiling.map(|ceiling| grant::ceiling(reader, &ceiling)),
        ca: ca(reader, table),
        proxy: proxy(reader, table),
        mcp: mcp::servers(reader, table, &secrets),
        secrets,
    })
}

fn secrets(reader: &mut Reader, table: &Table<'_>) -> BTreeMap<String, SecretSource> {
    let entries = reader.named(table, "secrets");
    let secrets = entries.iter().filter_map(|entry| Some((entry.name.value.clone(), source(reader, entry)?)));
    secrets.collect()
}

fn source(reader: &mut Reader, entry: &Entry<'_>) -> Option<SecretSource> {
    let Some(table) = entry.table(reader, &SOURCE) else { return entry.refuse(reader, ONE_SOURCE) };
    let env = reader.text(&table, "env").map(|name| SecretSource::Env(name.value));
    let file = reader.text(&table, "file").map(|path| SecretSource::File(PathBuf::from(path.value)));
    let command = command(reader, &table);
    let given = SOURCE.keys.iter().filter(|key| reader.line_of(&table, key).is_some()).count();
    match given {
        1 => env.or(file).or(command),
        _ => entry.refuse(reader, &format!("one source: {ONE_SOURCE}")),
    }
}

fn command(reader: &mut Reader, table: &Table<'_>) -> Option<SecretSource> {
    let line = reader.line_of(table, "command")?;
    let words: Vec<String> = reader.texts(table, "command")?.into_iter().map(|word| word.value).collect();
    if words.is_empty() {
        let message = "`command` of a secret is empty; name a program and its arguments";
        reader.report(table.step(), line, message.into());
    }
    Some(SecretSource::Command(words))
}

fn ca(reader: &mut Reader, table: &Table<'_>) -> Option<PathBuf> {
    let table = reader.inner(&TLS, table, "tls")?;
    reader.text(&table, "ca").map(|path| PathBuf::from(path.value))
}

fn proxy(reader: &mut Reader, table: &Table<'_>) -> Option<Url> {
    let table = reader.inner(&EGRESS, table, "egress")?;
    reader.parsed(&table, "proxy", address)
}

fn address(text: &str) -> Result<Url, String> {
    let is_plain = |url: &Url| {
        let has_more = url.path() != "/" || url.query().is_some() || url.fragment().is_some();
        let has_user = !url.username().is_empty() || url.password().is_some();
        let is_named = matches!(url.host(), Some(Host::Domain(_) | Host::Ipv4(_) | Host::Ipv6(_)));
        url.scheme() == "http" && is_named && !has_more && !has_user
    };
    let url = Url::parse(text).ok().filter(is_plain);
    url.ok_or("write a host and a port and nothing else: \"http://proxy.example:3128\"".into())
}
