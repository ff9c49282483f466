//! The module of a step: which path its package is imported by. A `go.mod` lies in its folder, or in a folder above
//! it that holds several steps.

use std::fs;
use std::path::Path;

use super::find::{OLDEST, version};
use crate::{Error, Source};

/// The path by which the package of a step is imported: `example.com/refunds/assess`.
pub(super) fn path(source: &Source) -> Result<String, Error> {
    if source.main.parent() != Some(&source.folder) {
        let why =
            "`main` names a file in the folder of the step, which is a package of Go, such as step.go; not";
        let why = format!("{why} {}", source.main.display());
        return Err(Error::Manifest { path: source.folder.join(crate::MANIFEST), why });
    }
    let folder = std::path::absolute(&source.folder).map_err(Error::file(&source.folder))?;
    for above in folder.ancestors() {
        let file = above.join("go.mod");
        let Ok(text) = fs::read_to_string(&file) else { continue };
        let module = module(&text).map_err(|why| Error::Manifest { path: file, why })?;
        let within = folder.strip_prefix(above).unwrap_or(Path::new(""));
        let names = within.iter().map(|name| name.to_string_lossy());
        return Ok(names.fold(module.to_owned(), |path, name| format!("{path}/{name}")));
    }
    let (missing, module) = (source.folder.join("go.mod"), new_path(&source.name));
    let told = format!("{} is missing; write `module {module}` and `go {OLDEST}` into it", missing.display());
    Err(Error::Code { step: source.name.clone(), told })
}

/// The path of a new step: none that a package of Go itself has.
pub(super) fn new_path(name: &str) -> String {
    let plain = |char: char| if char.is_ascii_alphanumeric() || "-_.".contains(char) { char } else { '-' };
    format!("steps/{}", name.chars().map(plain).collect::<String>())
}

/// What a go.mod says, if the code that is generated may be a part of its module.
fn module(text: &str) -> Result<&str, String> {
    let name = value(text, "module").ok_or("it names no module; begin it with `module NAME`")?;
    let language = value(text, "go").and_then(|go| version(&format!("go{go}")));
    match language >= version(&format!("go{OLDEST}")) {
        true => Ok(name),
        false => Err(format!("a step needs the Go of {OLDEST}; write `go {OLDEST}` into it, or a newer one")),
    }
}

/// The value of a line.
fn value<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    let mut lines = text.lines().filter_map(|line| line.split("//").next()?.trim().split_once(' '));
    let (_, value) = lines.find(|(word, _)| *word == key)?;
    Some(value.trim().trim_matches(['"', '`'])).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_has_a_name_and_a_language_that_is_new_enough() {
        let old = "a step needs the Go of 1.24; write `go 1.24` into it, or a newer one";
        for (text, expected) in [
            ("module shop/assess\n\ngo 1.24\n", Ok("shop/assess")),
            (
                "// ours\nmodule \"shop\" // really\n\ngo 1.27.3\n\nrequire go.uber.org/zap v1.0.0\n",
                Ok("shop"),
            ),
            ("go 1.24\n", Err("it names no module; begin it with `module NAME`")),
            ("module shop\n\ngo 1.9\n", Err(old)),
            ("module shop\n", Err(old)),
        ] {
            assert_eq!(module(text), expected.map_err(str::to_owned), "{text}");
        }
    }

    #[test]
    fn no_new_step_is_a_package_of_go() {
        assert_eq!(new_path("sort"), "steps/sort");
        assert_eq!(new_path("pay out!"), "steps/pay-out-");
    }
}
