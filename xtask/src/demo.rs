//! `cargo xtask demo`: from nothing to results that can be compared.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::play::{Play, needs_tools};
use crate::services::Services;
use crate::stage::{Stages, say, sh, target};
use crate::{guests, servers};

/// What came of the workflows.
#[derive(Default)]
struct Tally {
    workflows: usize,
    results: usize,
    /// Those that could not be run here, each with what to do about it.
    left_out: Vec<String>,
}

/// The whole demo.
pub(crate) fn run() -> Result<()> {
    say(
        "Lockstep's demo: builds the program and the steps of the workflows in plugins/, runs them on real input,\n\
         and compares what comes out with what was written down beforehand. The first time takes some\n\
         minutes (a compiler for steps may have to be installed and set up); after that, seconds.",
    );
    let mut stages = Stages::default();
    let mut not_built = Vec::new();
    stages.run("build the steps", || {
        not_built = guests::build_what_can_be()?;
        Ok(())
    })?;
    let build = "cargo build --locked --quiet --package lockstep --package lockstep-local";
    stages.run("build the program, and servers for the workflows to call", || sh(".", build))?;
    let mut why_no_servers = None;
    stages.run("install a server of tools", || {
        why_no_servers = servers::install().err();
        Ok(())
    })?;
    let program = target().join("debug/lockstep");
    let mut tally = Tally::default();
    stages.run("run the workflows", || {
        let services = Services::begin(&target().join("debug/lockstep-local"))?;
        for workflow in guests::plugins()?.iter().filter(|folder| folder.join("expected").exists()) {
            let not_built = not_built.iter().find(|left_out| left_out.plugin == *workflow);
            match (&why_no_servers, not_built) {
                (_, Some(left_out)) => tally.leave_out(workflow, &left_out.why),
                (Some(why), _) if needs_tools(workflow) => tally.leave_out(workflow, &format!("{why:#}")),
                _ => tally.all_inputs(&program, workflow, &services)?,
            }
        }
        Ok(())
    })?;
    stages.report();
    say(&tally.verdict());
    Ok(())
}

impl Tally {
    /// Runs a workflow on each of its inputs.
    fn all_inputs(&mut self, program: &Path, workflow: &Path, services: &Services) -> Result<()> {
        let mut inputs: Vec<_> =
            fs::read_dir(workflow.join("input"))?.filter_map(|entry| Some(entry.ok()?.path())).collect();
        inputs.retain(|path| path.extension().is_some_and(|end| end == "json"));
        inputs.sort();
        for input in &inputs {
            compare(&Play::new(program, workflow, services)?, workflow, input)?;
        }
        self.workflows += 1;
        self.results += inputs.len();
        Ok(())
    }

    fn leave_out(&mut self, workflow: &Path, why: &str) {
        let name = workflow.file_name().unwrap_or_default().to_string_lossy();
        let line = format!("`{name}` was not run: {why}");
        say(&format!("\n{line}"));
        self.left_out.push(line);
    }

    fn verdict(&self) -> String {
        let Tally { workflows, results, left_out } = self;
        let lines: String = left_out.iter().map(|line| format!("; {line}")).collect();
        format!("\ndemo: ok: {workflows} workflows, {results} results, all as expected{lines}")
    }
}

fn compare(play: &Play<'_>, workflow: &Path, input: &Path) -> Result<()> {
    let result = match written_down(workflow, "answers", input)? {
        None => play.run(input)?,
        Some(answers) => play.run_with_answers(input, &answers)?,
    };
    let expected = written_down(workflow, "expected", input)?.context("no result was written down for it")?;
    if serde_json::from_str::<Value>(&result)? != expected {
        bail!("expected {expected}");
    }
    Ok(())
}

/// What was written down for an input in a folder beside it, if anything was.
fn written_down(workflow: &Path, folder: &str, input: &Path) -> Result<Option<Value>> {
    let path = workflow.join(folder).join(input.file_name().context("an input has a name")?);
    if !path.exists() {
        return Ok(None);
    }
    let text = fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    serde_json::from_str(&text).map(Some).with_context(|| format!("{} is not JSON", path.display()))
}
