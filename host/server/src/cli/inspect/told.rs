//! What `inspect` says, for people and as JSON.

use lockstep_core::contract::{Class, Import, Support};
use lockstep_core::grant::tools::Tool;
use serde_json::{Value, json};

use super::Candidate;
use super::rights::{Against, Line};
use super::tools::Described;
use crate::cli::grant::draft;
use crate::config;
use crate::contract;
use crate::inert::inert;

/// What a step is called where it has no name yet.
const NAME: &str = "NAME";
/// What a tool exports.
const TOOL: &str = "lockstep:step/tool@";

/// For people.
pub(super) fn story(candidate: &Candidate, against: Option<&Against>, tools: Option<&Described>) -> String {
    let Candidate { place, fetched, contract } = candidate;
    let mut lines =
        vec![format!("{place}  {} bytes", fetched.bytes.len()), format!("  {}", candidate.digest())];
    lines.extend(tools.map_or_else(Vec::new, described));
    if tools.is_none() || !contract.handlers.is_empty() {
        lines.push("handlers".to_owned());
        let handlers = contract.handlers.iter();
        lines.extend(
            handlers.map(|handler| format!("  {}: {} → {}", handler.name, handler.takes, handler.gives)),
        );
        lines.push("events".to_owned());
        lines.extend(contract.events.iter().map(|(name, shape)| format!("  {name}  {shape}")));
    }
    lines.push("imports".to_owned());
    let mut told: Vec<String> = lines.iter().map(|line| inert(line).into_owned()).collect();
    told.extend(contract.imports.iter().map(|line| grey(line, &inert(&import(line)), config::has_colours())));
    let ignored = contract.ignored.iter().filter(|name| tools.is_none() || !name.starts_with(TOOL));
    let ignored: Vec<String> = ignored.map(|name| inert(&format!("  {name}")).into_owned()).collect();
    if !ignored.is_empty() {
        told.push("exports that are never called".to_owned());
        told.extend(ignored);
    }
    told.extend(against.iter().flat_map(|against| standing(candidate, against)));
    told.push("to load it, in workflow.toml".to_owned());
    told.extend(indented(&step(candidate, tools)));
    if against.is_none() && draft::is_needed(contract) {
        told.push(format!("and in grants/{NAME}.toml, as `lockstep grant draft` writes it"));
        told.extend(indented(&draft::text(candidate)));
    }
    told.iter().map(|line| format!("{line}\n")).collect()
}

/// The tools of a component that is one.
fn described(tools: &Described) -> Vec<String> {
    let mut lines = vec!["tools".to_owned()];
    match tools {
        Ok(tools) => tools.iter().for_each(|tool| {
            lines.push(format!("  {}: {}", tool.name, tool.description));
            lines.push(format!("    {}", tool.schema));
        }),
        Err(why) => lines.push(format!("  not known: {why}")),
    }
    lines
}

/// What toolchains drag in stands back.
fn grey(of: &Import, line: &str, has_colours: bool) -> String {
    match of.class == Class::Inert && has_colours {
        true => format!("\u{1b}[90m{line}\u{1b}[0m"),
        false => line.to_owned(),
    }
}

fn import(import: &Import) -> String {
    let support = match import.support {
        Support::Now => "",
        Support::Later => ", not yet supported",
        Support::Never => ", refused",
    };
    let class = match import.class {
        Class::Granted => "needs a grant",
        class => class.as_str(),
    };
    format!("  {}  {class}{support}", import.name)
}

/// What stands in the grant against what is asked for.
fn standing(candidate: &Candidate, against: &Against) -> Vec<String> {
    let mut lines = vec![format!("against {}", against.shown)];
    lines.extend(against.rights.iter().map(right));
    let tied = |name: &str, told: Option<bool>, wanted: String, found: String| match told {
        None => None,
        Some(true) => Some(format!("  matches      {name}")),
        Some(false) => Some(format!("  differs      {name}: the grant names {wanted}, and it is {found}")),
    };
    let text =
        |digest: Option<lockstep_core::blob::Digest>| digest.map_or(String::new(), |it| it.to_string());
    let found = candidate.digest().to_string();
    lines.extend(tied("digest", against.digest, text(against.tie.digest), found));
    let asks = contract::asks(&candidate.contract).to_string();
    lines.extend(tied("asks", against.asks, text(against.tie.asks), asks));
    lines.extend(match (&against.signer, &against.tie.signer) {
        (Ok(_), Some(key)) => Some(format!("  signed       by the holder of {key}")),
        (Err(why), _) => Some(format!("  not signed   {why}")),
        (Ok(_), None) => None,
    });
    lines.iter().map(|line| inert(line).into_owned()).collect()
}

fn right(line: &Line) -> String {
    format!("  {:11}  {}  {}", line.standing.as_str(), line.table, line.interfaces.join(", "))
}

/// The table of a workflow's file.
fn step(candidate: &Candidate, tools: Option<&Described>) -> String {
    let table = if tools.is_some() { "tools" } else { "steps" };
    let component = toml_edit::Value::from(candidate.place.pinned(&candidate.fetched));
    let grant = match draft::is_needed(&candidate.contract) {
        true => format!("grant = \"grants/{NAME}.toml\"\n"),
        false => String::new(),
    };
    format!("[{table}.{NAME}]\ncomponent = {component}\n{grant}")
}

fn indented(text: &str) -> impl Iterator<Item = String> {
    text.lines().map(|line| if line.is_empty() { String::new() } else { format!("  {}", inert(line)) })
}

/// For programs.
pub(super) fn as_json(candidate: &Candidate, against: Option<&Against>, tools: Option<&Described>) -> Value {
    let Candidate { fetched, contract, .. } = candidate;
    let mut told = json!({
        "digest": candidate.digest().to_string(),
        "asks": contract::asks(contract).to_string(),
        "bytes": fetched.bytes.len(),
        "handlers": contract::handlers(contract),
        "events": contract::events(contract),
        "imports": contract::imports(contract),
        "ignored": contract.ignored,
        "toml": { "step": step(candidate, tools), "grant": draft::text(candidate) },
    });
    match tools {
        Some(Ok(tools)) => {
            let tool = |tool: &Tool| json!({ "name": tool.name, "description": tool.description, "schema": tool.schema });
            told["tools"] = tools.iter().map(tool).collect::<Vec<_>>().into();
        }
        Some(Err(why)) => told["tools_not_known"] = why.as_str().into(),
        None => {}
    }
    if let Some(against) = against {
        let rights = against.rights.iter().map(|line| {
            json!({ "table": line.table, "standing": line.standing.as_str(), "interfaces": line.interfaces })
        });
        told["against"] = json!({
            "grant": against.shown,
            "holds": against.holds(),
            "rights": rights.collect::<Vec<_>>(),
            "digest": against.digest,
            "asks": against.asks,
            "signer": against.signer.as_ref().ok().copied().flatten().map(|key| key.to_string()),
            "not_signed": against.signer.as_ref().err(),
        });
    }
    told
}
