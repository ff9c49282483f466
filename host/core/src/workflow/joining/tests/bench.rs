//! Workflows and contracts out of short notation.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Arc;

use expect_test::Expect;
use lockstep_test_support::component;

use crate::contract::Contract;
use crate::workflow::{Finding, HandlerId, Home, Join, Joined, Workflow, join, parse};

/// A step: its name, more lines of its table, and its handlers: `item -> done | list<x>`, separated by `;`.
pub(in crate::workflow) type StepText<'t> = (&'t str, &'t str, &'t str);

/// Event types that are written otherwise than `record NAME { id: string, n: u32 }`.
const SHAPES: [(&str, &str); 2] = [
    ("letter", "kind: kind, urgent: bool, note: option<string>, unit-price: u32, tags: list<string>"),
    ("measure", "id: u64, at: f64"),
];

/// The host's events, as a later version of its package has them.
const HOST: &str = "package lockstep:step@0.1.1 {
    interface host-events {
        use lockstep:step/types@0.1.0.{json};
        record step-failed {
            step: string, event-type: string, event: json, attempts: u32, class: string, code: string, message: string
        }
        record timer-fired { name: string }
        record input-required { prompt: string, schema: option<json> }
        record human-response { question: string, response: json, by: option<string> }
    }
}";

/// A contract whose event types lie in `t:t/events@1.0.0`.
pub(in crate::workflow) fn contract(handlers: &str) -> Contract {
    contract_of("t:t@1.0.0", &[], handlers)
}

/// A contract whose event types lie in `package`, some of them with fields of their own.
pub(in crate::workflow) fn contract_of(package: &str, shapes: &[(&str, &str)], handlers: &str) -> Contract {
    let mut world = String::new();
    let mut names = BTreeSet::new();
    for (at, handler) in handlers.split(';').map(str::trim).enumerate() {
        export(&mut world, &mut names, at, handler);
    }
    let is_hosts = |name: &String| HOST.contains(&format!("record {name} "));
    let (hosts, names): (Vec<String>, Vec<String>) = names.into_iter().partition(is_hosts);
    let host: String =
        hosts.iter().map(|name| format!("use lockstep:step/host-events@0.1.1.{{{name}}};\n")).collect();
    let uses: String = names.iter().map(|name| format!("use events.{{{name}}};\n")).collect();
    let fields = |name: &str| {
        let known = shapes.iter().chain(&SHAPES).find(|(of, _)| *of == name);
        known.map_or("id: string, n: u32", |(_, fields)| fields)
    };
    let records: String =
        names.iter().map(|name| format!("record {name} {{ {} }}\n", fields(name))).collect();
    let wit = format!(
        "package {package};
         {HOST}
         interface events {{ enum kind {{ invoice, letter }} {records} }}
         world step {{ {uses} {host} use lockstep:step/types@0.1.0.{{failure}}; {world} }}"
    );
    let read = Contract::read(&component(&wit));
    read.unwrap_or_else(|refusals| panic!("{handlers}: {refusals:?}"))
}

fn export(world: &mut String, names: &mut BTreeSet<String>, at: usize, handler: &str) {
    let (takes, gives) = handler.split_once(" -> ").unwrap_or_else(|| panic!("no arrow in `{handler}`"));
    let words = |text: &str| -> Vec<String> {
        let words = text.split(['<', '>', '|', '+', ' ']).filter(|word| !word.is_empty());
        words.filter(|word| !["list", "option", "_"].contains(word)).map(str::to_owned).collect()
    };
    let params: Vec<_> = takes.split(" + ").enumerate().map(|(n, ty)| format!("p{n}: {ty}")).collect();
    let mut result = gives.to_owned();
    if gives.contains('|') {
        let cases: Vec<_> = words(gives).iter().map(|name| format!("{name}({name})")).collect();
        let _ = writeln!(world, "variant emits{at} {{ {} }}", cases.join(", "));
        let body = gives.trim_start_matches("list<").trim_start_matches("option<").trim_end_matches('>');
        result = gives.replace(body, &format!("emits{at}"));
    }
    let name = words(takes).join("-and-");
    let _ = writeln!(world, "export on-{name}: func({}) -> result<{result}, failure>;", params.join(", "));
    names.extend(words(takes).into_iter().chain(words(gives)));
}

/// The text of a workflow that begins with `start` and ends with `stop`.
pub(super) fn text(head: &str, steps: &[StepText<'_>]) -> String {
    let mut text = format!("workflow = \"t\"\nstart = \"start\"\nstop = [\"stop\"]\n{head}");
    for (name, more, _) in steps {
        let _ = writeln!(text, "[steps.{name}]\ncomponent = \"{name}.wasm\"");
        more.lines().for_each(|line| text.extend([line.trim(), "\n"]));
    }
    text
}

/// Joins a workflow whose steps speak of the events of one package.
pub(super) fn joined(head: &str, steps: &[StepText<'_>]) -> Result<Joined, Vec<Finding>> {
    let contracts =
        steps.iter().map(|(name, _, handlers)| ((*name).to_owned(), Arc::new(contract(handlers))));
    join_text(&text(head, steps), &contracts.collect())
}

pub(super) fn join_text(
    text: &str,
    contracts: &BTreeMap<String, Arc<Contract>>,
) -> Result<Joined, Vec<Finding>> {
    let file = parse(text).unwrap_or_else(|findings| panic!("{}\n{text}", tell(&findings)));
    join(&file, contracts, &BTreeMap::new())
}

/// The graph of a workflow that must be right.
pub(in crate::workflow) fn workflow(head: &str, steps: &[StepText<'_>]) -> Workflow {
    joined(head, steps).unwrap_or_else(|findings| panic!("{}", tell(&findings))).workflow
}

/// What is said of a workflow.
pub(super) fn check(steps: &[StepText<'_>], expected: Expect) {
    check_with("", steps, expected);
}

/// The same, with more lines at the head of the file.
pub(super) fn check_with(head: &str, steps: &[StepText<'_>], expected: Expect) {
    expected.assert_eq(&told(joined(head, steps)));
}

pub(super) fn told(joined: Result<Joined, Vec<Finding>>) -> String {
    match joined {
        Ok(Joined { workflow, warnings }) => format!("{}{}", homes(&workflow), tell(&warnings)),
        Err(findings) => tell(&findings),
    }
}

pub(in crate::workflow) fn tell(findings: &[Finding]) -> String {
    let line = |finding: &Finding| {
        let mark = format!("{:?}", finding.severity).to_lowercase();
        format!("{mark}: {}\n", finding.in_file("w"))
    };
    findings.iter().map(line).collect()
}

/// A line for each join: what it takes and where it is at home.
fn homes(workflow: &Workflow) -> String {
    let name = |id: HandlerId| {
        let node = workflow.handler(id);
        format!("{}.{}", workflow.step(node.step).name, node.name)
    };
    let mut text = String::new();
    for (id, handler) in (0..).map(HandlerId).zip(&workflow.handlers) {
        let (Join::Pair { home, .. } | Join::Gather { home, .. }) = handler.join else { continue };
        let at = match home {
            Home::Run => "the run".to_owned(),
            Home::Handler(opener) => {
                assert!(workflow.handler(opener).opens);
                name(opener)
            }
            Home::Event(event) => {
                assert!(workflow.event(event).opens);
                format!("broadcast {}", workflow.event(event).short)
            }
        };
        let _ = writeln!(text, "{} joins in {at}", name(id));
    }
    text
}
