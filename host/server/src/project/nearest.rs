//! The workflow that a folder belongs to: the nearest one upwards.

use std::path::{Path, PathBuf};

use lockstep_core::workflow::file::Step;

use super::Refused;
use super::file::WorkflowFile;

/// The nearest workflow.toml, from a folder upwards, as a path from there.
pub(crate) fn workflow(from: &Path) -> Result<Option<WorkflowFile>, Refused> {
    let whole = from.canonicalize().unwrap_or_else(|_| from.to_owned());
    let depth = whole.ancestors().position(|folder| folder.join("workflow.toml").is_file());
    let Some(depth) = depth else { return Ok(None) };
    let up: PathBuf = std::iter::repeat_n("..", depth).collect();
    let folder = if from == Path::new(".") { up } else { from.join(up) };
    WorkflowFile::read(&folder.join("workflow.toml")).map(Some)
}

/// The step that is built from a folder, in the nearest workflow that has one; `named`, if it has several.
pub(crate) fn step_of(source: &Path, named: Option<&str>) -> Result<Option<(WorkflowFile, Step)>, Refused> {
    let Ok(whole) = source.canonicalize() else { return Ok(None) };
    for folder in whole.ancestors().skip(1).filter(|folder| folder.join("workflow.toml").is_file()) {
        let file = WorkflowFile::read(folder)?;
        let is_it = |step: &&Step| {
            let from = step.source.as_deref().and_then(|from| file.beside(from).canonicalize().ok());
            from.as_ref() == Some(&whole) && named.is_none_or(|name| name == step.name.value)
        };
        let found = file.parts().find(is_it).cloned();
        if let Some(step) = found {
            return Ok(Some((file, step)));
        }
    }
    Ok(None)
}

/// Whether a folder holds a step and no workflow.
pub(crate) fn is_step(folder: &Path) -> bool {
    let holds = |name: &str| folder.join(name).exists();
    !holds("workflow.toml") && (holds(lockstep_toolchain::MANIFEST) || holds("Cargo.toml"))
}
