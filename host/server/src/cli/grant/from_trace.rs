//! `lockstep grant from-trace`: the narrowest rules for other servers and for tools with which a run could
//! have done what it did, read from its journal. What a tool called is its own grant's to allow.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use clap::Args;
use lockstep_core::effect::{CallId, Denial};
use lockstep_core::grant::http::Asked;
use lockstep_core::journal::Journal;
use lockstep_core::run::{Change, Seq};

use crate::exit::Exit;
use crate::inert::inert;
use crate::{report, store};

/// The capabilities whose calls become rules.
const HTTP: &str = "http";
const TOOLS: &str = "tools";
/// How calls name a component, as [`ToolSource`](lockstep_core::grant::tools::ToolSource) is told.
const COMPONENT: &str = "component:";

/// Print the narrowest http and tools rules that a run has used, step by step
///
/// Reads the calls that left the run from its journal. What was denied is told, and not granted; where a
/// person was asked about a call, the rule asks again.
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

/// What was asked of servers and tools, by whose grant allows it.
#[derive(Default)]
struct Trace {
    used: BTreeMap<Owner, Used>,
    denied: BTreeSet<String>,
    /// The calls that a person was asked about.
    asked: BTreeSet<(Seq, CallId)>,
    /// Whose tools were called, by the call.
    tools: BTreeMap<(Seq, CallId), String>,
}

/// Whose grant it is.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Owner {
    Step(String),
    /// A component that is a tool.
    Tool(String),
}

/// Paths by all else that a rule says; tools, and whether a person was asked about one, by whose they are.
#[derive(Default)]
struct Used {
    requests: BTreeMap<Request, BTreeSet<String>>,
    tools: BTreeMap<String, BTreeMap<String, bool>>,
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
    is_asked: bool,
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
            Change::ApprovalAsked { delivery, call, .. } => drop(self.asked.insert((*delivery, *call))),
            Change::EffectStarted { delivery, step, call, capability, what, within, .. } => {
                let owner = self.owner(*delivery, step, *within);
                let is_asked = self.asked.contains(&(*delivery, *call));
                match &**capability {
                    HTTP => self.used.entry(owner).or_default().sent(what, is_asked),
                    TOOLS => {
                        let from = self.used.entry(owner).or_default().called(what, is_asked);
                        self.tools.extend(from.map(|from| ((*delivery, *call), from)));
                    }
                    _ => {}
                }
            }
            Change::Denied { denial: Denial { capability, what, why, .. }, .. } => {
                self.denied.insert(format!("{capability}: {what} ({why})"));
            }
            _ => {}
        }
    }

    /// A call that a tool makes is allowed by the tool's grant.
    fn owner(&self, delivery: Seq, step: &str, within: Option<CallId>) -> Owner {
        let tool = within.and_then(|call| self.tools.get(&(delivery, call))?.strip_prefix(COMPONENT));
        tool.map_or_else(|| Owner::Step(step.to_owned()), |tool| Owner::Tool(tool.to_owned()))
    }

    fn told(&self) -> String {
        let mut text = String::new();
        for (owner, Used { requests, tools }) in &self.used {
            text += &match owner {
                Owner::Step(step) => format!("# step `{}`\n", inert(step)),
                Owner::Tool(tool) => format!("# tool `{}`\n", inert(tool)),
            };
            requests.iter().for_each(|(request, paths)| text += &rule(request, paths));
            tools.iter().for_each(|(from, tools)| text += &tools_rule(from, tools));
        }
        if self.used.is_empty() {
            text += "# no call left this run\n";
        }
        self.denied.iter().for_each(|denied| text += &format!("# denied: {}\n", inert(denied)));
        text
    }
}

impl Used {
    fn sent(&mut self, what: &str, is_asked: bool) {
        let asked = what.split_once(' ').and_then(|(method, url)| Asked::parse(method, url).ok());
        let Some(Asked { method, url }) = asked else { return };
        let Some((host, port)) = url.host_str().zip(url.port_or_known_default()) else { return };
        let request = Request {
            host: host.to_owned(),
            port,
            scheme: url.scheme().to_owned(),
            method,
            query: url.query_pairs().map(|(name, _)| name.into_owned()).collect(),
            is_asked,
        };
        // A star of the path itself means no other path.
        let path = url.path().replace('*', "%2A");
        self.requests.entry(request).or_default().insert(path);
    }

