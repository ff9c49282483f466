//! `lockstep grant from-trace`: the narrowest rules for other servers with which a run could have done
//! what it did, read from its journal.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use clap::Args;
use lockstep_core::effect::Denial;
use lockstep_core::grant::http::Asked;
use lockstep_core::journal::Journal;
use lockstep_core::run::Change;

use crate::exit::Exit;
use crate::inert::inert;
use crate::{report, store};

/// The capability whose calls become rules.
const HTTP: &str = "http";

/// Print the narrowest http rules that a run has used, step by step
///
/// Reads the calls that left the run from its journal. What was denied is told, and not granted.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lockstep grant from-trace 7f3a")]
pub(super) struct FromTrace {
    /// Which run: its id, the beginning of it, or its alias
    run: String,
    #[command(flatten)]
    store: store::Store,
}

/// What was asked of servers: paths, by step and all else that a rule says.
#[derive(Default)]
struct Trace {
    used: BTreeMap<String, BTreeMap<Request, BTreeSet<String>>>,
    denied: BTreeSet<String>,
}

/// What requests of one rule share. A rule lets every method through for every path, so each method has
/// its own.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Request {
    host: String,
    port: u16,
    scheme: String,
    method: String,
    query: BTreeSet<String>,
}

impl FromTrace {
    pub(super) fn run(self) -> anyhow::Result<Exit> {
        tokio::runtime::Runtime::new()?.block_on(self.perform())
    }

    async fn perform(self) -> anyhow::Result<Exit> {
        let store = self.store.visit()?;
        let id = store::find(&store, &self.run).await?;
        let mut trace = Trace::default();
        for row in store.load(&id).await? {
            trace.note(&row.decode()?.change);
        }
        report::out(&trace.told())?;
        Ok(Exit::Done)
    }
}

impl Trace {
    fn note(&mut self, change: &Change) {
        match change {
            Change::EffectStarted { step, capability, what, .. } if **capability == *HTTP => {
                self.used(step, what)
            }
            Change::Denied { denial: Denial { capability, what, why }, .. } => {
                self.denied.insert(format!("{capability}: {what} ({why})"));
            }
            _ => {}
        }
    }

    fn used(&mut self, step: &str, what: &str) {
        let asked = what.split_once(' ').and_then(|(method, url)| Asked::parse(method, url).ok());
        let Some(Asked { method, url }) = asked else { return };
        let Some((host, port)) = url.host_str().zip(url.port_or_known_default()) else { return };
        let request = Request {
            host: host.to_owned(),
            port,
            scheme: url.scheme().to_owned(),
            method,
            query: url.query_pairs().map(|(name, _)| name.into_owned()).collect(),
        };
        // A star of the path itself means no other path.
        let path = url.path().replace('*', "%2A");
        self.used.entry(step.to_owned()).or_default().entry(request).or_default().insert(path);
    }

    fn told(&self) -> String {
        let mut text = String::new();
        for (step, requests) in &self.used {
            text += &format!("# step `{}`\n", inert(step));
            requests.iter().for_each(|(request, paths)| text += &rule(request, paths));
        }
        if self.used.is_empty() {
            text += "# no call left this run\n";
        }
        self.denied.iter().for_each(|denied| text += &format!("# denied: {}\n", inert(denied)));
        text
    }
}

fn rule(request: &Request, paths: &BTreeSet<String>) -> String {
    let Request { host, port, scheme, method, query } = request;
    let is_default = matches!((scheme.as_str(), port), ("https", 443) | ("http", 80));
    let scheme = if scheme == "https" { String::new() } else { format!("scheme = {}\n", quoted(scheme)) };
    let port_line = if is_default { String::new() } else { format!("port = {port}\n") };
    format!(
        "[[http]]\nhost = {}\n{scheme}{port_line}methods = [{}]\npaths = {}\nquery = {}\n{}\n",
        quoted(host),
        quoted(method),
        list(paths),
        list(query),
        network(host, *port)
    )
}

/// Where the host is, if its name says that it is on this machine; what other names mean is not in a
/// journal.
fn network(host: &str, port: u16) -> String {
    let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    match host == "localhost" || literal.is_ok_and(|address| address.is_loopback()) {
        true => format!("network = \"loopback:{port}\"\n"),
        false => String::new(),
    }
}

fn list(all: &BTreeSet<String>) -> String {
    format!("[{}]", all.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", "))
}

/// A string of TOML, whatever is in it.
fn quoted(text: &str) -> String {
    toml_edit::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;
    use lockstep_core::blob::Digest;
    use lockstep_core::effect::{CallId, Keep};
    use lockstep_core::run::Seq;

    fn started(step: &str, what: &str) -> Change {
        Change::EffectStarted {
            delivery: Seq(1),
            attempt: 1,
            step: step.into(),
            call: CallId { digest: Digest::of(b""), nth: 1 },
            capability: HTTP.into(),
            what: what.into(),
            rule: "".into(),
            at_most_once: false,
            within: None,
            keep: Keep::No,
        }
    }

    #[test]
    fn a_trace_is_granted_by_its_rules_and_nothing_wider() {
        let mut trace = Trace::default();
        let denial = Denial {
            capability: HTTP.into(),
            what: "GET https://evil.example/\u{1b}".into(),
            why: "host".into(),
        };
        for change in [
            started("pay", "POST https://api.example.com/v1/refunds"),
            started("pay", "GET https://api.example.com/v1/refunds/7?limit=1&after=2"),
            started("pay", "GET https://api.example.com/v1/a*b"),
            started("look", "GET http://localhost:8080/"),
            started("look", "nonsense"),
            Change::Denied { delivery: Seq(1), attempt: 1, denial },
        ] {
            trace.note(&change);
        }
        let told = trace.told();
        expect![[r##"
            # step `look`
            [[http]]
            host = "localhost"
            scheme = "http"
            port = 8080
            methods = ["GET"]
            paths = ["/"]
            query = []
            network = "loopback:8080"

            # step `pay`
            [[http]]
            host = "api.example.com"
            methods = ["GET"]
            paths = ["/v1/a%2Ab"]
            query = []

            [[http]]
            host = "api.example.com"
            methods = ["GET"]
            paths = ["/v1/refunds/7"]
            query = ["after", "limit"]

            [[http]]
            host = "api.example.com"
            methods = ["POST"]
            paths = ["/v1/refunds"]
            query = []

            # denied: http: GET https://evil.example/\u{1b} (host)
        "##]]
        .assert_eq(&told);
        let grant = lockstep_core::grant::parse(&format!("grant = 1\n{told}")).unwrap();
        assert_eq!(grant.http.rules.len(), 4);
    }

    #[test]
    fn a_run_without_calls_needs_no_rule() {
        assert_eq!(Trace::default().told(), "# no call left this run\n");
    }
}
