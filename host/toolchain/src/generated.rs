//! The folder `gen` of a step: it holds what is generated and nothing else. A file that says the same already is left
//! alone, so that compilers and editors see no change where there is none; what is not generated any more goes.
//!
//! A mark in it says that it was made here. A folder of that name without one is its author's and is left as it is,
//! and so is whatever a link leads to.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::Error;

const MARK: &str = ".lockstep";
const MARKED: &str = "`lockstep build` writes this folder, and removes whatever else is put here.\n";

/// What Python leaves beside the modules that it imports.
const CACHE: &str = "__pycache__";

/// Files by their path within `gen`.
type Files = BTreeMap<PathBuf, Vec<u8>>;

/// Makes a folder hold just these files, each by its path from there.
pub(crate) fn write<P: Into<PathBuf>, T: Into<Vec<u8>>>(
    root: &Path,
    files: impl IntoIterator<Item = (P, T)>,
) -> Result<(), Error> {
    let mark = (PathBuf::from(MARK), MARKED.into());
    let files = files.into_iter().map(|(path, text)| (path.into(), text.into()));
    let files: Files = files.chain([mark]).collect();
    claim(root)?;
    sweep(root, Path::new(""), &files)?;
    files.iter().try_for_each(|(path, bytes)| keep(&root.join(path), bytes))
}

/// Makes the folder, or makes sure that it was made here.
fn claim(root: &Path) -> Result<(), Error> {
    match fs::symlink_metadata(root) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            fs::create_dir_all(root).map_err(Error::file(root))?;
        }
        Err(error) => return Err(Error::file(root)(error)),
        Ok(there) if !there.is_dir() => return Err(a_link(root)),
        Ok(_) => {}
    }
    let mark = root.join(MARK);
    if fs::symlink_metadata(&mark).is_ok_and(|mark| mark.is_file()) {
        return Ok(());
    }
    match fs::read_dir(root).map_err(Error::file(root))?.next() {
        Some(_) => Err(refused(
            root,
            "`lockstep build` did not make it, and would remove what is in it; move it away",
        )),
        None => keep(&mark, MARKED.as_bytes()),
    }
}

/// Takes away what is not among the files.
fn sweep(folder: &Path, within: &Path, files: &Files) -> Result<(), Error> {
    for entry in fs::read_dir(folder).map_err(Error::file(folder))? {
        let entry = entry.map_err(Error::file(folder))?;
        let (path, own) = (entry.path(), within.join(entry.file_name()));
        // It says of a link that it is one, and not what it leads to.
        let kind = entry.file_type().map_err(Error::file(&path))?;
        let holds_some = || files.keys().any(|file| *file != own && file.starts_with(&own));
        match kind.is_dir() {
            _ if kind.is_symlink() => return Err(a_link(&path)),
            true if holds_some() => sweep(&path, &own, files)?,
            true if own.ends_with(CACHE) => {}
            true => fs::remove_dir_all(&path).map_err(Error::file(&path))?,
            false if files.contains_key(&own) => {}
            false => fs::remove_file(&path).map_err(Error::file(&path))?,
        }
    }
    Ok(())
}

fn keep(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    if fs::read(path).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    let parent = path.parent().unwrap_or(path);
    fs::create_dir_all(parent).map_err(Error::file(parent))?;
    fs::write(path, bytes).map_err(Error::file(path))
}

fn a_link(path: &Path) -> Error {
    refused(path, "it is no folder of its own; what is generated goes through no link: remove it")
}

fn refused(path: &Path, why: &str) -> Error {
    Error::file(path)(io::Error::other(why))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Install, Language, MANIFEST, Source, Toolchain};

    fn names(folder: &Path) -> Vec<String> {
        let names = folder.read_dir().unwrap().flatten().map(|entry| entry.file_name());
        let mut names: Vec<_> = names.map(|name| name.to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_folder_holds_what_is_generated_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("gen");
        write(&root, [("sdk/log.js", "log"), ("sdk/old/a.js", "a"), ("b.js", "b")]).unwrap();
        let changed = || fs::metadata(root.join("sdk/log.js")).unwrap().modified().unwrap();
        let before = changed();
        fs::create_dir_all(root.join("sdk/__pycache__")).unwrap();
        fs::write(root.join("stray"), "").unwrap();
        write(&root, [("sdk/log.js", "log"), ("c.js", "c")]).unwrap();
        assert_eq!(
            (names(&root), changed()),
            (vec![".lockstep".into(), "c.js".into(), "sdk".into()], before)
        );
        assert_eq!(names(&root.join("sdk")), ["__pycache__", "log.js"]);
        write(&root, [("sdk", "a file by now"), ("c.js/d.js", "and a folder")]).unwrap();
        assert_eq!(names(&root), [".lockstep", "c.js", "sdk"]);
    }

    /// A step of each language that generates, whose `gen` is for the test to lay out; what generating says.
    fn generate_each(lay: impl Fn(&Path)) -> Vec<String> {
        const WIT: &str = "package shop:tea@1.0.0; interface events { record ordered { name: string } }
            world tea {
              use events.{ordered}; use lockstep:step/types@0.1.0.{failure};
              export on-ordered: func(event: ordered) -> result<_, failure>;
            }";
        let of = |language: Language| {
            let root = tempfile::tempdir().unwrap();
            let step = root.path().join("brew");
            fs::create_dir_all(step.join("wit")).unwrap();
            fs::write(step.join("wit/world.wit"), WIT).unwrap();
            fs::write(step.join(MANIFEST), format!("language = \"{language}\"\n")).unwrap();
            fs::write(step.join(language.main()), "").unwrap();
            fs::write(step.join("go.mod"), "module shop/brew\n\ngo 1.24\n").unwrap();
            lay(&step);
            let toolchain =
                Toolchain { cache: step.clone(), target_dir: step.clone(), install: Install::Never };
            let told = toolchain.generate(&Source::read(&step).unwrap(), &|_| {});
            let told = told.expect_err("it is not to be written to").to_string();
            told.replace(&step.display().to_string(), "")
        };
        Language::ALL.into_iter().filter(|language| *language != Language::Rust).map(of).collect()
    }

    #[test]
    fn a_folder_that_its_author_wrote_is_left_as_it_is_in_every_language() {
        let told = generate_each(|step| {
            fs::create_dir(step.join("gen")).unwrap();
            fs::write(step.join("gen/mine"), "precious").unwrap();
        });
        let all = "/gen: `lockstep build` did not make it, and would remove what is in it; move it away";
        assert_eq!(told, [all; 6]);
    }

    #[cfg(unix)]
    #[test]
    fn nothing_is_written_or_removed_through_a_link_in_any_language() {
        use std::os::unix::fs::symlink;
        for place in ["gen", "gen/lockstep", "gen/events.py"] {
            let work = tempfile::tempdir().unwrap();
            for file in [MARK, "mine"] {
                fs::write(work.path().join(file), "precious").unwrap();
            }
            let told = generate_each(|step| {
                if place != "gen" {
                    write::<&str, &str>(&step.join("gen"), []).unwrap();
                }
                symlink(work.path(), step.join(place)).unwrap();
            });
            let all = format!(
                "/{place}: it is no folder of its own; what is generated goes through no link: remove it"
            );
            assert_eq!(told, [(); 6].map(|()| all.clone()));
            assert_eq!(names(work.path()), [MARK, "mine"]);
            assert_eq!(fs::read_to_string(work.path().join("mine")).unwrap(), "precious");
        }
    }
}
