//! `[mcp]`: the servers of tools that the operator has, from what a person wrote. It starts none.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use url::{Host, Url};

use super::{McpServer, McpTransport, McpValue, SecretSource};
use crate::grant::http::SecretUse;
use crate::grant::keys;
use crate::suggest::did_you_mean;
use crate::table::{Entry, Level, Reader, Table};

pub(super) const SERVER: Level =
    Level { keys: &["command", "cwd", "env", "url", "secret", "start-timeout"], later: &[] };

pub(super) const VARIABLE: Level = Level { keys: &["secret"], later: &[] };

const TIMEOUT: &str = "a duration from 1ms to 10m, such as \"10s\"";

const EITHER: &str = "one of `command = [\"PROGRAM\", …]` and `url = \"https://tools.example/mcp\"`";

/// Headers that are part of how the server is spoken to.
const MANAGED: [&str; 10] = [
    "accept",
    "connection",
    "content-length",
    "content-type",
    "host",
    "last-event-id",
    "mcp-protocol-version",
    "mcp-session-id",
    "transfer-encoding",
    "upgrade",
];

/// The secrets that may be named.
type Secrets = BTreeMap<String, SecretSource>;

pub(super) fn servers(
    reader: &mut Reader,
    table: &Table<'_>,
    secrets: &Secrets,
) -> BTreeMap<String, McpServer> {
    let entries = reader.named(table, "mcp");
    let servers =
        entries.iter().filter_map(|entry| Some((entry.name.value.clone(), server(reader, entry, secrets)?)));
    servers.collect()
}

fn server(reader: &mut Reader, entry: &Entry<'_>, secrets: &Secrets) -> Option<McpServer> {
    let Some(table) = entry.table(reader, &SERVER) else { return entry.refuse(reader, EITHER) };
    let timeouts = Duration::from_millis(1)..=Duration::from_mins(10);
    let start_timeout = reader.duration_in(&table, "start-timeout", timeouts, TIMEOUT);
    let (process, http) = (process(reader, &table, secrets), http(reader, &table, secrets));
    let has = |key| reader.line_of(&table, key).is_some();
    let transport = match (has("command"), has("url")) {
        (true, false) => {
            alone(reader, &table, &["secret"], "`url`; give a process its secrets in `env`");
            process
        }
        (false, true) => {
            alone(reader, &table, &["cwd", "env"], "`command`");
            http
        }
        _ => entry.refuse(reader, EITHER),
    };
    let start_timeout = start_timeout.unwrap_or(McpServer::START_TIMEOUT);
    Some(McpServer { transport: transport?, start_timeout })
}

/// Notes keys that the other kind of server has.
fn alone(reader: &mut Reader, table: &Table<'_>, others: &[&str], belongs: &str) {
    for key in others {
        if let Some(line) = reader.line_of(table, key) {
            reader.report(table.step(), line, format!("`{key}` belongs to a server with {belongs}"));
        }
    }
}

fn process(reader: &mut Reader, table: &Table<'_>, secrets: &Secrets) -> Option<McpTransport> {
    let cwd = reader.text(table, "cwd").map_or_else(|| PathBuf::from("."), |path| path.value.into());
    let entries = reader.named(table, "env");
    let env = entries.iter().filter_map(|entry| variable(reader, entry, secrets)).collect();
    let line = reader.line_of(table, "command")?;
    let argv: Vec<String> = reader.texts(table, "command")?.into_iter().map(|word| word.value).collect();
    if argv.is_empty() {
        let message = "`command` of a server is empty; name a program and its arguments";
        reader.report(table.step(), line, message.into());
    }
    Some(McpTransport::Command { argv, cwd, env })
}

fn variable(reader: &mut Reader, entry: &Entry<'_>, secrets: &Secrets) -> Option<(String, McpValue)> {
    let name = entry.name.value.clone();
    if name.is_empty() || name.contains(['=', '\0']) {
        reader.report(None, entry.name.line, format!("{name:?} is not the name of a variable"));
    }
    let Some(table) = entry.table(reader, &VARIABLE) else {
        let text = entry.text(reader, "text, or `{ secret = \"NAME\" }`")?;
        return Some((name, McpValue::Text(text.value)));
    };
    reader.missing(&table, entry.name.line, "secret", "name the secret as `[secrets]` does");
    let secret = reader.text(&table, "secret")?;
    declared(reader, &table, secret.line, &secret.value, secrets);
    Some((name, McpValue::Secret(secret.value)))
}

fn http(reader: &mut Reader, table: &Table<'_>, secrets: &Secrets) -> Option<McpTransport> {
    let secret = secret(reader, table, secrets);
    let url = reader.parsed(table, "url", address)?;
    Some(McpTransport::Http { url, secret: secret? })
}

/// The secret of a server, if it has one: `None` if it was not read.
fn secret(reader: &mut Reader, table: &Table<'_>, secrets: &Secrets) -> Option<Option<SecretUse>> {
    let Some(line) = reader.line_of(table, "secret") else { return Some(None) };
    let inner = reader.inner(&keys::SECRET, table, "secret")?;
    reader.missing(&inner, line, "name", "name the secret as `[secrets]` does");
    reader.missing(&inner, line, "header", "name the header that carries it: `header = \"authorization\"`");
    let name = reader.text(&inner, "name");
    if let Some(name) = &name {
        declared(reader, &inner, name.line, &name.value, secrets);
    }
    let header = reader.parsed(&inner, "header", header);
    let format = match reader.line_of(&inner, "format") {
        Some(_) => reader.parsed(&inner, "format", format),
        None => Some("{}".into()),
    };
    Some(Some(SecretUse { name: name?.value, header: header?, format: format? }))
}

/// Notes a secret that nobody has.
fn declared(reader: &mut Reader, table: &Table<'_>, line: u32, name: &str, secrets: &Secrets) {
    if !secrets.contains_key(name) {
        let meant = did_you_mean(name, secrets.keys().map(String::as_str));
        reader.report(table.step(), line, format!("the secret `{name}` is not in [secrets]{meant}"));
    }
}

fn address(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    let has_user = !url.username().is_empty() || url.password().is_some();
    match (url.scheme(), url.host()) {
        ("https" | "http", _) if has_user => Err("give what it asks for in `secret`".into()),
        ("https" | "http", _) if url.fragment().is_some() => Err("a fragment goes nowhere".into()),
        ("https", Some(_)) => Ok(url),
        ("http", Some(host)) if is_this_machine(&host) => Ok(url),
        ("http", Some(_)) => Err("only this machine is spoken to without TLS; use https".into()),
        _ => Err("write an address such as \"https://tools.example/mcp\"".into()),
    }
}

fn is_this_machine(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

fn header(text: &str) -> Result<String, String> {
    let name = text.to_ascii_lowercase();
    let is_token =
        text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte));
    match name.as_str() {
        _ if !is_token => Err("that is not the name of a header".into()),
        managed if MANAGED.contains(&managed) => {
            Err("the host writes that header itself; name another one".into())
        }
        _ => Ok(name),
    }
}

fn format(text: &str) -> Result<String, String> {
    let is_visible = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    match text.matches("{}").count() {
        1 if is_visible => Ok(text.to_owned()),
        1 => Err("a header carries visible ASCII only".into()),
        _ => Err("write `{}` once, where the secret goes, such as \"Bearer {}\"".into()),
    }
}
