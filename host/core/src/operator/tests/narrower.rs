//! Of any grant under any ceiling: what is left is no wider than either.

use core::net::IpAddr;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::*;

const HOSTS: [&str; 5] = ["a.example.com", "b.example.com", "*.example.com", "*.com", "10.0.0.1"];

const PATHS: [&str; 6] = ["/", "/v1", "/v1/*", "/v1/**", "/*/x", "/**"];

const NETWORKS: [&str; 4] = ["\"public\"", "\"private\"", "\"loopback:443\"", "[\"10.0.0.0/8\"]"];

/// A rule as an inline table.
fn rule() -> impl Strategy<Value = String> {
    let lists = (subsequence(vec!["GET", "POST"], 1..=2), subsequence(PATHS.to_vec(), 1..=3));
    let more = select(vec![
        "",
        ", secret = { name = \"k\", header = \"x-k\" }",
        ", rate = \"20/min\", effects = \"at-most-once\", approve = \"writes\"",
        ", rate = \"100/h\", redirects = \"same-rules\", query = [\"q\"]",
        ", request-bytes = 10, timeout = \"1s\"",
        ", response-bytes = 10, redirects = \"same-rules\"",
    ]);
    (select(HOSTS.to_vec()), select(vec![443, 80]), lists, select(NETWORKS.to_vec()), more).prop_map(
        |(host, port, (methods, paths), network, more)| {
            let (port, network) = match (host, network) {
                ("10.0.0.1", _) => (port, "\"private\""),
                (_, "\"loopback:443\"") => (443, network),
                _ => (port, network),
            };
            format!("{{ host = {host:?}, port = {port}, methods = {methods:?}, paths = {paths:?}, network = {network}{more} }}")
        },
    )
}

/// `[[tools]]` of which no two allow one tool, as inline tables.
fn tool_rules() -> impl Strategy<Value = Vec<String>> {
    let both = (tool_rule(&["a", "b"]), tool_rule(&["c", "d"]), 0..=2_usize);
    both.prop_map(|(one, two, many)| [one, two].into_iter().take(many).collect())
}

fn tool_rule(names: &'static [&'static str]) -> impl Strategy<Value = String> {
    let args = select(vec![
        "",
        "x = 1",
        "x = [1, 2]",
        "x = [2, 3], y = \"k\"",
        "y = [\"k\", \"l\"]",
        "x = 3, y = true",
    ]);
    let more = select(vec![
        "",
        ", calls = 3, on-retry = \"reuse\"",
        ", calls = 9, result-bytes = 10, rate = \"20/min\"",
        ", timeout = \"1s\", effects = \"at-most-once\", rate = \"100/h\"",
        ", pin = \"sha256:2222222222222222222222222222222222222222222222222222222222222222\"",
    ]);
    let from = select(vec!["mcp = \"s\"", "mcp = \"t\"", "component = \"s\""]);
    let named = (from, subsequence(names, 1..=names.len()));
    (named, args, any::<bool>(), more).prop_map(|((from, allow), args, asks, more)| {
        let (first, mut text) = (allow[0], format!("{{ {from}, allow = {allow:?}{more}"));
        if !args.is_empty() {
            text += &format!(", args = {{ {first} = {{ {args} }} }}");
        }
        if asks {
            text += &format!(", approve = [{first:?}]");
        }
        text + " }"
    })
}

/// The tables of a grant or, where folders have no place in a step, of a ceiling.
fn tables(guest: &'static str) -> impl Strategy<Value = String> {
    let stores = vec![
        "{ store = \"s\", access = \"r\" }".to_owned(),
        "{ store = \"s\", prefix = \"a/\", access = \"rw\", bytes = 10 }".to_owned(),
        "{ store = \"t\", prefix = \"a/b/\", access = \"rw\", ttl = \"1d\" }".to_owned(),
    ];
    let dirs = ["/d", "/d/e", "/de"].map(|host| format!("{{ host = {host:?}, access = \"read\"{guest} }}"));
    let state = vec!["", "state = { run = \"r\" }", "state = { run = \"rw\" }"];
    let plain = vec![
        "updates = { bytes = 10 }",
        "scratch = { bytes = 10, files = 10 }",
        "config = { a = 1, b = 2 }",
        "clock = { wall = \"real\" }",
        "random = { source = \"seeded\" }",
        "limits = { memory = \"1MiB\", fuel = 9, events = 2000, cpu = \"3s\" }",
        "on-denied = { http = \"fail\", tools = \"ask\" }",
        "approval = { within = \"1h\" }",
    ];
    let rules = (proptest::collection::vec(rule(), 0..3), tool_rules());
    let lists = (rules, select(stores), select(dirs.to_vec()));
    (lists, select(state), subsequence(plain, 0..=8)).prop_map(
        |(((rules, tools), store, dir), state, plain)| {
            let (http, tools) = (rules.join(", "), tools.join(", "));
            format!(
                "http = [{http}]\ntools = [{tools}]\nkv = [{store}]\ndir = [{dir}]\n{state}\n{}\n",
                plain.join("\n")
            )
        },
    )
}

