//! Whether a component is of its source as it is now. `lockstep build` leaves a note of what each was made of beside
//! it; one that something else made has none, and nothing is told of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use lockstep_core::workflow::file::Step;

use super::WorkflowFile;

/// Notes what a component was made of. Without a note no more is lost than a warning.
pub(crate) fn note(component: &Path, source: Option<&str>) {
    let note = place(component);
    let _ = match source {
        Some(digest) => fs::write(note, digest),
        None => fs::remove_file(note),
    };
}

/// What was noted, unless the component has been replaced since.
fn noted(component: &Path) -> Option<String> {
    let note = place(component);
    let changed = |path: &Path| -> Option<SystemTime> { fs::metadata(path).ok()?.modified().ok() };
    let is_of_it = changed(component)? <= changed(&note)?;
    fs::read_to_string(note).ok().filter(|_| is_of_it)
}

fn place(component: &Path) -> PathBuf {
    let name = component.file_name().unwrap_or_default().to_string_lossy();
    component.with_file_name(format!(".{name}.source"))
}

impl WorkflowFile {
    /// A component whose source has changed since it was built, as a warning.
    pub(crate) fn stale(&self, step: &Step) -> Option<String> {
        let source = self.beside(step.source.as_deref()?);
        let noted = noted(&self.beside(step.code.path()))?;
        (lockstep_toolchain::digest(&source)? != noted).then(|| {
            let (kind, name, file) = (self.kind(step), &step.name.value, self.path.display());
            let fix = format!("build it: `lockstep build {file}`");
            format!("{file}: {kind} `{name}`: its component is older than its source; {fix}")
        })
    }
}
