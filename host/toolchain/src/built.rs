//! A component in its place, and whether it is of its source as that is now: a note of what it was made of lies beside it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::{Error, Language, digest};

/// A step that was built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Built {
    /// The folder it was built from, as the caller gave it.
    pub source: PathBuf,
    /// The name of its package, or of its folder.
    pub name: String,
    /// What it is written in.
    pub language: Language,
    /// The bytes of its component.
    pub component: Vec<u8>,
    /// The digest of what it was made of; none, if that could not be read.
    pub made_of: Option<String>,
}

impl Built {
    /// Puts the component in its place, whole or not at all, and the note beside it. One that is there already keeps
    /// its time.
    pub fn write(&self, component: &Path) -> Result<(), Error> {
        if let Some(folder) = component.parent() {
            fs::create_dir_all(folder).map_err(Error::file(folder))?;
        }
        if fs::read(component).map_or(true, |there| there != self.component) {
            whole(component, &self.component).map_err(Error::file(component))?;
        }
        // Without a note no more is lost than a warning.
        let note = note(component);
        let _ = match &self.made_of {
            Some(digest) => fs::write(note, digest),
            None => fs::remove_file(note),
        };
        Ok(())
    }
}

/// Beside its place first, then there in one step.
fn whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = path.with_extension(format!("{}.draft", std::process::id()));
    fs::write(&draft, bytes)
        .and_then(|()| fs::rename(&draft, path))
        .inspect_err(|_| drop(fs::remove_file(&draft)))
}

/// Whether the source of a component has changed since it was built. Nothing is known of one that something else
/// made or has replaced: it is not.
pub fn is_stale(component: &Path, source: &Path) -> bool {
    let note = note(component);
    let changed = |path: &Path| -> Option<SystemTime> { fs::metadata(path).ok()?.modified().ok() };
    let is_of_it = changed(component).zip(changed(&note)).is_some_and(|(own, note)| own <= note);
    let noted = fs::read_to_string(&note).ok().filter(|_| is_of_it);
    noted.is_some_and(|noted| digest::digest(source).is_some_and(|now| now != noted))
}

fn note(component: &Path) -> PathBuf {
    let name = component.file_name().unwrap_or_default().to_string_lossy();
    component.with_file_name(format!(".{name}.source"))
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn whoever_reads_a_component_while_it_is_written_reads_a_whole_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("components/greet.wasm");
        let write = |component: &[u8]| {
            let (source, name, language) = ("greet".into(), "greet".into(), Language::Go);
            let built = Built { source, name, language, component: component.to_vec(), made_of: None };
            built.write(&path).unwrap();
        };
        write(b"the old one");
        let mut reading = fs::File::open(&path).unwrap();
        write(b"the new one");
        let mut read = String::new();
        reading.read_to_string(&mut read).unwrap();
        assert_eq!((read.as_str(), &*fs::read(&path).unwrap()), ("the old one", &b"the new one"[..]));
    }

    #[test]
    fn a_component_is_stale_once_its_source_says_something_else_and_only_if_it_was_built_here() {
        let folder = tempfile::tempdir().unwrap();
        let (source, component) = (folder.path().join("brew"), folder.path().join("made/brew.wasm"));
        fs::create_dir(&source).unwrap();
        fs::write(source.join("step.py"), "tea").unwrap();
        let built = Built {
            source: source.clone(),
            name: "brew".into(),
            language: Language::Python,
            component: b"component".to_vec(),
            made_of: digest::digest(&source),
        };
        built.write(&component).unwrap();
        assert_eq!(fs::read(&component).unwrap(), b"component");
        assert!(!is_stale(&component, &source));
        fs::write(source.join("step.py"), "coffee").unwrap();
        assert!(is_stale(&component, &source));
        Built { made_of: digest::digest(&source), ..built.clone() }.write(&component).unwrap();
        assert!(!is_stale(&component, &source), "the same bytes of another source");
        fs::write(source.join("step.py"), "cocoa").unwrap();
        let later = SystemTime::now() + std::time::Duration::from_secs(60);
        fs::File::options().append(true).open(&component).unwrap().set_modified(later).unwrap();
        assert!(!is_stale(&component, &source), "somebody else has put it there");
        Built { made_of: None, ..built }.write(&component).unwrap();
        assert!(!note(&component).exists());
    }
}
