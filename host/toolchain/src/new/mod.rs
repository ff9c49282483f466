//! A new step: its world, its first code, a first case and what its editor needs. Everything is put together in a
//! folder aside, read back as `build` would read it, and only then copied to where it belongs; what is there is
//! never overwritten.

mod case;
mod template;
mod wit;

pub use template::Template;

use std::fs;
use std::path::{Path, PathBuf};

use lockstep_core::suggest::did_you_mean;

use crate::build::Job;
use crate::starter::File;
use crate::world::has_own_copy;
use crate::{Error, Language, Progress, Source, Toolchain, World, build, rust};

/// What is asked for.
#[derive(Clone, Debug)]
pub struct NewStep {
    /// What the step, its folder and its world are called: `greet`.
    pub name: String,
    /// What it is written in.
    pub language: Language,
    /// The event that it takes.
    pub on: String,
    /// The events that it may emit.
    pub emits: Vec<String>,
    /// The interfaces of `lockstep:step` that it uses beside `log`.
    pub uses: Vec<Use>,
}

/// An interface of `lockstep:step` that a step may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// `run`: who, when and by which chance.
    Run,
    /// `timer`
    Timer,
    /// `blob`
    Blob,
    /// `state`, by a grant.
    State,
    /// `updates`, by a grant.
    Updates,
    /// `http`, by a grant.
    Http,
    /// `tools`, by a grant.
    Tools,
}

/// Where a new step belongs.
#[derive(Clone, Debug)]
pub enum Home {
    /// Among the steps of a workflow, whose events it shares: the folder of its `workflow.toml`, and its name.
    Workflow {
        /// The folder.
        folder: PathBuf,
        /// The workflow's name.
        name: String,
    },
    /// In a folder of its own, with a world of its own.
    Alone(PathBuf),
}

/// A step that was made.
#[derive(Clone, Debug)]
pub struct Made {
    /// Its folder.
    pub folder: PathBuf,
    /// The files that were written, from where the command was called.
    pub files: Vec<PathBuf>,
    /// The events that there were none of, each with one field for a beginning.
    pub new_events: Vec<String>,
}

impl Use {
    /// All of them.
    pub const ALL: [Use; 7] =
        [Use::Run, Use::Timer, Use::Blob, Use::State, Use::Updates, Use::Http, Use::Tools];

    /// As its interface is called.
    pub fn as_str(self) -> &'static str {
        match self {
            Use::Run => "run",
            Use::Timer => "timer",
            Use::Blob => "blob",
            Use::State => "state",
            Use::Updates => "updates",
            Use::Http => "http",
            Use::Tools => "tools",
        }
    }
}

impl std::str::FromStr for Use {
    type Err = String;

    fn from_str(name: &str) -> Result<Use, String> {
        let known = Use::ALL.map(Use::as_str);
        let found = Use::ALL.into_iter().find(|one| one.as_str() == name);
        found.ok_or_else(|| {
            format!("there is no `{name}` to use{}; one of {}", did_you_mean(name, known), known.join(", "))
        })
    }
}

impl Home {
    /// The folder that its files are in, and from there that of the step.
    fn places(&self, name: &str) -> (PathBuf, PathBuf) {
        match self {
            Home::Workflow { folder, .. } => (folder.clone(), Path::new("steps").join(name)),
            Home::Alone(folder) => (folder.clone(), PathBuf::new()),
        }
    }
}