    /// `FROM/TOOL …`; whose tool it is.
    fn called(&mut self, what: &str, is_asked: bool) -> Option<String> {
        let (from, tool) = what.split(' ').next()?.split_once('/')?;
        let asks = self.tools.entry(from.to_owned()).or_default().entry(tool.to_owned()).or_default();
        *asks |= is_asked;
        Some(from.to_owned())
    }
}

fn tools_rule(from: &str, tools: &BTreeMap<String, bool>) -> String {
    let (key, name) = match from.strip_prefix(COMPONENT) {
        Some(name) => ("component", name),
        None => ("mcp", from),
    };
    let asked: BTreeSet<String> =
        tools.iter().filter(|(_, asks)| **asks).map(|(tool, _)| tool.clone()).collect();
    let approve = if asked.is_empty() { String::new() } else { format!("approve = {}\n", list(&asked)) };
    let allow = list(&tools.keys().cloned().collect());
    format!("[[tools]]\n{key} = {}\nallow = {allow}\n{approve}\n", quoted(name))
}

fn rule(request: &Request, paths: &BTreeSet<String>) -> String {
    let Request { host, port, scheme, method, query, is_asked } = request;
    let is_default = matches!((scheme.as_str(), port), ("https", 443) | ("http", 80));
    let scheme = if scheme == "https" { String::new() } else { format!("scheme = {}\n", quoted(scheme)) };
    let port_line = if is_default { String::new() } else { format!("port = {port}\n") };
    format!(
        "[[http]]\nhost = {}\n{scheme}{port_line}methods = [{}]\npaths = {}\nquery = {}\n{}{}\n",
        quoted(host),
        quoted(method),
        list(paths),
        list(query),
        network(host, *port),
        if *is_asked { "approve = \"always\"\n" } else { "" },
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
    use lockstep_core::effect::Keep;

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
            tool: None,
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

    fn tool(step: &str, what: &str, call: &[u8], within: Option<&[u8]>) -> Change {
        let id = |name: &[u8]| CallId { digest: Digest::of(name), nth: 1 };
        match started(step, what) {
            Change::EffectStarted { delivery, attempt, step, what, rule, at_most_once, keep, .. } => {
                let (call, capability, within) = (id(call), TOOLS.into(), within.map(id));
                Change::EffectStarted {
                    delivery,
                    attempt,
                    step,
                    call,
                    capability,
                    what,
                    rule,
                    at_most_once,
                    within,
                    keep,
                }
            }
            other => other,
        }
    }

    fn asked(call: &[u8]) -> Change {
        Change::ApprovalAsked {
            within: None,
            delivery: Seq(1),
            attempt: 1,
            step: "".into(),
            call: CallId { digest: Digest::of(call), nth: 1 },
            capability: TOOLS.into(),
            what: "".into(),
            rule: "".into(),
            why: "".into(),
            deadline: lockstep_core::event::Timestamp(0),
            moment: lockstep_core::effect::Moment {
                clock: lockstep_core::event::Timestamp(0),
                seed: Digest::of(b""),
            },
            payload: None,
        }
    }

    #[test]
    fn tools_are_allowed_by_whose_grant_they_were_called_under() {
        let mut trace = Trace::default();
        for change in [
            tool("pay", r#"bank/balance {"a":"b/c"}"#, b"1", None),
            asked(b"2"),
            tool("pay", "bank/pay {}", b"2", None),
            tool("pay", "component:kit/a/b {}", b"3", None),
            tool("pay", "shop/look {}", b"4", Some(b"3")),
            asked(b""),
            started("pay", "POST https://api.example.com/v1"),
        ] {
            trace.note(&change);
        }
        let told = trace.told();
        expect![[r##"
            # step `pay`
            [[http]]
            host = "api.example.com"
            methods = ["POST"]
            paths = ["/v1"]
            query = []
            approve = "always"

            [[tools]]
            mcp = "bank"
            allow = ["balance", "pay"]
            approve = ["pay"]

            [[tools]]
            component = "kit"
            allow = ["a/b"]

            # tool `kit`
            [[tools]]
            mcp = "shop"
            allow = ["look"]

        "##]]
        .assert_eq(&told);
        let grant = lockstep_core::grant::parse(&format!("grant = 1\n{told}")).unwrap();
        assert_eq!((grant.http.rules.len(), grant.tools.rules.len()), (1, 3));
    }

    #[test]
    fn a_run_without_calls_needs_no_rule() {
        assert_eq!(Trace::default().told(), "# no call left this run\n");
    }
}
