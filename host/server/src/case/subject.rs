//! What is tested: a step that is named by its source, by its component or by its workflow, or a workflow itself.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use lockstep_core::contract::Contract;
use lockstep_core::grant::Grant;
use lockstep_core::workflow::file::Step;
use lockstep_sandbox::Origin;

use crate::cli::find_component;
use crate::operator::real_folders;
use crate::project::{Loading, Refused, WorkflowFile, nearest, read_grant};
use crate::source::{Place, unreadable};

/// How long an attempt may take where no workflow says.
const TIMEOUT: Duration = Duration::from_secs(30);
/// What names a component by itself.
const COMPONENT: &str = "wasm";

/// A step and all that is needed to run its handlers.
pub(crate) struct Subject {
    /// Its name.
    pub(crate) name: String,
    /// Its workflow's name; empty, if it has none.
    pub(crate) workflow: String,
    /// Where its component is.
    pub(crate) component: PathBuf,
    /// Where its cases are, if nobody names others.
    pub(crate) cases: PathBuf,
    /// Its component.
    pub(crate) bytes: Arc<[u8]>,
    /// Whether that was built from source that lies here.
    pub(crate) origin: Origin,
    /// What that says of itself.
    pub(crate) contract: Contract,
    /// What it may reach; none: it was granted nothing.
    pub(crate) grant: Option<Grant>,
    /// The wall-clock limit of an attempt.
    pub(crate) timeout: Duration,
    /// What somebody should look at.
    pub(crate) warnings: Vec<String>,
}

/// What a command line means.
pub(crate) enum Meant {
    /// One step.
    Step(Box<Subject>),
    /// A workflow.
    Workflow(Box<WorkflowFile>),
}

/// What `named` means; `step` is one of a workflow, `grant` the file of a component by itself.
pub(crate) fn meant(named: &Path, step: Option<&str>, grant: Option<&Path>) -> Result<Meant, Refused> {
    let is_component = named.extension().is_some_and(|end| end == COMPONENT);
    if grant.is_some() && !is_component {
        return Err(Refused::one("`--grant` is for a component by itself; a step of a workflow has its own"));
    }
    if is_component {
        return of_component(named, grant).map(|subject| Meant::Step(Box::new(subject)));
    }
    if named.is_dir() && !named.join("workflow.toml").is_file() {
        return of_source(named, step).map(|subject| Meant::Step(Box::new(subject)));
    }
    let file = WorkflowFile::read(named)?;
    match step {
        Some(name) => {
            let step = file.step(name)?;
            of_step(&file, step).map(|subject| Meant::Step(Box::new(subject)))
        }
        None => Ok(Meant::Workflow(Box::new(file))),
    }
}

/// The step of a workflow.
pub(crate) fn of_step(file: &WorkflowFile, step: &Step) -> Result<Subject, Refused> {
    let candidate = file.candidate(step, &Loading::new())?;
    candidate.contract.is_step().map_err(|_| {
        Refused::one(format!("{}: `{}` is a tool; cases are for steps", file.shown(), step.name.value))
    })?;
    let origin = if step.source.is_some() { Origin::Here } else { Origin::Elsewhere };
    let folder = step.source.as_deref().map_or_else(|| file.folder().to_owned(), |from| file.beside(from));
    Ok(Subject {
        name: step.name.value.clone(),
        workflow: file.file.workflow.clone(),
        component: file.beside(step.code.path()),
        cases: folder.join("cases"),
        bytes: candidate.fetched.bytes.into(),
        origin,
        contract: candidate.contract,
        grant: file.own_grant(step)?,
        timeout: step.timeout,
        warnings: file.stale(step).into_iter().collect(),
    })
}

/// The step whose source lies in a folder: that of the nearest workflow upwards that names it so, else the
/// component that `lockstep build` has made in the folder itself.
fn of_source(folder: &Path, named: Option<&str>) -> Result<Subject, Refused> {
    let shown = folder.display();
    let real = folder.canonicalize().map_err(|error| Refused::one(unreadable(&shown.to_string(), &error)))?;
    if let Some((file, step)) = nearest::step_of(&real, named)? {
        return of_step(&WorkflowFile { path: from_here(&file.path), ..file }, &step);
    }
    let component = folder.join(real.file_name().unwrap_or_default()).with_extension(COMPONENT);
    match component.exists() {
        true => of_component(&component, None)
            .map(|subject| Subject { warnings: stale(&component, folder).into_iter().collect(), ..subject }),
        false if nearest::is_step(folder) => Err(Refused::one(format!(
            "no step of a workflow above {shown} has it as its `source`, and there is no {}; build it: \
             `lockstep build {shown}`",
            component.display()
        ))),
        false => Err(Refused::one(format!("{shown} is neither a workflow nor the source of a step"))),
    }
}

/// A component in the folder of its source whose source has changed since it was built, as a warning.
fn stale(component: &Path, source: &Path) -> Option<String> {
    let (shown, source_shown) = (component.display(), source.display());
    lockstep_toolchain::is_stale(component, source)
        .then(|| format!("{shown} is older than its source; build it: `lockstep build {source_shown}`"))
}

/// A path as short as people write it.
fn from_here(path: &Path) -> PathBuf {
    let here = std::env::current_dir().ok();
    here.and_then(|here| Some(path.strip_prefix(here).ok()?.to_owned())).unwrap_or_else(|| path.to_owned())
}

/// A component by itself.
fn of_component(named: &Path, grant: Option<&Path>) -> Result<Subject, Refused> {
    let shown = named.display().to_string();
    let candidate = find_component(&shown, &Loading::new())?;
    candidate.contract.is_step().map_err(|why| Refused::one(format!("{shown}: {why}")))?;
    let component = match candidate.place {
        Place::File(path) => path,
        _ => named.to_owned(),
    };
    Ok(Subject {
        name: named.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
        workflow: String::new(),
        cases: named.parent().unwrap_or(Path::new("")).join("cases"),
        component,
        bytes: candidate.fetched.bytes.into(),
        origin: Origin::Elsewhere,
        contract: candidate.contract,
        grant: grant.map(granted).transpose()?,
        timeout: TIMEOUT,
        warnings: Vec::new(),
    })
}

fn granted(path: &Path) -> Result<Grant, Refused> {
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| Refused::one(unreadable(&shown, &error)))?;
    let mut grant = read_grant(&text, &shown)?;
    let from = path.parent().unwrap_or(Path::new(""));
    real_folders(&mut grant, from).map_err(|why| Refused::one(format!("{shown}: {why}")))?;
    Ok(grant)
}
