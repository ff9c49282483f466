//! A workflow with its components, read from disk: all that is wrong is told at once.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lockstep_core::contract::Contract;
use lockstep_core::grant::{self, Grant};
use lockstep_core::workflow::file::{self, Code, File, GivenGrant, Step};
use lockstep_core::workflow::{self, Finding, Severity, Workflow};
use lockstep_runtime::{Deployed, Worker};
use lockstep_sandbox::{Limits, Sandbox};

use crate::inert::inert;

/// No component that a toolchain makes is larger.
const LARGEST_COMPONENT: u64 = 256 << 20;

/// A workflow whose components fit together.
pub(crate) struct Project {
    /// Where its file is.
    pub(crate) folder: PathBuf,
    /// The graph.
    pub(crate) workflow: Arc<Workflow>,
    /// What somebody should look at, as lines.
    pub(crate) warnings: Vec<String>,
    /// What does the work of each step.
    parts: BTreeMap<String, Part>,
}

/// What does the work of a step.
enum Part {
    /// A component: its bytes.
    Component(Arc<[u8]>),
    /// Another workflow.
    Workflow(Project),
}

/// Why there is no project: every reason as a line of its own.
#[derive(Debug, thiserror::Error)]
#[error("{}", .lines.join("\n"))]
pub(crate) struct Refused {
    /// At least one.
    pub(crate) lines: Vec<String>,
}

impl Refused {
    pub(crate) fn one(line: impl Into<String>) -> Refused {
        Refused { lines: vec![line.into()] }
    }
}

/// Workflows lie in each other no deeper.
const DEEPEST: usize = 8;

/// A workflow file, before its components are looked at.
pub(crate) struct Source {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// What it says.
    pub(crate) file: File,
}

impl Source {
    /// Reads `workflow.toml`, named itself or by its folder.
    pub(crate) fn read(named: &Path) -> Result<Source, Refused> {
        let path = if named.is_dir() { named.join("workflow.toml") } else { named.to_owned() };
        let shown = path.display().to_string();
        let bytes = fs::read(&path).map_err(|error| {
            Refused::one(format!(
                "{}; name a workflow.toml or the folder it is in",
                unreadable(&shown, &error)
            ))
        })?;
        let text = String::from_utf8(bytes)
            .map_err(|_| Refused::one(format!("{shown}: it is not UTF-8 text; give a workflow.toml")))?;
        match file::parse(&text) {
            Ok(file) => Ok(Source { path, file }),
            Err(findings) => Err(Refused { lines: lines(&findings, &shown) }),
        }
    }

    /// A path that the file names, from where the file is.
    pub(crate) fn beside(&self, named: &str) -> PathBuf {
        self.path.parent().unwrap_or(Path::new("")).join(named)
    }

    /// The project: every component read, every contract checked.
    pub(crate) fn load(self) -> Result<Project, Refused> {
        self.load_within(&[])
    }

    /// The same, as a step of the workflows whose files these are.
    fn load_within(self, around: &[PathBuf]) -> Result<Project, Refused> {
        let shown = self.path.display().to_string();
        let (mut parts, mut contracts, mut grants) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let mut wrong = Vec::new();
        for step in &self.file.steps {
            let name = &step.name.value;
            match self.part(step, around) {
                Ok((part, contract)) => {
                    parts.insert(name.clone(), part);
                    contracts.insert(name.clone(), Arc::new(contract));
                }
                Err(refused) => wrong.extend(refused.lines),
            }
            match self.grant(step) {
                Ok(grant) => grants.extend(grant.map(|grant| (name.clone(), grant))),
                Err(refused) => wrong.extend(refused.lines),
            }
        }
        if !wrong.is_empty() {
            return Err(Refused { lines: wrong });
        }
        let joined = workflow::join(&self.file, &contracts, &grants)
            .map_err(|findings| Refused { lines: lines(&findings, &shown) })?;
        let mut warnings = lines(&joined.warnings, &shown);
        warnings.extend(self.file.steps.iter().filter_map(|step| self.stale(step)));
        let folder = self.beside("");
        Ok(Project { folder, workflow: Arc::new(joined.workflow), warnings, parts })
    }

    fn part(&self, step: &Step, around: &[PathBuf]) -> Result<(Part, Contract), Refused> {
        match &step.code {
            Code::Component(path) => self.component(step, path),
            Code::Workflow(path) => self.nested(step, path, around),
        }
    }

    fn component(&self, step: &Step, named: &str) -> Result<(Part, Contract), Refused> {
        let path = self.beside(named);
        let shown = path.display();
        let bytes = read_component(&path).map_err(|error| {
            let fix = match step.source {
                Some(_) => format!("build it: `lockstep build {}`", self.path.display()),
                None => "mend the path in `component`, or say where its `source` is and build it".to_owned(),
            };
            self.refused(step, [format!("{}; {fix}", unreadable(&shown.to_string(), &error))])
        })?;
        match Contract::read(&bytes) {
            Ok(contract) => Ok((Part::Component(bytes.into()), contract)),
            Err(all) => Err(self.refused(step, all.iter().map(|refusal| format!("{shown}: {refusal}")))),
        }
    }

