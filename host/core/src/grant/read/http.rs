//! `[[http]]`: rules from what a person wrote, each field in the spelling that requests are matched in.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::narrow;
use crate::grant::http::{
    Approve, Cidr, Host, Network, PathPattern, REQUEST_BYTES, RESPONSE_BYTES, Rate, Rule, Scheme, SecretUse,
    TIMEOUT, header, method, network_of,
};
use crate::grant::keys;
use crate::table::{Reader, Table};

const BODIES: RangeInclusive<u64> = 0..=16 << 20;

const BODY: &str = "a size from 0B to 16MiB, such as \"256KiB\"";

const PORT: &str = "a whole number from 1 to 65535";

const WAIT: &str = "a duration from 1ms to 1h, such as \"10s\"";

const NETWORK: &str =
    "\"public\", \"private\", \"loopback:PORT\" or a list of networks such as [\"10.2.0.0/16\"]";

const APPROVE: [(&str, Approve); 3] =
    [("never", Approve::Never), ("writes", Approve::Writes), ("always", Approve::Always)];

/// The units of a rate.
const UNITS: [(&str, u64); 4] = [("s", 1), ("min", 60), ("h", 3600), ("d", 86_400)];

pub(super) fn rules(reader: &mut Reader, table: &Table<'_>) -> Vec<Rule> {
    let tables = reader.list(&keys::HTTP, table, "http");
    tables.into_iter().filter_map(|(line, table)| rule(reader, &table, line)).collect()
}

fn rule(reader: &mut Reader, table: &Table<'_>, line: u32) -> Option<Rule> {
    reader.missing(table, line, "host", "name the server: `host = \"api.example.com\"`");
    let host = reader.parsed(table, "host", Host::parse);
    let schemes = [("https", Scheme::Https), ("http", Scheme::Http)];
    let scheme = reader.word(table, "scheme", &schemes).unwrap_or(Scheme::Https);
    let port = reader.integer(table, "port", 1..=65_535, PORT);
    let network = network(reader, table);
    let secret = secret(reader, table);
    let rule = Rule {
        scheme,
        port: port.and_then(|port| port.try_into().ok()).unwrap_or(scheme.port()),
        methods: some(reader, table, "methods", method).unwrap_or_else(|| vec!["GET".into(), "HEAD".into()]),
        paths: some(reader, table, "paths", PathPattern::parse).unwrap_or_else(|| vec![PathPattern::all()]),
        query: reader.all_parsed(table, "query", |name| Ok(name.to_owned())),
        idempotency: reader.parsed(table, "idempotency", header),
        at_most_once: at_most_once(reader, table),
        redirects: reader
            .word(table, "redirects", &[("none", false), ("same-rules", true)])
            .unwrap_or_default(),
        request_bytes: reader.size(table, "request-bytes", BODIES, BODY).map_or(REQUEST_BYTES, narrow),
        response_bytes: reader.size(table, "response-bytes", BODIES, BODY).map_or(RESPONSE_BYTES, narrow),
        timeout: timeout(reader, table).unwrap_or(TIMEOUT),
        rate: reader.parsed(table, "rate", rate),
        approve: reader.word(table, "approve", &APPROVE).unwrap_or_default(),
        reuse: reuse(reader, table),
        host: host?,
        network: network?,
        secret: secret?,
    };
    contradictions(reader, table, line, &rule);
    Some(rule)
}

/// `effects` of a rule.
pub(super) fn at_most_once(reader: &mut Reader, table: &Table<'_>) -> bool {
    let words = [("at-least-once", false), ("at-most-once", true)];
    reader.word(table, "effects", &words).unwrap_or_default()
}

/// `on-retry` of a rule.
pub(super) fn reuse(reader: &mut Reader, table: &Table<'_>) -> bool {
    reader.word(table, "on-retry", &[("repeat", false), ("reuse", true)]).unwrap_or_default()
}

/// `timeout` of a rule.
pub(super) fn timeout(reader: &mut Reader, table: &Table<'_>) -> Option<Duration> {
    let range = Duration::from_millis(1)..=Duration::from_hours(1);
    reader.duration_in(table, "timeout", range, WAIT)
}

