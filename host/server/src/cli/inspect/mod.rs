//! `lockstep inspect`: what a component consumes, emits and asks for, read from its bytes; and how
//! that stands against a grant, a workflow, or another version of it.

mod diff;
mod rights;
mod told;
mod tools;

pub(super) use rights::{Standing, rights};

use std::path::{Path, PathBuf};

use clap::Args;
use lockstep_core::contract::Contract;

use crate::exit::Exit;
use crate::inert::inert;
use crate::project::{Candidate, Loading, Project, Refused, read_grant};
use crate::report;
use crate::source::{self, Place};

/// Show a component's contract: what it consumes, emits and asks for
#[derive(Debug, Args)]
#[command(after_help = "\
A COMPONENT is a file, file:///…, or oci://HOST/REPO:TAG@sha256:… in a registry. One that is a tool
is asked what its tools are, in the sandbox; one that asks for rights only with --grant.
With --grant, the exit code is 3 if a right is missing, or if the grant is for other bytes, other
asks or another signer. With --diff, it is 3 if NEW asks for more than OLD.

Examples:
  lockstep inspect components/assess.wasm
  lockstep inspect components/assess.wasm --json         with a JSON Schema for every event
  lockstep inspect theirs.wasm --grant grants/pay.toml   what it asks for, against what is granted
  lockstep inspect --diff old.wasm new.wasm              what another version asks for and does not
  lockstep inspect theirs.wasm --fit plugins/refunds     the wiring that would fit, or what stops it")]
pub(crate) struct Inspect {
    /// A component
    #[arg(required_unless_present = "diff")]
    component: Option<String>,
    /// Print one JSON object on stdout
    #[arg(long)]
    json: bool,
    /// Show what it asks for against this grant
    #[arg(long, value_name = "GRANT")]
    grant: Option<PathBuf>,
    /// Show what is another in the second component
    #[arg(long, num_args = 2, value_names = ["OLD", "NEW"], conflicts_with_all = ["component", "grant", "fit"])]
    diff: Option<Vec<String>>,
    /// Print the wiring with which it would stand in this workflow
    #[arg(long, value_name = "WORKFLOW", conflicts_with = "grant")]
    fit: Option<PathBuf>,
}

impl Inspect {
    pub(super) fn run(self, config: Option<&Path>) -> anyhow::Result<Exit> {
        let loading = Loading::new();
        if let Some([old, new]) = self.diff.as_deref() {
            return diff::tell(&find(old, &loading)?, &find(new, &loading)?, self.json);
        }
        let candidate = find(self.component.as_deref().unwrap_or_default(), &loading)?;
        if let Some(workflow) = &self.fit {
            let workflow = Project::read(workflow, &Loading::under(config)?)?.workflow;
            report::out(&lockstep_core::workflow::fit(&workflow, &candidate.contract).to_string())?;
            return Ok(Exit::Done);
        }
        let against =
            self.grant.as_deref().map(|path| rights::Against::read(&candidate, path)).transpose()?;
        let tools = tools::described(&candidate, against.as_ref().map(|against| &against.grant));
        let told = match self.json {
            true => told::as_json(&candidate, against.as_ref(), tools.as_ref()).to_string(),
            false => told::story(&candidate, against.as_ref(), tools.as_ref()),
        };
        report::out(&told)?;
        let holds = against.is_none_or(|against| against.holds());
        Ok(if holds { Exit::Done } else { Exit::Refused })
    }
}

/// The component that a text names, from the current folder.
pub(crate) fn find(named: &str, loading: &Loading) -> Result<Candidate, Refused> {
    let told = |error: source::Error| Refused::one(inert(&error.to_string()));
    let place = Place::parse(named, Path::new("")).map_err(told)?;
    let fetched = place.fetch(&loading.kept).map_err(told)?;
    let contract = Contract::read(&fetched.bytes).map_err(|refusals| Refused {
        lines: refusals.iter().map(|why| inert(&format!("{place}: {why}")).into_owned()).collect(),
    })?;
    Ok(Candidate { place, fetched, contract })
}