fn requests() -> Vec<Asked> {
    let mut requests = Vec::new();
    for method in ["GET", "POST"] {
        for host in ["a.example.com", "b.example.com", "x.y.example.com", "example.com", "10.0.0.1", "com"] {
            for rest in ["/", ":80/v1", "/v1", "/v1/x", "/v1/", "/v1/x/y", ":80/q/x?q=1", "/v1/x?p=1"] {
                requests.push(Asked::parse(method, &format!("https://{host}{rest}")).unwrap());
            }
        }
    }
    requests
}

fn addresses() -> [IpAddr; 4] {
    ["8.8.8.8", "10.1.1.1", "192.168.1.1", "127.0.0.1"].map(|text| text.parse().unwrap())
}

/// The rules that let a request through, each by itself.
fn those_that_let<'r>(rules: &'r [Rule], asked: &Asked) -> Vec<&'r Rule> {
    let lets = |rule: &&Rule| HttpGrant { rules: vec![(*rule).clone()], ceiling: None }.choose(asked).is_ok();
    rules.iter().filter(lets).collect()
}

/// Whether a rule lets no more through than another one.
fn is_narrower(rule: &Rule, than: &Rule) -> bool {
    let goes_no_further = addresses()
        .iter()
        .all(|at| !rule.network.allows(*at, rule.port) || than.network.allows(*at, rule.port));
    let keeps_rate = than
        .rate
        .is_none_or(|most| rule.rate.is_some_and(|rate| rate.calls <= most.calls || rate.per >= most.per));
    goes_no_further
        && keeps_rate
        && (rule.request_bytes, rule.response_bytes).0 <= than.request_bytes
        && rule.response_bytes <= than.response_bytes
        && rule.timeout <= than.timeout
        && (rule.at_most_once || !than.at_most_once)
        && rule.approve >= than.approve
        && (!rule.redirects || rule.approve == Approve::Never)
        && (!rule.redirects || than.redirects)
        && (rule.secret.is_none() || rule.secret == than.secret)
}

/// Whether tables other than `[[http]]` allow no more than others.
fn is_within(grant: &Grant, than: &Grant) -> bool {
    let runs = |grant: &Grant| grant.state.map(|state| state.run == Access::ReadWrite);
    let stores = grant.kv.iter().all(|store| {
        than.kv.iter().any(|other| {
            store.store == other.store
                && store.prefix.starts_with(&other.prefix)
                && (store.access == Access::Read || other.access == Access::ReadWrite)
                && store.bytes <= other.bytes
                && (other.ttl.is_none() || store.ttl.is_some_and(|ttl| Some(ttl) <= other.ttl))
        })
    });
    let dirs = grant.dirs.iter().all(|dir| than.dirs.iter().any(|other| dir.host.starts_with(&other.host)));
    let fuel = than.limits.fuel == 0 || (1..=than.limits.fuel).contains(&grant.limits.fuel);
    stores
        && dirs
        && fuel
        && runs(grant) <= runs(than)
        && grant.updates.map(|updates| updates.bytes) <= than.updates.map(|updates| updates.bytes)
        && grant.scratch.map(|scratch| (scratch.bytes, scratch.files))
            <= than.scratch.map(|scratch| (scratch.bytes, scratch.files))
        && grant.config.is_some() <= than.config.is_some()
        && (grant.wall == WallClock::Delivery || than.wall == WallClock::Real)
        && (grant.random == Randomness::Seeded || than.random == Randomness::Real)
        && (grant.on_denied.http == Denied::Fail || than.on_denied.http == Denied::Error)
        && (grant.on_denied.tools == Denied::Fail || than.on_denied.tools != Denied::Fail)
        && grant.approval.within <= than.approval.within
        && grant.limits.memory <= than.limits.memory
        && grant.limits.cpu <= than.limits.cpu
        && grant.limits.events <= than.limits.events
}

