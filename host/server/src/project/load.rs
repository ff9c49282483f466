//! From a workflow's file to its project: every component is fetched, bound to its grant and to the
//! lock, and joined with the others.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lockstep_core::contract::Contract;
use lockstep_core::grant::Grant;
use lockstep_core::workflow;
use lockstep_core::workflow::file::{Code, File, GivenGrant, Step};

use super::file::{WorkflowFile, lines};
use super::tie::{Candidate, is_from_elsewhere};
use super::{Loading, Locking, Part, Project, Refused};
use lockstep_sandbox::{Origin, Wall};

use crate::lock::{self, Lock, Locked};
use crate::source;

/// Workflows lie in each other no deeper.
const DEEPEST: usize = 8;

/// What was read of the steps so far.
#[derive(Default)]
struct Parts {
    parts: BTreeMap<String, Part>,
    contracts: BTreeMap<String, Arc<Contract>>,
    grants: BTreeMap<String, Grant>,
    /// The components of tools, with their origins.
    tools: BTreeMap<String, (Arc<[u8]>, Origin)>,
    /// The steps and tools from elsewhere.
    locked: BTreeMap<String, Locked>,
}

impl Parts {
    /// Whether every part was read that a file has, so that what does not fit can be told.
    fn is_whole(&self, file: &WorkflowFile) -> bool {
        file.parts().all(|part| {
            let name = &part.name.value;
            let is_granted = file.grant_path(part).is_none() || self.grants.contains_key(name);
            is_granted && self.contracts.contains_key(name)
        })
    }
}

impl WorkflowFile {
    /// The project: every component read, every contract checked.
    pub(crate) fn load(self, loading: &Loading) -> Result<Project, Refused> {
        self.load_within(&[], loading)
    }

    /// The same, as a step of the workflows whose files these are.
    fn load_within(self, around: &[PathBuf], loading: &Loading) -> Result<Project, Refused> {
        let shown = self.shown();
        let mut read = Parts::default();
        let mut wrong = Vec::new();
        for part in self.parts() {
            if let Err(refused) = self.part(part, around, loading, &mut read) {
                wrong.extend(refused.lines);
            }
        }
        let lock = self.lock(&read.locked, loading.lock)?;
        wrong.extend(lock.1);
        let joined = workflow::join(&self.with_grants(&read.grants), &read.contracts, &read.grants);
        let joined = match joined {
            Ok(joined) if wrong.is_empty() => joined,
            Err(findings) if wrong.is_empty() || read.is_whole(&self) => {
                wrong.extend(lines(&findings, &shown));
                return Err(Refused { lines: wrong });
            }
            _ => return Err(Refused { lines: wrong }),
        };
        if loading.lock == Locking::Updated {
            lock.0.write(self.folder())?;
        }
        let mut warnings = lines(&joined.warnings, &shown);
        warnings.extend(self.parts().filter_map(|step| self.stale(step)));
        let folder = self.folder().to_owned();
        let file =
            |step: &Step| Some((step.name.value.clone(), self.grant_path(step)?.display().to_string()));
        let grants = self.parts().filter_map(file).collect();
        let (workflow, parts, tools) = (Arc::new(joined.workflow), read.parts, read.tools);
        Ok(Project { folder, workflow, warnings, grants, parts, tools })
    }

    fn part(
        &self,
        step: &Step,
        around: &[PathBuf],
        loading: &Loading,
        read: &mut Parts,
    ) -> Result<(), Refused> {
        let name = &step.name.value;
        let grant = self.grant(step);
        let part = match &step.code {
            Code::Component(_) => self.component(step, loading, &grant, read),
            Code::Workflow(path) => self.nested(step, path, around, loading),
        };
        let mut wrong = Vec::new();
        match part {
            Ok((Part::Component(bytes, origin), contract)) if self.is_tool(step) => {
                read.tools.insert(name.clone(), (bytes, origin));
                read.contracts.insert(name.clone(), Arc::new(contract));
            }
            Ok((part, contract)) => {
                read.parts.insert(name.clone(), part);
                read.contracts.insert(name.clone(), Arc::new(contract));
            }
            Err(refused) => wrong.extend(refused.lines),
        }
        let given = grant.as_ref().ok().cloned().flatten();
        match grant.and_then(|grant| self.allowed(step, grant, loading)) {
            Ok(grant) => read.grants.extend(grant.map(|grant| (name.clone(), grant))),
            Err(refused) => {
                // What else is wrong is told of the grant as it is.
                read.grants.extend(given.map(|grant| (name.clone(), grant)));
                wrong.extend(refused.lines);
            }
        }
        if wrong.is_empty() { Ok(()) } else { Err(Refused { lines: wrong }) }
    }

    /// What the operator allows of a step's grant, wherever it stands. A step without one is held to the
    /// ceiling too; where that takes nothing away, there still is none.
    fn allowed(
        &self,
        step: &Step,
        in_file: Option<Grant>,
        loading: &Loading,
    ) -> Result<Option<Grant>, Refused> {
        let mut grant = match (&step.grant, in_file) {
            (GivenGrant::Inline(grant), _) => (**grant).clone(),
            (_, grant) => grant.unwrap_or_default(),
        };
        self.make_real(step, &mut grant)?;
        let effective = loading.operator.allow(&grant).map_err(|lines| self.refused(step, lines))?;
        let is_none = matches!(step.grant, GivenGrant::None) && effective == Grant::default();
        Ok((!is_none).then_some(effective))
    }

