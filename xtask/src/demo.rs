//! `cargo xtask demo`: from nothing to results that can be compared.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::guests;
use crate::play::Play;
use crate::stage::{Stages, say, sh, target};

/// The whole demo.
pub(crate) fn run() -> Result<()> {
    say("Lockstep's demo: builds the program and the steps of three workflows, runs them on real input,\n\
         and compares what comes out with what was written down beforehand. The first time takes some\n\
         minutes (a compiler for steps may have to be installed and set up); after that, seconds.");
    let mut stages = Stages::default();
    stages.run("build the steps", guests::build)?;
    stages.run("build the program", || sh(".", "cargo build --locked --quiet --package lockstep"))?;
    let program = target().join("debug/lockstep");
    let (mut workflows, mut results) = (0, 0);
    stages.run("run the workflows", || {
        for workflow in guests::plugins()?.iter().filter(|folder| folder.join("workflow.toml").exists()) {
            workflows += 1;
            results += all_inputs(&program, workflow)?;
        }
        Ok(())
    })?;
    stages.report();
    say(&format!("\ndemo: ok: {workflows} workflows, {results} results, all as expected"));
    Ok(())
}

/// Runs a workflow on each of its inputs; how many there were.
fn all_inputs(program: &Path, workflow: &Path) -> Result<usize> {
    let mut inputs: Vec<_> =
        fs::read_dir(workflow.join("input"))?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    inputs.retain(|path| path.extension().is_some_and(|end| end == "json"));
    inputs.sort();
    for input in &inputs {
        compare(program, workflow, input)?;
    }
    Ok(inputs.len())
}

fn compare(program: &Path, workflow: &Path, input: &Path) -> Result<()> {
    let play = Play::new(program, workflow);
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
