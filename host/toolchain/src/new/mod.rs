//! A new step: its world, its first code, a first case and what its editor needs. Everything is put together in a
//! folder aside, read back as `build` would read it, and only then copied to where it belongs. What is there is
//! never overwritten; of a workspace around it the manifest is amended.

mod case;
mod stage;
mod template;
mod wit;

pub use template::Template;

use std::path::{Path, PathBuf};

use lockstep_core::suggest::did_you_mean;

use crate::build::Job;
use crate::left_behind::{BUILT, MADE};
use crate::starter::File;
use crate::world::has_own_copy;
use crate::{Error, Language, Progress, Source, Toolchain, World, build, rust};
use stage::Stage;

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
        let folder = folder(&root, &step);
        if folder.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(Error::Taken(folder));
        }
        let mut stage = Stage::within(&self.cache, &root)?;
        let new_events = self.put(new, home, &step, &mut stage, progress)?;
        let files = stage.finish()?;
        if let Ok(source) = Source::read(&folder) {
            match self.generate(&source, progress) {
                Ok(()) | Err(Error::Missing { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Made { folder, files, new_events })
    }

    /// Puts everything into a folder aside. Gives the events that there were none of.
    fn put(
        &self,
        new: &NewStep,
        home: &Home,
        step: &Path,
        stage: &mut Stage,
        progress: Progress,
    ) -> Result<Vec<String>, Error> {
        let new_events = put_wit(new, home, stage)?;
        let folder = stage.folder().join(step);
        let source = Source {
            main: folder.join(new.language.main()),
            folder,
            language: new.language,
            name: new.name.clone(),
            wit: stage.folder().join("wit"),
            world: Some(new.name.clone()),
            requirements: None,
        };
        let world = World::read(&source)?;
        let job = Job { source: &source, world: &world, toolchain: self, progress };
        put_manifest(new, home, step, stage)?;
        let common = [
            ("README.md", &readme(new, home, step)),
            (".gitignore", &ignored()),
            ("cases/first.toml", &case::first(&world)),
        ];
        for (name, text) in common {
            stage.write(&step.join(name), text)?;
        }
        for File { path, text } in build::starter(&job, to_wit(step))? {
            stage.write(&step.join(path), &text)?;
        }
        Ok(new_events)
    }
}

/// The world of the step, beside all the WIT that it is read with. Gives the events that there were none of.
fn put_wit(new: &NewStep, home: &Home, stage: &mut Stage) -> Result<Vec<String>, Error> {
    let wit = stage.root().join("wit");
    let found = wit::Events::of(&wit, &new.name)?;
    let (text, new_events) = wit::text(new, home, &found)?;
    stage.copy_wit(&wit)?;
    if !has_own_copy(&wit) {
        for (name, text) in crate::STEP_WIT {
            stage.write(&Path::new("wit/deps/lockstep-step").join(name), text)?;
        }
    }
    stage.write(&Path::new("wit").join(format!("{}.wit", new.name)), &text)?;
    Ok(new_events)
}

/// What says how the step is built; for a crate, also the workspace and the SDK that it is built with.
fn put_manifest(new: &NewStep, home: &Home, step: &Path, stage: &mut Stage) -> Result<(), Error> {
    match (new.language, home) {
        (Language::Rust, Home::Workflow { name, .. }) => {
            let joined = rust::join(stage.root(), step)?;
            let package = if joined.is_own { new.name.clone() } else { format!("{name}-{}", new.name) };
            stage.write(&step.join("Cargo.toml"), &rust::package(&package))?;
            stage.amend(joined.manifest)?;
            return if joined.has_sdk { put_sdk(stage) } else { Ok(()) };
        }
        (Language::Rust, Home::Alone(_)) => {
            stage.write(Path::new("Cargo.toml"), &rust::alone(&new.name))?;
            put_sdk(stage)?;
        }
        _ => stage.write(&step.join("step.toml"), &manifest(new, to_wit(step)))?,
    }
    rust::keep_out(stage.root(), step)?.map_or(Ok(()), |manifest| stage.amend(manifest))
}

/// From the folder of a step to its WIT.
fn to_wit(step: &Path) -> &'static str {
    if step.as_os_str().is_empty() { "wit" } else { "../../wit" }
}

/// What a project has of the SDK it keeps.
fn put_sdk(stage: &mut Stage) -> Result<(), Error> {
    rust::sdk()
        .into_iter()
        .try_for_each(|File { path, text }| stage.unless_there(&Path::new(rust::SDK).join(path), &text))
}

/// Joined without a slash at its end.
fn folder(root: &Path, step: &Path) -> PathBuf {
    if step.as_os_str().is_empty() { root.to_owned() } else { root.join(step) }
}

/// As long as the name of a workflow may be.
const LONGEST: usize = 64;

/// What WIT, folders, and every language can spell, and a workflow can be called.
pub fn is_name(what: &'static str, name: &str) -> Result<(), Error> {
    let mut words = name.split('-');
    let is_word = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_lowercase())
            && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    };
    match name.len() <= LONGEST && words.all(is_word) {
        true => Ok(()),
        false => Err(Error::Name { what, name: name.to_owned() }),
    }
}

/// What git is to leave alone: the component of a step that is by itself lies in its folder.
fn ignored() -> String {
    let hidden = [".pytest_cache", ".ruff_cache", ".zig-cache"];
    let folders = MADE.iter().chain(&hidden).chain(&BUILT).map(|name| format!("{name}/\n"));
    folders.chain(["*.wasm\n.*.wasm.source\n".to_owned()]).collect()
}

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
    let wit = to_wit(step);
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