/// A list that would let nothing through if it were empty.
fn some<T>(
    reader: &mut Reader,
    table: &Table<'_>,
    key: &str,
    read: impl Fn(&str) -> Result<T, String>,
) -> Option<Vec<T>> {
    let line = reader.line_of(table, key)?;
    if reader.length(table, key) == Some(0) {
        let message =
            format!("`http.{key}` is empty, so the rule lets nothing through; name one, or remove it");
        reader.report(table.step(), line, message);
        return None;
    }
    reader.all_parsed(table, key, read)
}

/// The network of a rule: `None` if it was not read.
fn network(reader: &mut Reader, table: &Table<'_>) -> Option<Network> {
    if reader.length(table, "network").is_some() {
        let networks = some(reader, table, "network", Cidr::parse)?;
        return Some(Network::Within(networks));
    }
    let read = |text: &str| match (text, text.strip_prefix("loopback:").map(str::parse)) {
        ("public", _) => Ok(Network::Public),
        ("private", _) => Ok(Network::Private),
        (_, Some(Ok(port @ 1..))) => Ok(Network::Loopback(port)),
        _ => Err(format!("it takes {NETWORK}")),
    };
    match reader.line_of(table, "network") {
        Some(_) => reader.parsed(table, "network", read),
        None => Some(Network::Public),
    }
}

/// The secret of a rule, if it has one: `None` if it was not read.
fn secret(reader: &mut Reader, table: &Table<'_>) -> Option<Option<SecretUse>> {
    let Some(line) = reader.line_of(table, "secret") else { return Some(None) };
    let inner = reader.inner(&keys::SECRET, table, "secret")?;
    reader.missing(&inner, line, "name", "name the secret as `[secrets]` of lockstep.toml does");
    reader.missing(&inner, line, "header", "name the header that carries it: `header = \"authorization\"`");
    let name = reader.text(&inner, "name").map(|name| name.value);
    let header = reader.parsed(&inner, "header", header);
    let format = match reader.line_of(&inner, "format") {
        Some(_) => reader.parsed(&inner, "format", format),
        None => Some("{}".into()),
    };
    Some(Some(SecretUse { name: name?, header: header?, format: format? }))
}

fn format(text: &str) -> Result<String, String> {
    let is_visible = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    match text.matches("{}").count() {
        1 if is_visible => Ok(text.to_owned()),
        1 => Err("a header carries visible ASCII only".into()),
        _ => Err("write `{}` once, where the secret goes, such as \"Bearer {}\"".into()),
    }
}

pub(super) fn rate(text: &str) -> Result<Rate, String> {
    let read = || {
        let (calls, unit) = text.split_once('/')?;
        let calls = calls.parse().ok().filter(|calls| (1..=1_000_000).contains(calls))?;
        let is_plain = text.bytes().next().is_some_and(|byte| byte.is_ascii_digit());
        let (_, seconds) = UNITS.iter().find(|(name, _)| *name == unit && is_plain)?;
        Some(Rate { calls, per: Duration::from_secs(*seconds) })
    };
    read().ok_or("write calls in a time, such as \"20/min\"; the times are s, min, h and d".into())
}

/// What no request could ever pass, or what two keys say differently.
fn contradictions(reader: &mut Reader, table: &Table<'_>, line: u32, rule: &Rule) {
    let mut report = |message: String| reader.report(table.step(), line, message);
    if let Network::Loopback(port) = rule.network
        && port != rule.port
    {
        report(format!(
            "the rule is for port {}, and `http.network = \"loopback:{port}\"` for another one; \
             write the same port in both",
            rule.port
        ));
    }
    if let Some(address) = rule.host.address()
        && !rule.network.allows(address, rule.port)
    {
        report(format!(
            "{address} is not in the rule's network, so the rule lets nothing through; write `{}`",
            network_of(address, rule.port)
        ));
    }
    if let (Some(secret), Some(key)) = (&rule.secret, &rule.idempotency)
        && secret.header == *key
    {
        report(format!("the header `{key}` cannot carry the secret and the call's key; name two"));
    }
    if rule.redirects && rule.approve != Approve::Never {
        report(
            "a person approves one request, not where it leads; remove `redirects = \"same-rules\"` or \
             `approve`"
                .into(),
        );
    }
}