impl Toolchain {
    /// Makes a step. What is generated for its editor is left to the first build where its tools are missing.
    pub fn new_step(&self, new: &NewStep, home: &Home, progress: Progress) -> Result<Made, Error> {
        let (root, step) = home.places(&new.name);
        is_name("a step", &new.name)?;
        let aside = Aside(self.cache.join(format!("new-{}", std::process::id())));
        let stage = Stage { folder: &aside.0, files: Vec::new() };
        let made = self.staged(new, home, &step, stage, progress)?;
        for file in &made.files {
            copy(&aside.0.join(file), &root.join(file))?;
        }
        if new.language == Language::Rust {
            rust::join_workspace(&root, &step)?;
        }
        let folder = folder(&root, &step);
        if let Ok(source) = Source::read(&folder) {
            match self.generate(&source, progress) {
                Ok(()) | Err(Error::Missing { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        let files = made.files.into_iter().map(|file| root.join(file)).collect();
        Ok(Made { folder, files, ..made })
    }

    fn staged(
        &self,
        new: &NewStep,
        home: &Home,
        step: &Path,
        mut stage: Stage,
        progress: Progress,
    ) -> Result<Made, Error> {
        let (root, _) = home.places(&new.name);
        let folder = folder(&root, step);
        if folder.exists() && folder.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(Error::Taken(folder));
        }
        let found = wit::Events::of(&root.join("wit"), &new.name)?;
        let (text, new_events) = wit::text(new, home, &found)?;
        stage.copy_wit(&root.join("wit"))?;
        if !has_own_copy(&root.join("wit")) {
            for (name, text) in crate::STEP_WIT {
                stage.write(&Path::new("wit/deps/lockstep-step").join(name), text)?;
            }
        }
        stage.write(&Path::new("wit").join(format!("{}.wit", new.name)), &text)?;
        let to_wit = if step.as_os_str().is_empty() { "wit" } else { "../../wit" };
        let manifest = manifest(new, to_wit);
        let source = Source {
            folder: stage.folder.join(step),
            language: new.language,
            name: new.name.clone(),
            wit: stage.folder.join("wit"),
            world: Some(new.name.clone()),
            main: stage.folder.join(step).join(new.language.main()),
            requirements: None,
        };
        let world = World::read(&source)?;
        let job = Job { source: &source, world: &world, toolchain: self, progress };
        let first = build::starter(&job, to_wit)?;
        let common = [
            ("step.toml", manifest.as_str()),
            ("README.md", &readme(new, home, step)),
            (".gitignore", IGNORED),
            ("cases/first.toml", &case::first(&world)),
        ];
        for (name, text) in common {
            if name != "step.toml" || new.language != Language::Rust {
                stage.write(&step.join(name), text)?;
            }
        }
        for File { path, text } in first {
            stage.write(&step.join(path), &text)?;
        }
        if new.language == Language::Rust {
            for File { path, text } in rust::sdk() {
                stage.unless_there(&root, &Path::new("sdk/rust").join(path), &text)?;
            }
        }
        Ok(Made { folder, files: stage.files, new_events })
    }
}

/// Joined without a slash at its end.
fn folder(root: &Path, step: &Path) -> PathBuf {
    if step.as_os_str().is_empty() { root.to_owned() } else { root.join(step) }
}

/// A folder of this process that is gone when this is dropped.
struct Aside(PathBuf);

impl Drop for Aside {
    fn drop(&mut self) {
        // What cannot be removed is a cache that somebody empties.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The folder aside, and what in it is new.
struct Stage<'a> {
    folder: &'a Path,
    files: Vec<PathBuf>,
}

impl Stage<'_> {
    fn write(&mut self, path: &Path, text: &str) -> Result<(), Error> {
        write(&self.folder.join(path), text)?;
        self.files.push(path.to_owned());
        Ok(())
    }

    /// What a project has it keeps.
    fn unless_there(&mut self, root: &Path, path: &Path, text: &str) -> Result<(), Error> {
        if root.join(path).exists() { Ok(()) } else { self.write(path, text) }
    }

    /// The WIT that is there already, to be read together with what is new.
    fn copy_wit(&self, from: &Path) -> Result<(), Error> {
        let Ok(entries) = from.read_dir() else { return Ok(()) };
        copy_all(entries, &self.folder.join("wit"))
    }
}

fn copy_all(entries: fs::ReadDir, to: &Path) -> Result<(), Error> {
    for entry in entries.flatten() {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        match from.read_dir() {
            Ok(entries) => copy_all(entries, &to)?,
            Err(_) => copy(&from, &to)?,
        }
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    let parent = to.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(parent).map_err(Error::file(parent))?;
    fs::copy(from, to).map(drop).map_err(Error::file(to))
}

pub(crate) fn write(path: &Path, text: &str) -> Result<(), Error> {
    let parent = path.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(parent).map_err(Error::file(parent))?;
    fs::write(path, text).map_err(Error::file(path))
}

/// What WIT, folders, and every language can spell.
fn is_name(what: &'static str, name: &str) -> Result<(), Error> {
    let words = name.split('-');
    let is_word = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_lowercase())
            && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    };
    match words.clone().count() > 0 && words.clone().all(is_word) {
        true => Ok(()),
        false => Err(Error::Name { what, name: name.to_owned() }),
    }
}

const IGNORED: &str = "gen/\nnode_modules/\n__pycache__/\n.pytest_cache/\n.zig-cache/\ntarget/\n";

fn manifest(new: &NewStep, wit: &str) -> String {
    let NewStep { name, language, .. } = new;
    let wit = if wit == "wit" { String::new() } else { format!("wit = \"{wit}\"\n") };
    format!("language = \"{language}\"\nworld = \"{name}\"\n{wit}")
}

fn readme(new: &NewStep, home: &Home, step: &Path) -> String {
    let NewStep { name, language, on, .. } = new;
    let (title, main) = (language.title(), language.main());
    let (build, test) = match home {
        Home::Workflow { .. } => {
            (format!("lockstep build --step {name}"), format!("lockstep test {}", step.display()))
        }
        Home::Alone(_) => ("lockstep build .".into(), "lockstep test .".into()),
    };
    let wit = if step.as_os_str().is_empty() { "wit" } else { "../../wit" };
    format!(
        "# {name}\n\nA step in {title}: takes `{on}`.\n\n\
         - `{main}` is its code, `{wit}/{name}.wit` its world: what it takes, emits and reaches.\n\
         - `{build}` makes the component, `{test}` runs the cases in `cases/`.\n\
         - `cases/first.toml` is a first case; copy it, change it, or let `lockstep test --bless` write what is expected.\n\
         {}",
        match language {
            Language::Rust => "",
            _ => "- `gen/` is generated by each build: bindings, types and the SDK. It is not kept in git.\n",
        }
    )
}
