//! The module of a step: which path its package is imported by. A `go.mod` lies in its folder, or in a folder above
//! it that holds several steps.

use std::fs;
use std::path::Path;

use super::find::OLDEST;
use crate::{Error, Source};

/// The path by which the package of a step is imported: `example.com/refunds/assess`.
pub(super) fn path(source: &Source) -> Result<String, Error> {
    let folder = std::path::absolute(&source.folder).map_err(Error::file(&source.folder))?;
    for above in folder.ancestors() {
        let file = above.join("go.mod");
        let Ok(text) = fs::read_to_string(&file) else { continue };
        let module = module(&text).ok_or_else(|| Error::Manifest {
            path: file,
            why: "it names no module; begin it with `module NAME`".into(),
        })?;
        let within = folder.strip_prefix(above).unwrap_or(Path::new(""));
        let names = within.iter().map(|name| name.to_string_lossy());
        return Ok(names.fold(module.to_owned(), |path, name| format!("{path}/{name}")));
    }
    Err(Error::Code {
        step: source.name.clone(),
        told: format!(
            "{} is missing; write `module {}` and `go {}` into it",
            source.folder.join("go.mod").display(),
            new_path(&source.name),
            OLDEST
        ),
    })
}

/// The path of a new step: none that a package of Go itself has.
pub(super) fn new_path(name: &str) -> String {
    let plain = |char: char| if char.is_ascii_alphanumeric() || "-_.".contains(char) { char } else { '-' };
    format!("steps/{}", name.chars().map(plain).collect::<String>())
}

fn module(text: &str) -> Option<&str> {
    let line = text.lines().find_map(|line| line.trim().strip_prefix("module"))?;
    let name = line.split("//").next().unwrap_or_default().trim().trim_matches(['"', '`']);
    Some(name).filter(|name| !name.is_empty())
}