/// Calls that rules part.
fn calls() -> impl Iterator<Item = (&'static str, Arguments)> {
    let texts = [
        "{}",
        "{\"x\":1}",
        "{\"x\":2}",
        "{\"x\":3,\"y\":true}",
        "{\"x\":2,\"y\":\"k\"}",
        "{\"y\":\"l\",\"z\":0}",
    ];
    let read = |text: &str| Arguments::read(text).unwrap();
    ["a", "b", "c", "d"].into_iter().flat_map(move |tool| texts.map(|text| (tool, read(text))))
}

/// Whether a rule lets a tool be called no more, and no easier, than another one.
fn is_tighter(rule: &ToolsRule, than: &ToolsRule, tool: &str) -> bool {
    let keeps_rate = than
        .rate
        .is_none_or(|most| rule.rate.is_some_and(|rate| rate.calls <= most.calls || rate.per >= most.per));
    keeps_rate
        && rule.from == than.from
        && (rule.asks(tool) || !than.asks(tool))
        && than.calls.is_none_or(|most| rule.calls.is_some_and(|calls| calls <= most))
        && (than.pin.is_none() || rule.pin == than.pin)
        && rule.result_bytes <= than.result_bytes
        && rule.timeout <= than.timeout
        && (rule.at_most_once || !than.at_most_once)
        && (rule.reuse || !than.reuse)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_under_a_ceiling_is_wider_than_either(
        grant in tables(", guest = \"/g\""),
        ceiling in tables(""),
    ) {
        let grant = granted(&grant);
        let ceiling = operator(&format!("[ceiling]\n{ceiling}")).ceiling.unwrap();
        let (effective, lines) = grant.within(&ceiling);
        prop_assert!(is_within(&effective, &grant));
        prop_assert!(is_within(&effective, &ceiling));
        for asked in requests() {
            let Ok((at, rule)) = effective.http.choose(&asked) else { continue };
            prop_assert_eq!(grant.http.choose(&asked).map(|(at, _)| at), Ok(at));
            prop_assert!(is_narrower(&rule, &grant.http.rules[at]));
            let above = those_that_let(&ceiling.http.rules, &asked);
            prop_assert!(above.iter().any(|above| is_narrower(&rule, above)), "{:?} under {:?}", rule, above);
            let is_of_use = addresses().iter().any(|at| rule.network.allows(*at, rule.port));
            let is_told_of = lines.iter().any(|line| line.contains(&rule.name()));
            prop_assert!(!(is_of_use && is_told_of && grant.http.rules.len() == 1), "{:?}", lines);
        }
    }

    #[test]
    fn no_tool_under_a_ceiling_is_called_with_more_than_either_has(
        grant in tables(", guest = \"/g\""),
        ceiling in tables(""),
    ) {
        let grant = granted(&grant);
        let ceiling = operator(&format!("[ceiling]\n{ceiling}")).ceiling.unwrap();
        let (effective, lines) = grant.within(&ceiling);
        for (tool, asked) in calls() {
            let mine = grant.tools.choose(tool).ok();
            let Ok(rule) = effective.tools.choose(tool) else {
                prop_assert!(mine.is_none() || !lines.is_empty());
                continue;
            };
            let mine = mine.expect("what is left was there");
            let above: Vec<_> = ceiling.tools.rules.iter().filter(|above| above.allows(tool)).collect();
            prop_assert!(is_tighter(rule, mine, tool), "{:?} under {:?}", rule, mine);
            prop_assert!(above.iter().any(|above| is_tighter(rule, above, tool)), "{:?} under {:?}", rule, above);
            let Ok(settled) = rule.settle(tool, asked.clone()) else { continue };
            prop_assert!(mine.settle(tool, asked).is_ok());
            prop_assert_eq!(mine.settle(tool, settled.clone()), Ok(settled.clone()));
            prop_assert!(above.iter().any(|above| above.settle(tool, settled.clone()).as_ref() == Ok(&settled)));
        }
    }
}