    /// A workflow as a step; one that lies in itself has no bottom.
    fn nested(&self, step: &Step, named: &str, around: &[PathBuf]) -> Result<(Part, Contract), Refused> {
        let source = Source::read(&self.beside(named))?;
        let around = [around, &[real(&self.path)]].concat();
        if around.contains(&real(&source.path)) {
            let why =
                format!("the workflow {} lies in itself; let a loop of events do it", source.path.display());
            return Err(self.refused(step, [why]));
        }
        if around.len() >= DEEPEST {
            let why = format!("workflows lie in each other more than {DEEPEST} deep; flatten them");
            return Err(self.refused(step, [why]));
        }
        let project = source.load_within(&around)?;
        let contract = Contract::of_workflow(&project.workflow);
        Ok((Part::Workflow(project), contract))
    }

    fn refused(&self, step: &Step, messages: impl IntoIterator<Item = String>) -> Refused {
        let finding = |message: String| Finding {
            severity: Severity::Error,
            line: Some(step.name.line),
            column: None,
            step: Some(step.name.value.clone()),
            message,
        };
        let findings: Vec<Finding> = messages.into_iter().map(finding).collect();
        Refused { lines: lines(&findings, &self.path.display().to_string()) }
    }

    /// What a grant file of a step says; none if it has no file of its own.
    fn grant(&self, step: &Step) -> Result<Option<Grant>, Refused> {
        let GivenGrant::File(named) = &step.grant else { return Ok(None) };
        let path = self.beside(&named.value);
        let shown = path.display().to_string();
        let text = fs::read_to_string(&path).map_err(|error| {
            let why = format!("step `{}`: its grant {}", step.name.value, unreadable(&shown, &error));
            let file = self.path.display();
            Refused::one(format!("{file}:{}: {why}; mend the path in `grant`", named.line))
        })?;
        grant::parse(&text).map(Some).map_err(|findings| Refused { lines: lines(&findings, &shown) })
    }

    /// A component that is older than its source, as a warning.
    fn stale(&self, step: &Step) -> Option<String> {
        let source = newest(&self.beside(step.source.as_deref()?))?;
        let built = fs::metadata(self.beside(step.code.path())).ok()?.modified().ok()?;
        (built < source).then(|| {
            let (name, file) = (&step.name.value, self.path.display());
            format!("{file}: step `{name}`: its component is older than its source; build it: `lockstep build {file}`")
        })
    }
}

impl Project {
    /// Reads a workflow and everything it names.
    pub(crate) fn read(named: &Path) -> Result<Project, Refused> {
        Source::read(named)?.load()
    }

    /// The project in a sandbox, ready to run.
    pub(crate) fn deploy(&self, sandbox: &Sandbox) -> Result<Deployed, Refused> {
        Deployed::load(self.workflow.clone(), |step, handlers| match &self.parts[&step.name] {
            Part::Workflow(nested) => nested.deploy(sandbox).map(Worker::Workflow),
            Part::Component(bytes) => sandbox
                .load(bytes, handlers, &step.grant, Limits::default())
                .map(Worker::Release)
                .map_err(|error| Refused::one(format!("step `{}`: {error}", step.name))),
        })
    }
}

/// One name for one file, however it is reached.
fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// The bytes of a file that should be a component.
pub(crate) fn read_component(path: &Path) -> io::Result<Vec<u8>> {
    let file = fs::File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(io::Error::from(io::ErrorKind::IsADirectory));
    }
    let mut bytes = Vec::new();
    file.take(LARGEST_COMPONENT + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > LARGEST_COMPONENT {
        true => Err(io::Error::other(format!("it is larger than {} MiB", LARGEST_COMPONENT >> 20))),
        false => Ok(bytes),
    }
}

/// ``components/a.wasm cannot be read: no such file``.
pub(crate) fn unreadable(shown: &str, error: &io::Error) -> String {
    let why = match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "you may not read it".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        _ => error.to_string(),
    };
    format!("{shown} cannot be read: {why}")
}

fn lines(findings: &[Finding], shown: &str) -> Vec<String> {
    findings.iter().map(|finding| inert(&finding.in_file(shown).to_string()).into_owned()).collect()
}

/// When the newest file below a folder was written; what builds leave behind does not count.
fn newest(folder: &Path) -> Option<std::time::SystemTime> {
    let entries = fs::read_dir(folder).ok()?.filter_map(Result::ok);
    let times = entries.filter_map(|entry| match entry.file_type().ok()? {
        kind if kind.is_dir() && entry.file_name() == "target" => None,
        kind if kind.is_dir() => newest(&entry.path()),
        _ => entry.metadata().ok()?.modified().ok(),
    });
    times.max()
}

/// The names of the start event's fields that must be given, for an error that helps.
pub(crate) fn wanted(workflow: &Workflow) -> String {
    let event = workflow.event(workflow.start);
    let mut text = format!("`{}` is {}", event.short, event.shape);
    if let lockstep_core::shape::Shape::Record(fields) = &event.shape {
        text = format!("`{}` has the fields", event.short);
        for (index, field) in fields.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            // Writing into a string cannot fail.
            let _ = write!(text, "{comma} {}: {}", field.key, field.shape);
        }
    }
    text
}