    /// The file with the grants that hold in the place of those that stand in it.
    fn with_grants(&self, grants: &BTreeMap<String, Grant>) -> File {
        let mut file = self.file.clone();
        let of_steps = file.steps.iter_mut().map(|step| (&step.name.value, &mut step.grant));
        let of_tools = file.tools.iter_mut().map(|tool| (&tool.name.value, &mut tool.grant));
        for (name, given) in of_steps.chain(of_tools) {
            if let (GivenGrant::Inline(_) | GivenGrant::None, Some(grant)) = (&*given, grants.get(name)) {
                *given = GivenGrant::Inline(Box::new(grant.clone()));
            }
        }
        file
    }

    fn component(
        &self,
        step: &Step,
        loading: &Loading,
        grant: &Result<Option<Grant>, Refused>,
        read: &mut Parts,
    ) -> Result<(Part, Contract), Refused> {
        let candidate = self.candidate(step, loading)?;
        let grant = grant.as_ref().ok().and_then(Option::as_ref);
        let signer = match loading.walls.stands(Wall::Digest) {
            true => candidate.check(self, step, grant)?,
            false => None,
        };
        if is_from_elsewhere(step) {
            read.locked.insert(step.name.value.clone(), candidate.locked(step, signer));
        }
        let origin = if is_from_elsewhere(step) { Origin::Elsewhere } else { Origin::Here };
        Ok((Part::Component(candidate.fetched.bytes.into(), origin), candidate.contract))
    }

    /// The component that a step names, whether or not it may be loaded.
    pub(crate) fn candidate(&self, step: &Step, loading: &Loading) -> Result<Candidate, Refused> {
        let place = self.place(step)?.ok_or_else(|| {
            self.refused(step, ["it is a workflow, and only a component has a grant".to_owned()])
        })?;
        let told = |error: source::Error| {
            let fix = match (&step.source, error.is_file()) {
                (_, false) => String::new(),
                (Some(_), true) => format!("; build it: `lockstep build {}`", self.path.display()),
                (None, true) => {
                    "; mend the path in `component`, or say where its `source` is and build it".to_owned()
                }
            };
            self.refused(step, [format!("{error}{fix}")])
        };
        let fetched = place.fetch_pinned(&loading.kept).map_err(told)?;
        match Contract::read(&fetched.bytes) {
            Ok(contract) => {
                let fits = if self.is_tool(step) { contract.is_tool() } else { contract.is_step() };
                fits.map_err(|refusal| self.refused(step, [format!("{place}: {refusal}")]))?;
                Ok(Candidate { place, fetched, contract })
            }
            Err(all) => Err(self.refused(step, all.iter().map(|refusal| format!("{place}: {refusal}")))),
        }
    }

    /// A workflow as a step; one that lies in itself has no bottom.
    fn nested(
        &self,
        step: &Step,
        named: &str,
        around: &[PathBuf],
        loading: &Loading,
    ) -> Result<(Part, Contract), Refused> {
        let inner = WorkflowFile::read(&self.beside(named))?;
        let around = [around, &[real(&self.path)]].concat();
        if around.contains(&real(&inner.path)) {
            let why =
                format!("the workflow {} lies in itself; let a loop of events do it", inner.path.display());
            return Err(self.refused(step, [why]));
        }
        if around.len() >= DEEPEST {
            let why = format!("workflows lie in each other more than {DEEPEST} deep; flatten them");
            return Err(self.refused(step, [why]));
        }
        let project = inner.load_within(&around, loading)?;
        let contract = Contract::of_workflow(&project.workflow);
        Ok((Part::Workflow(project), contract))
    }

    /// The lock as it is to be, and what is loaded against it.
    fn lock(
        &self,
        found: &BTreeMap<String, Locked>,
        locking: Locking,
    ) -> Result<(Lock, Vec<String>), Refused> {
        let mut lock = Lock::read(self.folder())?;
        if locking == Locking::Updated {
            lock.steps.retain(|name, _| found.contains_key(name));
            lock.tools.retain(|tools| self.parts().any(|part| part.name.value == tools.step));
            found.iter().for_each(|(name, locked)| lock.insert(name, locked.clone()));
        }
        let against = found.iter().filter_map(|(name, found)| {
            let others = lock.steps.get(name)?.differences(found);
            (!others.is_empty()).then(|| self.not_as_locked(name, &others))
        });
        let wrong = against.collect();
        Ok((lock, wrong))
    }

    fn not_as_locked(&self, step: &str, others: &[String]) -> String {
        let file = self.path.display();
        format!(
            "{file}: step `{step}` is not as {} has it: {}; look at it with `lockstep inspect`, then take it \
             with `lockstep grant accept {step} --workflow {file}` or `--update`",
            lock::NAME,
            others.join(", ")
        )
    }
}

/// One name for one file, however it is reached.
fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}
