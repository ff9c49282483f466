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

/// The step that is built from a folder, in the nearest workflow that has one.
pub(crate) fn step_of(source: &Path) -> Option<(WorkflowFile, Step)> {
    let whole = source.canonicalize().ok()?;
    for folder in whole.ancestors().skip(1).filter(|folder| folder.join("workflow.toml").is_file()) {
        let file = WorkflowFile::read(folder).ok()?;
        let is_it = |step: &&Step| {
            let from = step.source.as_ref().map(|from| file.beside(from));
            from.and_then(|from| from.canonicalize().ok()).is_some_and(|from| from == whole)
        };
        let found = file.parts().find(is_it).cloned();
        if let Some(step) = found {
            return Some((file, step));
        }
    }
    None
}
