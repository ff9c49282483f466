//! `workflow.toml` as it lies on disk: where it is, what it says, and what it names from there. It
//! opens no component.

use std::fs;
use std::path::{Path, PathBuf};

use lockstep_core::grant::{self, Grant};
use lockstep_core::workflow::Finding;
use lockstep_core::workflow::file::{self, Code, File, GivenGrant, Step, Tool};

use super::Refused;
use crate::inert::inert;
use crate::operator::real_folders;
use crate::source::{Place, unreadable};

/// A workflow file, before its components are looked at.
pub(crate) struct WorkflowFile {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// What it says.
    pub(crate) file: File,
    /// Its tools, as far as they are like steps: components with grants of their own.
    pub(crate) tools: Vec<Step>,
}

impl WorkflowFile {
    /// Reads `workflow.toml`, named itself or by its folder.
    pub(crate) fn read(named: &Path) -> Result<WorkflowFile, Refused> {
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
            Ok(file) => {
                let tools = file.tools.iter().map(Tool::as_step).collect();
                Ok(WorkflowFile { path, file, tools })
            }
            Err(findings) => Err(Refused { lines: lines(&findings, &shown) }),
        }
    }

    /// The folder that it is in; what it names is from there.
    pub(crate) fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    /// A path that the file names, from where the file is.
    pub(crate) fn beside(&self, named: &str) -> PathBuf {
        self.folder().join(named)
    }

    /// As people read it.
    pub(crate) fn shown(&self) -> String {
        self.path.display().to_string()
    }

    /// Its steps, and its tools.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &Step> {
        self.file.steps.iter().chain(&self.tools)
    }

    /// A step or a tool by its name; no two have one.
    pub(crate) fn step(&self, name: &str) -> Result<&Step, Refused> {
        self.parts().find(|step| step.name.value == name).ok_or_else(|| {
            let known = self.parts().map(|step| step.name.value.as_str());
            let near = lockstep_core::suggest::did_you_mean(name, known);
            Refused::one(format!("{}: there is no step `{name}`{near}", self.shown()))
        })
    }

    /// Whether one of its parts is a tool.
    pub(super) fn is_tool(&self, part: &Step) -> bool {
        self.tools.iter().any(|tool| tool.name == part.name)
    }

    /// Where the component of a step is; none: the step is a workflow.
    pub(crate) fn place(&self, step: &Step) -> Result<Option<Place>, Refused> {
        match &step.code {
            Code::Component(named) => {
                let place = Place::parse(named, self.folder());
                place.map(Some).map_err(|error| self.refused(step, [error.to_string()]))
            }
            Code::Workflow(_) => Ok(None),
        }
    }

    /// What people call a part.
    fn kind(&self, part: &Step) -> &'static str {
        if self.is_tool(part) { "tool" } else { "step" }
    }

    /// Why a step is refused, as lines that say where it stands.
    pub(super) fn refused(&self, step: &Step, messages: impl IntoIterator<Item = String>) -> Refused {
        let (shown, line, name) = (self.shown(), step.name.line, &step.name.value);
        let what = self.kind(step);
        let told =
            |message: String| inert(&format!("{shown}:{line}: {what} `{name}`: {message}")).into_owned();
        Refused { lines: messages.into_iter().map(told).collect() }
    }

    /// The file of a step's grant, if it has one.
    pub(crate) fn grant_path(&self, step: &Step) -> Option<PathBuf> {
        match &step.grant {
            GivenGrant::File(named) => Some(self.beside(&named.value)),
            GivenGrant::None | GivenGrant::Inline(_) => None,
        }
    }

    /// What a step may reach by its own word, whatever the operator allows; none if it is granted nothing.
    pub(crate) fn own_grant(&self, step: &Step) -> Result<Option<Grant>, Refused> {
        let in_file = self.grant(step)?;
        let mut grant = match &step.grant {
            GivenGrant::Inline(grant) => (**grant).clone(),
            GivenGrant::File(_) => in_file.unwrap_or_default(),
            GivenGrant::None => return Ok(None),
        };
        self.make_real(step, &mut grant)?;
        Ok(Some(grant))
    }

    /// Makes the folders of a step's grant real ones; they are from where the grant is.
    pub(super) fn make_real(&self, step: &Step, grant: &mut Grant) -> Result<(), Refused> {
        let from = self.grant_path(step).and_then(|path| Some(path.parent()?.to_owned()));
        let from = from.unwrap_or_else(|| self.folder().to_owned());
        real_folders(grant, &from).map_err(|why| self.refused(step, [why]))
    }

    /// What a grant file of a step says; none if it has no file of its own.
    pub(super) fn grant(&self, step: &Step) -> Result<Option<Grant>, Refused> {
        let (GivenGrant::File(named), Some(path)) = (&step.grant, self.grant_path(step)) else {
            return Ok(None);
        };
        let shown = path.display().to_string();
        let text = fs::read_to_string(&path).map_err(|error| {
            let (kind, why) = (self.kind(step), unreadable(&shown, &error));
            let why = format!("{kind} `{}`: its grant {why}", step.name.value);
            Refused::one(format!("{}:{}: {why}; mend the path in `grant`", self.shown(), named.line))
        })?;
        read_grant(&text, &shown).map(Some)
    }

    /// A component whose source has changed since it was built, as a warning.
    pub(crate) fn stale(&self, step: &Step) -> Option<String> {
        let (component, source) = (self.beside(step.code.path()), self.beside(step.source.as_deref()?));
        lockstep_toolchain::is_stale(&component, &source).then(|| {
            let (kind, name, file) = (self.kind(step), &step.name.value, self.path.display());
            format!("{file}: {kind} `{name}`: its component is older than its source; build it: `lockstep build {file}`")
        })
    }
}

/// A grant, of a text that came from this file.
pub(crate) fn read_grant(text: &str, shown: &str) -> Result<Grant, Refused> {
    grant::parse(text).map_err(|findings| Refused { lines: lines(&findings, shown) })
}

pub(super) fn lines(findings: &[Finding], shown: &str) -> Vec<String> {
    findings.iter().map(|finding| inert(&finding.in_file(shown).to_string()).into_owned()).collect()
}
