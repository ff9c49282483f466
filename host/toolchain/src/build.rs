//! Which language builds a source, and in which order: crates together, all else one by one on as many threads as
//! there are cores.

use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use wit_component::WitPrinter;

use crate::tools::{digest, lock};
use crate::{
    Built, Error, File, Language, Progress, Source, Toolchain, World, c, go, js, language, python, rust, zig,
};

/// What a language's builder is handed.
pub(crate) struct Job<'a> {
    /// The folder to build.
    pub(crate) source: &'a Source,
    /// What it is written against.
    pub(crate) world: &'a World,
    /// Where tools and intermediate files are.
    pub(crate) toolchain: &'a Toolchain,
    /// Who hears what is going on.
    pub(crate) progress: Progress<'a>,
}

/// A folder for what is made on the way, which no other step has.
pub(crate) struct Stage {
    /// Where.
    pub(crate) folder: PathBuf,
    /// As long as it is there, another build of the same step waits.
    _lock: fs::File,
}

impl Job<'_> {
    /// Where a language's tools put what they make of this step: steps of several workflows may have one name.
    pub(crate) fn stage(&self, language: &str) -> Result<Stage, Error> {
        let source = &self.source.folder;
        let whole = std::path::absolute(source).map_err(Error::file(source))?;
        let name = format!("{}-{}", self.source.name, digest(whole.as_os_str().as_encoded_bytes()));
        let folder = self.toolchain.target_dir.join(language).join(name);
        Ok(Stage { _lock: lock(&folder)?, folder })
    }

    /// The folder that all of a component comes from but packages of an index: the workflow's, else the step's.
    pub(crate) fn root(&self) -> Result<PathBuf, Error> {
        let source = &self.source.folder;
        let whole = source.canonicalize().map_err(Error::file(source))?;
        let root = whole.ancestors().find(|folder| folder.join("workflow.toml").is_file());
        Ok(root.unwrap_or(&whole).to_owned())
    }

    /// All packages of its world in one text, its own first: the WIT of the host itself may lie in no folder.
    pub(crate) fn wit(&self) -> Result<String, Error> {
        let resolve = &self.world.resolve;
        let wrong = |why: String| Error::Wit { step: self.source.name.clone(), why };
        let own = resolve.worlds[self.world.id].package;
        let own = own.ok_or_else(|| wrong("its world is of no package".into()))?;
        let others: Vec<_> = resolve.packages.iter().map(|(id, _)| id).filter(|id| *id != own).collect();
        let mut printer = WitPrinter::default();
        let printed = printer.emit_docs(false).print(resolve, own, &others);
        printed.map_err(|error| wrong(format!("{error:#}")))?;
        Ok(printer.output.to_string())
    }
}

pub(crate) fn build(
    toolchain: &Toolchain,
    sources: &[PathBuf],
    progress: Progress,
) -> Result<Vec<Built>, Error> {
    let target_dir =
        std::path::absolute(&toolchain.target_dir).map_err(Error::file(&toolchain.target_dir))?;
    let toolchain = Toolchain { target_dir, ..toolchain.clone() };
    let (mut crates, mut others) = (Vec::new(), Vec::new());
    for folder in sources {
        match language(folder)? {
            Language::Rust => crates.push(folder.clone()),
            _ => others.push(Source::read(folder)?),
        }
    }
    let mut built = rust::build(&toolchain, &crates, progress)?;
    built.extend(build_others(&toolchain, &others, progress)?);
    let at = |built: &Built| sources.iter().position(|source| *source == built.source);
    built.sort_by_key(at);
    Ok(built)
}

/// The first failure in the order of the sources is the one that is told.
fn build_others(toolchain: &Toolchain, sources: &[Source], progress: Progress) -> Result<Vec<Built>, Error> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(sources.len());
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some((at, source)) = take(sources, &next) {
            let result = build_one(toolchain, source, progress);
            done.lock().expect("no builder panics while it holds the list").push((at, result));
        }
    };
    std::thread::scope(|scope| {
        (0..threads).for_each(|_| drop(scope.spawn(work)));
    });
    let mut done = done.into_inner().expect("no builder panics while it holds the list");
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

fn take<'s>(sources: &'s [Source], next: &AtomicUsize) -> Option<(usize, &'s Source)> {
    let at = next.fetch_add(1, Ordering::Relaxed);
    Some((at, sources.get(at)?))
}

fn build_one(toolchain: &Toolchain, source: &Source, progress: Progress) -> Result<Built, Error> {
    let world = World::read(source)?;
    generate(toolchain, source, &world, progress)?;
    progress(&format!("building {}", source.name));
    let job = Job { source, world: &world, toolchain, progress };
    let component = match source.language {
        Language::Rust => unreachable!("crates are built by cargo"),
        Language::TypeScript | Language::JavaScript => js::build(&job),
        Language::Python => python::build(&job),
        Language::Go => go::build(&job),
        Language::C => c::build(&job),
        Language::Zig => zig::build(&job),
    }?;
    Ok(Built {
        made_of: None,
        source: source.folder.clone(),
        name: source.name.clone(),
        language: source.language,
        component,
    })
}

/// The first code of a new step whose WIT lies there, from its folder.
pub(crate) fn starter(job: &Job, wit: &str) -> Result<Vec<File>, Error> {
    match job.source.language {
        Language::Rust => Ok(vec![rust::starter(job, wit)]),
        Language::TypeScript | Language::JavaScript => js::starter(job),
        Language::Python => python::starter(job),
        Language::Go => go::starter(job),
        Language::C => c::starter(job),
        Language::Zig => zig::starter(job),
    }
}

pub(crate) fn generate(
    toolchain: &Toolchain,
    source: &Source,
    world: &World,
    progress: Progress,
) -> Result<(), Error> {
    let job = Job { source, world, toolchain, progress };
    match source.language {
        Language::Rust => Ok(()),
        Language::TypeScript | Language::JavaScript => js::generate(&job),
        Language::Python => python::generate(&job),
        Language::Go => go::generate(&job),
        Language::C => c::generate(&job),
        Language::Zig => zig::generate(&job),
    }
}
