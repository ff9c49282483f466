//! The grant of a component that has none: a case of a handler should need no other file. What its imports ask for
//! is open, and leads to the answers of its cases and nowhere else.

use lockstep_core::case::StepCase;
use lockstep_core::contract::Contract;
use lockstep_core::grant::http::{Asked, Host, PathPattern, Rule, Scheme, Segment};
use lockstep_core::grant::tools::{ToolSource, ToolsRule};
use lockstep_core::grant::{self, Grant, Right};

/// What stands for all servers and tools of a component without a grant.
const EVERYTHING: &str = "grant = 1
[[http]]
host = \"case.invalid\"
methods = [\"GET\", \"HEAD\", \"POST\", \"PUT\", \"PATCH\", \"DELETE\", \"OPTIONS\"]
request-bytes = \"16MiB\"
response-bytes = \"16MiB\"
[[tools]]
mcp = \"case\"
allow = [\"none\"]
result-bytes = \"16MiB\"
[state]
run = \"rw\"
[updates]
bytes = \"16MiB\"
[config]
[on-denied]
http = \"ask\"
tools = \"ask\"
";

/// What a component asks for, as far as its cases know of it. Calls that no case answers are let through too: so
/// it is the case that says so, and not a grant that nobody wrote.
pub(super) fn open(contract: &Contract, cases: &[&StepCase]) -> Grant {
    let mut grant = grant::parse(EVERYTHING).expect("the text above is a grant");
    let asks = |right| contract.imports.iter().any(|import| Right::of_import(&import.name) == Some(right));
    if asks(Right::Http) {
        let any = grant.http.rules[0].clone();
        grant.http.rules.extend(servers(cases).map(|asked| rule(&asked, &any)));
    } else {
        grant.http.rules.clear();
    }
    if asks(Right::Tools) {
        grant.tools.rules[0].allow = tools(cases);
    } else {
        grant.tools.rules.clear();
    }
    grant.state = grant.state.filter(|_| asks(Right::State));
    grant.updates = grant.updates.filter(|_| asks(Right::Updates));
    grant.config = grant.config.filter(|_| asks(Right::Config));
    grant
}

/// An address of each server that a case answers for.
fn servers(cases: &[&StepCase]) -> impl Iterator<Item = Asked> {
    let urls = cases.iter().flat_map(|case| &case.http).filter_map(|request| request.url.as_deref());
    let mut servers: Vec<Asked> = urls.filter_map(|url| Asked::parse("GET", url).ok()).collect();
    servers.sort_by_key(|asked| asked.url.origin().ascii_serialization());
    servers.dedup_by_key(|asked| asked.url.origin().ascii_serialization());
    servers.into_iter()
}

/// Everything of one server.
fn rule(asked: &Asked, any: &Rule) -> Rule {
    let scheme = if asked.url.scheme() == Scheme::Http.as_str() { Scheme::Http } else { Scheme::Https };
    Rule {
        host: Host::Exactly(asked.url.host_str().unwrap_or_default().to_owned()),
        scheme,
        port: asked.url.port_or_known_default().unwrap_or(scheme.port()),
        paths: vec![PathPattern(vec![Segment::Rest])],
        ..any.clone()
    }
}

/// The names of the tools that any case knows, and one at least: without any rule the interface is not there.
fn tools(cases: &[&StepCase]) -> Vec<String> {
    let mut names: Vec<String> =
        cases.iter().flat_map(|case| &case.tools).map(|tool| tool.name.clone()).collect();
    names.sort();
    names.dedup();
    if names.is_empty() { vec!["none".into()] } else { names }
}

/// A grant as cases are run under it: what it asks of the world outside is not held against stand-ins, and what it
/// counts against real time is not waited for.
pub(super) fn without_the_world(mut grant: Grant) -> Grant {
    grant.http.rules.iter_mut().for_each(|rule| rule.rate = None);
    grant.http.ceiling = None;
    grant.tools.rules.iter_mut().for_each(|rule: &mut ToolsRule| {
        rule.pin = None;
        rule.rate = None;
    });
    grant.tools.ceiling = None;
    grant.wall = grant::WallClock::Delivery;
    grant.random = grant::Randomness::Seeded;
    grant
}

/// The same, its fuel counted whether it has a limit or not.
pub(super) fn counted(mut grant: Grant) -> Grant {
    if grant.limits.fuel == 0 {
        grant.limits.fuel = u64::MAX;
    }
    grant
}

/// Whose tools a grant names.
pub(super) fn sources(grant: &Grant) -> impl Iterator<Item = &ToolSource> {
    grant.tools.rules.iter().map(|rule| &rule.from)
}
