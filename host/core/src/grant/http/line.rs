//! What to write in a grant so that a request is let through, as people are shown it.

use core::net::IpAddr;

use super::choose::names_in;
use super::{Asked, Host, Network, Scheme, Why};
use crate::effect::Denial;

/// The rule that lets through what was denied, as lines of a grant's file, and no wider than it has to
/// be. None for what is no request, and for a query with a name that no grant can write.
pub fn rule_that_allows(denial: &Denial) -> Option<String> {
    let (method, url) = denial.what.split_once(' ')?;
    let why = Why::ALL.into_iter().find(|why| why.as_str() == &*denial.why)?;
    rule_for(&Asked::parse(method, url).ok()?, why)
}

/// The same, of a request. What nobody knows but the person who reads it stands in a comment.
pub(super) fn rule_for(asked: &Asked, why: Why) -> Option<String> {
    let scheme = asked.url.scheme();
    let lines = [
        (why == Why::Secret)
            .then(|| "# [ceiling] of lockstep.toml wants its secret with this one".to_owned()),
        Some("[[http]]".to_owned()),
        Some(format!("host = {}", quoted(asked.host()))),
        (scheme != Scheme::Https.as_str()).then(|| format!("scheme = {}", quoted(scheme))),
        asked.url.port().map(|port| format!("port = {port}")),
        Some(format!("methods = [{}]", quoted(&asked.method))),
        Some(format!("paths = [{}]", quoted(&path(asked)))),
        Some(format!("query = [{}]", names(asked)?)),
        network(asked, why),
    ];
    Some(lines.into_iter().flatten().map(|line| format!("{line}\n")).collect())
}

/// The network of an address, where it is not the internet; what a name means is not known here.
fn network(asked: &Asked, why: Why) -> Option<String> {
    let (host, port) = (asked.host(), asked.url.port_or_known_default().unwrap_or_default());
    match Host::Exactly(host.to_owned()).address() {
        Some(address) if Network::Public.allows(address, port) => None,
        Some(address) => Some(network_of(address, port)),
        None if why != Why::Network => None,
        None if host == "localhost" => Some(format!("network = \"loopback:{port}\"")),
        None => {
            Some(format!("network = \"private\"    # or \"loopback:{port}\", or a list: where {host} is"))
        }
    }
}

/// The narrowest network that has an address, as a rule says it.
pub(in crate::grant) fn network_of(address: IpAddr, port: u16) -> String {
    let address = address.to_canonical();
    match address {
        _ if Network::Public.allows(address, port) => "network = \"public\"".into(),
        _ if address.is_loopback() => format!("network = \"loopback:{port}\""),
        IpAddr::V4(v4) => format!("network = [\"{v4}/32\"]"),
        IpAddr::V6(v6) => format!("network = [\"{v6}/128\"]"),
    }
}

/// The path as a pattern that means it and nothing else: a guest must not get a wider one proposed.
fn path(asked: &Asked) -> String {
    asked.url.path().replace('*', "%2A")
}

fn names(asked: &Asked) -> Option<String> {
    let names = names_in(&asked.url).map(|name| (!name.is_empty()).then(|| quoted(&name)));
    Some(names.collect::<Option<Vec<_>>>()?.join(", "))
}

/// A string of TOML, whatever is in it.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}
