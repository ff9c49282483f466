//! A source folder: whose language it is, and against which world its code is written. A crate says both by
//! itself; every other language says them in `step.toml`.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::{Error, Language};

/// The manifest of a step that no language's own manifest describes.
pub const MANIFEST: &str = "step.toml";

/// The folder of what is generated, within the folder of the step: bindings, glue, the SDK of its language.
pub const GENERATED: &str = "gen";

/// A folder that a step is built from, in any language but Rust.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// As the caller gave it.
    pub folder: PathBuf,
    /// The language of its code.
    pub language: Language,
    /// The name of the step: that of its folder.
    pub name: String,
    /// The folder that holds its WIT.
    pub wit: PathBuf,
    /// The world that it is written against, if the WIT has several.
    pub world: Option<String>,
    /// The file with its handlers.
    pub main: PathBuf,
    /// In Python: the file that names the packages that it bundles, if there is one.
    pub requirements: Option<PathBuf>,
}

/// `step.toml`, key by key.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Manifest {
    language: String,
    wit: Option<PathBuf>,
    world: Option<String>,
    main: Option<PathBuf>,
    requirements: Option<PathBuf>,
}

/// The language of a folder: Rust where it holds a `Cargo.toml`, else what its `step.toml` says.
pub fn language(folder: &Path) -> Result<Language, Error> {
    match folder.join("Cargo.toml").exists() {
        true => Ok(Language::Rust),
        false => Source::read(folder).map(|source| source.language),
    }
}

impl Source {
    /// Reads the `step.toml` of a folder.
    pub fn read(folder: &Path) -> Result<Source, Error> {
        let path = folder.join(MANIFEST);
        let text = fs::read_to_string(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Error::NotAStep(folder.to_owned()),
            _ => Error::file(&path)(error),
        })?;
        let wrong = |why: String| Error::Manifest { path: path.clone(), why };
        let manifest: Manifest = toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        let language: Language = manifest.language.parse().map_err(wrong)?;
        if language == Language::Rust {
            return Err(wrong("a step in Rust has a Cargo.toml and no step.toml".into()));
        }
        let main = folder.join(manifest.main.as_deref().unwrap_or(Path::new(language.main())));
        if !main.exists() {
            return Err(wrong(format!(
                "there is no {}; `main` names the file with the handlers",
                main.display()
            )));
        }
        Ok(Source {
            folder: folder.to_owned(),
            language,
            name: name(folder),
            wit: folder.join(manifest.wit.as_deref().unwrap_or(Path::new("wit"))),
            world: manifest.world,
            main,
            requirements: requirements(folder, language, manifest.requirements).map_err(wrong)?,
        })
    }

    /// Where what is generated lies.
    pub fn generated(&self) -> PathBuf {
        self.folder.join(GENERATED)
    }
}

/// The requirements that are named; else the file of that name, if it is there.
fn requirements(
    folder: &Path,
    language: Language,
    named: Option<PathBuf>,
) -> Result<Option<PathBuf>, String> {
    let file = folder.join(named.as_deref().unwrap_or(Path::new("requirements.txt")));
    match (language, &named) {
        (Language::Python, _) if file.exists() => Ok(Some(file)),
        (Language::Python, Some(_)) => {
            Err(format!("there is no {}; `requirements` names the packages that it bundles", file.display()))
        }
        (_, Some(_)) => Err(format!("`requirements` is for steps in Python, not in {}", language.title())),
        _ => Ok(None),
    }
}

/// The name of a folder, however it was named.
pub(crate) fn name(folder: &Path) -> String {
    let whole = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    whole.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(manifest: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(MANIFEST), manifest).unwrap();
        let error = Source::read(folder.path()).expect_err("it is no step");
        error.to_string().replace(&folder.path().display().to_string(), "")
    }

    #[test]
    fn a_manifest_says_language_and_world_and_defaults_the_rest() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        fs::write(folder.join("step.py"), "").unwrap();
        fs::write(folder.join(MANIFEST), "language = \"python\"\nworld = \"greet\"\n").unwrap();
        let source = Source::read(folder).unwrap();
        assert_eq!((source.language, source.world.as_deref()), (Language::Python, Some("greet")));
        assert_eq!((source.wit, source.main), (folder.join("wit"), folder.join("step.py")));
        assert_eq!(language(folder).unwrap(), Language::Python);
    }

    #[test]
    fn a_manifest_that_says_something_else_is_refused_with_line_and_fix() {
        let told = refusal("language = \"python\"\nwrold = \"greet\"\n");
        assert!(told.contains("line 2") && told.contains("unknown field `wrold`"), "{told}");
        for (manifest, expected) in [
            (
                "language = \"cobol\"\n",
                "/step.toml: `cobol` is no language that steps are built from; one of rust, ts, js, python, go, c, zig",
            ),
            ("language = \"rust\"\n", "/step.toml: a step in Rust has a Cargo.toml and no step.toml"),
            (
                "language = \"go\"\n",
                "/step.toml: there is no /step.go; `main` names the file with the handlers",
            ),
            (
                "language = \"python\"\nmain = \"step.toml\"\nrequirements = \"tea.txt\"\n",
                "/step.toml: there is no /tea.txt; `requirements` names the packages that it bundles",
            ),
            (
                "language = \"c\"\nmain = \"step.toml\"\nrequirements = \"tea.txt\"\n",
                "/step.toml: `requirements` is for steps in Python, not in C",
            ),
        ] {
            assert_eq!(refusal(manifest), expected);
        }
    }

    #[test]
    fn a_folder_without_any_manifest_is_no_step() {
        let folder = tempfile::tempdir().unwrap();
        let error = Source::read(folder.path()).unwrap_err().to_string();
        assert!(error.contains("neither Cargo.toml nor step.toml"), "{error}");
    }
}
