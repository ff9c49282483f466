//! Case files: which ones are meant, and their texts.

use std::fs;
use std::path::{Path, PathBuf};

use lockstep_core::case::Format;
use lockstep_core::workflow::Finding;

use crate::inert::inert;
use crate::project::Refused;
use crate::source::unreadable;

/// A case file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CaseFile {
    /// Where it is, as people named it.
    pub(crate) path: PathBuf,
    /// What it says.
    pub(crate) text: String,
    /// How it is written.
    pub(crate) format: Format,
}

/// Which cases are meant.
#[derive(Clone, Debug)]
pub(crate) enum Cases {
    /// Those that are named: files, folders, and patterns such as `cases/6-*.toml`.
    Named(Vec<PathBuf>),
    /// Those of a folder, which must have some.
    Of(PathBuf),
}

impl CaseFile {
    /// The file's name without its ending.
    pub(crate) fn name(&self) -> String {
        self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// What is wrong with it, as lines that say where.
    pub(crate) fn lines(&self, findings: &[Finding]) -> Vec<String> {
        let shown = self.path.display().to_string();
        findings.iter().map(|finding| inert(&finding.in_file(&shown).to_string()).into_owned()).collect()
    }
}

/// The files that are meant, each once.
pub(crate) fn collect(cases: &Cases) -> Result<Vec<CaseFile>, Refused> {
    let paths = match cases {
        Cases::Named(named) => {
            let mut paths = Vec::new();
            for path in named {
                paths.extend(found(path)?);
            }
            paths
        }
        Cases::Of(folder) => within(folder, "*").unwrap_or_default(),
    };
    if paths.is_empty() {
        let Cases::Of(folder) = cases else {
            return Err(Refused::one("no case is named; give `--case FILE`"));
        };
        let folder = folder.display();
        return Err(Refused::one(format!(
            "there is no case in {folder}; write one, such as {folder}/first.toml, or name files with `--case`"
        )));
    }
    let mut files: Vec<CaseFile> = Vec::new();
    for path in paths {
        if !files.iter().any(|file| file.path == path) {
            files.push(read(path)?);
        }
    }
    Ok(files)
}

fn found(named: &Path) -> Result<Vec<PathBuf>, Refused> {
    let pattern = named.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let (folder, pattern) = match (named.is_dir(), pattern.contains('*')) {
        (true, _) => (named, "*".to_owned()),
        (false, true) => (named.parent().unwrap_or(Path::new("")), pattern),
        (false, false) => return Ok(vec![named.to_owned()]),
    };
    let shown = named.display();
    match within(folder, &pattern) {
        Ok(paths) if paths.is_empty() => Err(Refused::one(format!(
            "{shown}: there is no case; the files of cases end with .toml or .json"
        ))),
        Ok(paths) => Ok(paths),
        Err(error) => Err(Refused::one(unreadable(&shown.to_string(), &error))),
    }
}

/// The case files of a folder whose names are so, in their order.
fn within(folder: &Path, pattern: &str) -> std::io::Result<Vec<PathBuf>> {
    let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let mut paths = Vec::new();
    for entry in fs::read_dir(here)? {
        let name = entry?.file_name();
        let path = folder.join(&name);
        if fits(pattern, &name.to_string_lossy()) && format(&path).is_some() {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// Whether a name is as a pattern says, in which `*` is any text. A shell that knows patterns has read them
/// before; this is for those that hand them on.
fn fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((before, rest)) => name.strip_prefix(before).is_some_and(|name| {
            let ends = name.char_indices().map(|(at, _)| at).chain([name.len()]);
            ends.into_iter().any(|at| fits(rest, &name[at..]))
        }),
    }
}

fn format(path: &Path) -> Option<Format> {
    match path.extension()?.to_str()? {
        "toml" => Some(Format::Toml),
        "json" => Some(Format::Json),
        _ => None,
    }
}

fn read(path: PathBuf) -> Result<CaseFile, Refused> {
    let shown = path.display().to_string();
    let format = format(&path).ok_or_else(|| {
        Refused::one(format!("{shown} is no case; the files of cases end with .toml or .json"))
    })?;
    let text = fs::read_to_string(&path).map_err(|error| Refused::one(unreadable(&shown, &error)))?;
    Ok(CaseFile { path, text, format })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_has_a_star_wherever_any_text_may_stand() {
        for (pattern, name, expected) in [
            ("*", "", true),
            ("*.toml", "6-answer.toml", true),
            ("6-*", "6-answer.toml", true),
            ("*-a*r.*", "6-answer.toml", true),
            ("*.json", "6-answer.toml", false),
            ("7-*", "6-answer.toml", false),
            ("a", "ab", false),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }
}
