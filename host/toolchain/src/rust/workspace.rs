//! The cargo workspace that a new step of a workflow comes into: that of the steps that are there, else one of the
//! workflow's own. Nothing is written here; what a manifest becomes is handed back as text.

use std::fs;
use std::path::{Component, Path, PathBuf};

use toml_edit::{Array, DocumentMut, Item, Table, TableLike, value};

use super::members::Members;
use crate::Error;
use crate::starter::File;

/// The release profile of steps: small modules, compiled to machine code wherever they are loaded.
const WORKSPACE: &str = "[workspace]\nresolver = \"3\"\nmembers = []\nexclude = [\"sdk\"]\n\n\
    [workspace.dependencies]\nlockstep-sdk = { path = \"sdk/rust\" }\n\n\
    [profile.release]\nopt-level = \"s\"\nlto = true\ncodegen-units = 1\npanic = \"abort\"\nstrip = true\n";

/// Where the SDK lies in a project.
pub(crate) const SDK: &str = "sdk/rust";

/// What a new crate needs around it.
pub(crate) struct Joined {
    /// The workspace's manifest as it is to be, by its path from here.
    pub(crate) manifest: File,
    /// Whether the SDK belongs into the project: the workspace has no other.
    pub(crate) has_sdk: bool,
    /// Whether the workspace is of this project alone.
    pub(crate) is_own: bool,
}

/// A manifest that makes a workspace.
struct Workspace {
    /// From here.
    path: PathBuf,
    document: DocumentMut,
    /// Whether it is of the project alone.
    is_own: bool,
    /// From its folder to the root of the project, and to the new step.
    root: PathBuf,
    step: PathBuf,
}

/// The manifest of a step that is its own workspace.
pub(crate) fn alone(name: &str) -> String {
    format!("{}\n{}", package(name), WORKSPACE.replace("members = []\n", ""))
}

/// The manifest of a member.
pub(crate) fn package(name: &str) -> String {
    format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\npublish = false\n\n\
         [lib]\ncrate-type = [\"cdylib\"]\n\n[dependencies]\nlockstep-sdk.workspace = true\n"
    )
}

/// Makes a new crate a member of the workspace that cargo takes the project's crates for, or of a new one.
pub(crate) fn join(root: &Path, step: &Path) -> Result<Joined, Error> {
    let crates = crates(root, step);
    let is_theirs = |around: &Workspace| {
        let has_crates = !crates.is_empty() || root.join("Cargo.toml").exists();
        around.is_own || has_crates || around.members().cover(&around.step)
    };
    match around(root, step)?.filter(is_theirs) {
        Some(workspace) => workspace.with(&[]),
        None => own(root, step)?.with(&crates),
    }
}

/// Keeps the folder of a step in another language out of a workspace that would look for a crate in it.
pub(crate) fn keep_out(root: &Path, step: &Path) -> Result<Option<File>, Error> {
    let around = around(root, step)?;
    around.filter(|around| around.members().cover(&around.step)).map(Workspace::without).transpose()
}

/// The workspace that cargo would take a crate there for a part of.
fn around(root: &Path, step: &Path) -> Result<Option<Workspace>, Error> {
    let here = Path::new(".").join(root);
    let whole = here.canonicalize().or_else(|_| std::path::absolute(&here)).map_err(Error::file(root))?;
    let (member, mut from_here) = (whole.join(step), root.join(step));
    for folder in member.ancestors().skip(1) {
        from_here = up(&from_here);
        let path = from_here.join("Cargo.toml");
        let Some(document) = read(&path)? else { continue };
        let to = |place: &Path| place.strip_prefix(folder).unwrap_or(Path::new("..")).to_owned();
        let is_own = folder.starts_with(&whole);
        let workspace = Workspace { path, document, is_own, root: to(&whole), step: to(&member) };
        if workspace.document.contains_key("workspace") && !workspace.members().leave_out(&workspace.step) {
            return Ok(Some(workspace));
        }
    }
    Ok(None)
}

/// The folder around another, which may not be there yet.
fn up(folder: &Path) -> PathBuf {
    match folder.components().next_back() {
        Some(Component::Normal(_)) if !folder.is_symlink() => folder.parent().unwrap_or(folder).to_owned(),
        _ => folder.join(".."),
    }
}

