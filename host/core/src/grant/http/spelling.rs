//! Hosts, networks, methods and headers as grants write them, brought into the spelling that requests
//! are matched in.

use core::net::IpAddr;

use super::asked::{self, NoRequest};
use super::{Cidr, Host};

/// Headers that the host alone writes: they frame the message, name its target or belong to one hop.
const MANAGED: [&str; 12] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// A method in capitals.
pub(in crate::grant) fn method(text: &str) -> Result<String, String> {
    asked::token(text).map_err(|NoRequest(why)| why)
}

/// A header that a grant may name, in lower case.
pub(in crate::grant) fn header(text: &str) -> Result<String, String> {
    let name = text.to_ascii_lowercase();
    match name.as_str() {
        _ if !asked::is_token(text) => Err("that is not the name of a header".into()),
        managed if MANAGED.contains(&managed) => {
            Err("the host writes that header itself; name another one".into())
        }
        _ => Ok(name),
    }
}

impl Host {
    /// Reads a name, an address, or `*.` and a name.
    pub(in crate::grant) fn parse(text: &str) -> Result<Host, String> {
        match text.strip_prefix("*.") {
            Some(apex) if is_address(apex) => Err("labels stand before names, not before addresses".into()),
            Some(apex) => name(apex).map(Host::Below),
            None if text.contains('*') => {
                Err("`*` stands for whole labels before a name, as in \"*.example.com\"; name the host"
                    .into())
            }
            None => match text.parse() {
                Ok(IpAddr::V6(v6)) => name(&format!("[{v6}]")).map(Host::Exactly),
                _ => name(text).map(Host::Exactly),
            },
        }
    }

    /// The address, where it is one and not a name.
    pub(in crate::grant) fn address(&self) -> Option<IpAddr> {
        match self {
            Host::Exactly(host) => host.trim_start_matches('[').trim_end_matches(']').parse().ok(),
            Host::Below(_) => None,
        }
    }
}

fn is_address(text: &str) -> bool {
    !matches!(url::Host::parse(text), Ok(url::Host::Domain(_)) | Err(_))
}

fn name(text: &str) -> Result<String, String> {
    match url::Host::parse(text) {
        Ok(url::Host::Domain(name)) if asked::is_name(&name) => Ok(name),
        Ok(address @ (url::Host::Ipv4(_) | url::Host::Ipv6(_))) => Ok(address.to_string()),
        _ => Err("write the name alone, without scheme, port, path and a dot at its end".into()),
    }
}

impl Cidr {
    /// Reads `10.2.0.0/16`.
    pub(in crate::grant) fn parse(text: &str) -> Result<Cidr, String> {
        let read = || {
            let (first, bits) = text.split_once('/')?;
            let (first, bits): (IpAddr, u8) = (first.parse().ok()?, bits.parse().ok()?);
            (bits <= if first.is_ipv4() { 32 } else { 128 }).then_some(Cidr { first, bits })
        };
        let network =
            read().ok_or("write an address and how many of its bits count, such as \"10.2.0.0/16\"")?;
        match network.first.to_canonical() == network.first {
            false => Err("write the IPv4 address that is in it".into()),
            true if !network.is_first() => Err("write the first address of the network".into()),
            true => Ok(network),
        }
    }
}
