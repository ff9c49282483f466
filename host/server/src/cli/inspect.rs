//! `lockstep inspect`: what a component consumes, emits and imports, read from its bytes.

use std::path::{Path, PathBuf};

use clap::Args;
use lockstep_core::contract::{Contract, Import, Support};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::exit::Exit;
use crate::inert::inert;
use crate::project::{Project, Refused, read_component, unreadable};
use crate::report;

/// Show a component's contract: what it consumes, emits and imports
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lockstep inspect components/assess.wasm
  lockstep inspect components/assess.wasm --json         with a JSON Schema for every event
  lockstep inspect theirs.wasm --fit plugins/refunds     the wiring that would fit, or what stops it")]
pub(crate) struct Inspect {
    /// A component
    file: PathBuf,
    /// Print one JSON object on stdout
    #[arg(long)]
    json: bool,
    /// Print the wiring with which it would stand in this workflow
    #[arg(long, value_name = "WORKFLOW")]
    fit: Option<PathBuf>,
}

impl Inspect {
    pub(super) fn run(self) -> anyhow::Result<Exit> {
        let (bytes, contract) = read(&self.file)?;
        if let Some(workflow) = &self.fit {
            let fit = lockstep_core::workflow::fit(&Project::read(workflow)?.workflow, &contract);
            report::out(&fit.to_string())?;
            return Ok(Exit::Done);
        }
        let told = match self.json {
            true => as_json(&bytes, &contract).to_string(),
            false => story(&self.file, &bytes, &contract),
        };
        report::out(&told)?;
        Ok(Exit::Done)
    }
}

fn read(path: &Path) -> Result<(Vec<u8>, Contract), Refused> {
    let shown = path.display().to_string();
    let bytes = read_component(path).map_err(|error| Refused::one(unreadable(&shown, &error)))?;
    let contract = Contract::read(&bytes).map_err(|refusals| Refused {
        lines: refusals.iter().map(|why| inert(&format!("{shown}: {why}")).into_owned()).collect(),
    })?;
    Ok((bytes, contract))
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold("sha256:".into(), |text, byte| format!("{text}{byte:02x}"))
}

fn story(path: &Path, bytes: &[u8], contract: &Contract) -> String {
    let mut lines = vec![
        format!("{}  {} bytes", path.display(), bytes.len()),
        format!("  {}", digest(bytes)),
        "handlers".to_owned(),
    ];
    for handler in &contract.handlers {
        lines.push(format!("  {}: {} → {}", handler.name, handler.takes, handler.gives));
    }
    lines.push("events".to_owned());
    lines.extend(contract.events.iter().map(|(name, shape)| format!("  {name}  {shape}")));
    lines.push("imports".to_owned());
    lines.extend(contract.imports.iter().map(import));
    if !contract.ignored.is_empty() {
        lines.push("exports that are never called".to_owned());
        lines.extend(contract.ignored.iter().map(|name| format!("  {name}")));
    }
    lines.iter().map(|line| format!("{}\n", inert(line))).collect()
}

fn import(import: &Import) -> String {
    let support = match import.support {
        Support::Now => "",
        Support::Later => ", not yet supported",
        Support::Never => ", refused",
    };
    format!("  {}  {}{support}", import.name, import.class.as_str())
}

fn as_json(bytes: &[u8], contract: &Contract) -> Value {
    let handlers = contract.handlers.iter().map(|handler| {
        let takes: Vec<_> = handler.takes.params().iter().map(|param| param.event.to_string()).collect();
        let gives: Vec<_> = handler.gives.events().iter().map(|event| event.to_string()).collect();
        json!({
            "name": handler.name,
            "pattern": handler.takes.to_string(),
            "takes": takes,
            "emits": gives,
            "opener": handler.gives.is_opener(),
        })
    });
    let events: Map<_, _> =
        contract.events.iter().map(|(name, shape)| (name.to_string(), shape.schema(&name.name))).collect();
    let imports = contract.imports.iter().map(|import| {
        json!({ "name": import.name, "class": import.class.as_str(), "supported": import.support == Support::Now })
    });
    json!({
        "digest": digest(bytes),
        "bytes": bytes.len(),
        "handlers": handlers.collect::<Vec<_>>(),
        "events": events,
        "imports": imports.collect::<Vec<_>>(),
        "ignored": contract.ignored,
    })
}