/// A workspace at the root of the project.
fn own(root: &Path, step: &Path) -> Result<Workspace, Error> {
    let path = root.join("Cargo.toml");
    let document = match read(&path)? {
        Some(document) => document,
        None => WORKSPACE.parse().expect("it is TOML"),
    };
    Ok(Workspace { path, document, is_own: true, root: PathBuf::new(), step: step.to_owned() })
}

/// A manifest, if it is there.
fn read(path: &Path) -> Result<Option<DocumentMut>, Error> {
    let wrong =
        |error: toml_edit::TomlError| Error::Manifest { path: path.to_owned(), why: error.to_string() };
    match fs::read_to_string(path) {
        Ok(text) => text.parse().map(Some).map_err(wrong),
        Err(_) if !path.exists() => Ok(None),
        Err(error) => Err(Error::file(path)(error)),
    }
}

/// The crates among the steps that are there, but for those that are workspaces themselves.
fn crates(root: &Path, step: &Path) -> Vec<PathBuf> {
    let steps = step.parent().unwrap_or(Path::new(""));
    let entries = root.join(steps).read_dir().into_iter().flatten().flatten();
    let folders = entries.map(|entry| steps.join(entry.file_name()));
    let manifest = |folder: &PathBuf| read(&root.join(folder).join("Cargo.toml")).ok().flatten();
    let is_alone = |manifest: DocumentMut| manifest.contains_key("workspace");
    let mut crates: Vec<_> =
        folders.filter(|folder| manifest(folder).is_some_and(|one| !is_alone(one))).collect();
    crates.sort();
    crates
}

impl Workspace {
    fn members(&self) -> Members<'_> {
        Members(self.document.get("workspace"))
    }

    /// With the step, and with crates that would be left outside.
    fn with(mut self, crates: &[PathBuf]) -> Result<Joined, Error> {
        let is_own = self.is_own;
        let step = self.step.clone();
        for one in crates.iter().chain([&step]).filter(|one| !self.members().cover(one)).collect::<Vec<_>>() {
            self.push("members", one)?;
        }
        let sdk = self.root.join(SDK);
        let table = self.table()?;
        let dependencies = table.entry("dependencies").or_insert(Item::Table(Table::new()));
        let wrong = "[workspace.dependencies] is no table";
        let Some(dependencies) = dependencies.as_table_like_mut() else { return Err(self.wrong(wrong)) };
        let has_sdk = depends(dependencies, &sdk);
        if has_sdk && !self.members().leave_out(&sdk) {
            let aside = sdk.parent().unwrap_or(&sdk).to_owned();
            self.push("exclude", &aside)?;
        }
        Ok(Joined { manifest: self.file(), has_sdk, is_own })
    }

    fn without(mut self) -> Result<File, Error> {
        let step = self.step.clone();
        self.push("exclude", &step)?;
        Ok(self.file())
    }

    fn push(&mut self, key: &str, path: &Path) -> Result<(), Error> {
        let path = path.display().to_string();
        let list = self.table()?.entry(key).or_insert(value(Array::new()));
        match list.as_array_mut() {
            Some(list) => list.push(path),
            None => return Err(self.wrong(&format!("`{key}` is no list"))),
        }
        Ok(())
    }

    fn table(&mut self) -> Result<&mut Table, Error> {
        let wrong = self.wrong("`workspace` is no table of its own; write [workspace]");
        let workspace = self.document.entry("workspace").or_insert(Item::Table(Table::new()));
        workspace.as_table_mut().ok_or(wrong)
    }

    fn file(self) -> File {
        File { path: self.path, text: self.document.to_string() }
    }

    fn wrong(&self, why: &str) -> Error {
        Error::Manifest { path: self.path.clone(), why: why.to_owned() }
    }
}

/// Whether the SDK of the workspace is the one in the project, which it is where there was none.
fn depends(dependencies: &mut dyn TableLike, sdk: &Path) -> bool {
    let path = sdk.display().to_string();
    match dependencies.get("lockstep-sdk") {
        Some(there) => there.get("path").and_then(Item::as_str) == Some(&path),
        None => {
            let mut table = toml_edit::InlineTable::new();
            table.insert("path", path.into());
            dependencies.insert("lockstep-sdk", value(table));
            true
        }
    }
}
