//! Where the cases of a workflow are run: its steps in a sandbox, or somebody in their place, a journal in memory, and a
//! clock that is moved on whenever the run waits for nothing but time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use lockstep_core::case::{Ran, WorkflowCase};
use lockstep_core::event::{Json, Timestamp};
use lockstep_core::grant::Grant;
use lockstep_core::grant::tools::ToolSource;
use lockstep_core::run::RunId;
use lockstep_core::workflow::Workflow;
use lockstep_journal::Memory;
use lockstep_runtime::{Attempts, Clock, Deployed, Host, NewRun, Settings, Virtual, archive};
use lockstep_sandbox::{Sandbox, Toolbox};

use super::driver::Driver;
use super::folders::Folders;
use super::notebook::Notebook;
use super::open::{sources, without_the_world};
use super::scene::{Asked, Scene};
use super::stage::{NOW, settings};
use super::understudy::Understudy;
use crate::project::{Loading, Project, Refused, StandIns, WorkflowFile};

/// A workflow that is ready for its cases.
pub(crate) struct RunStage {
    project: Project,
    sandbox: Sandbox,
    scene: Arc<Scene>,
    folders: Folders,
}

/// What came of a case.
pub(crate) struct PlayedRun {
    /// What the run came to.
    pub(crate) ran: Ran,
    /// What its steps asked for.
    pub(crate) asked: Asked,
    /// What of the case itself was in the way.
    pub(crate) complaints: Vec<String>,
    /// The run's story, a line each.
    pub(crate) story: Vec<String>,
    /// Attempts that were made, by stand-ins too.
    pub(crate) attempts: usize,
    /// How long it took by this machine's clock.
    pub(crate) took: Duration,
}

impl RunStage {
    /// The workflow of a file.
    pub(crate) fn new(file: WorkflowFile) -> anyhow::Result<RunStage> {
        let mut project = file.load(&Loading::for_cases())?;
        let mut folders = Folders::default();
        project.with_grants(&mut |grant: &mut Grant| {
            folders.stand_in(grant)?;
            *grant = without_the_world(std::mem::take(grant));
            Ok::<_, anyhow::Error>(())
        })?;
        let scene: Arc<Scene> = Arc::default();
        let sandbox = Sandbox::new(&settings(&project.all_grants(), &scene)?)?;
        Ok(RunStage { project, sandbox, scene, folders })
    }

    /// Its graph.
    pub(crate) fn workflow(&self) -> &Arc<Workflow> {
        &self.project.workflow
    }

    /// What somebody should look at.
    pub(crate) fn warnings(&self) -> &[String] {
        &self.project.warnings
    }

    /// Runs a case under a name of its own.
    pub(crate) async fn play(&self, case: &WorkflowCase, name: &str) -> anyhow::Result<PlayedRun> {
        self.folders.renew()?;
        let understudies = self.understudies(case);
        let deployed = self.deployed(case, &understudies).await?;
        self.scene.begin(&case.http, &case.tools);
        let (begun, begin) = (Instant::now(), Timestamp(case.now.unwrap_or(NOW)));
        let clock = Virtual::at(begin);
        let journal = Arc::new(Memory::new());
        let id = RunId::keyed(&self.workflow().name, name);
        let notes = Arc::new(Notebook::new(&deployed, id.clone()));
        // One attempt at a time, so that a case comes out the same however often it is run.
        let settings = Settings {
            clock: clock.clone(),
            observers: vec![notes.clone()],
            slots: 1,
            ..Settings::new(journal.clone())
        };
        let host = Host::new(settings);
        let session = case.session.as_deref().map(Arc::from);
        let new = NewRun { session, ..NewRun::new(id.clone(), Json::trusted(case.start.json())) };
        host.start(&deployed, new).await?;
        let mut driver = Driver::new(&host, &*journal, &clock, &notes, case);
        driver.drive().await?;
        let mut complaints = driver.end();
        complaints.extend(understudies.values().flat_map(|understudy| understudy.complaints()));
        let run = archive::read(&*journal, &id).await?.ok_or_else(|| Refused::one("the run is not there"))?;
        host.stop().await;
        let asked = self.scene.end();
        let took = Duration::from_millis(clock.now().0 - begin.0);
        let (ran, story, attempts) = notes.end(&run, asked.calls.clone(), took);
        Ok(PlayedRun { ran, asked, complaints, story, attempts, took: begun.elapsed() })
    }

    fn understudies(&self, case: &WorkflowCase) -> BTreeMap<String, Arc<Understudy>> {
        let steps: BTreeSet<&str> =
            case.stand_ins.iter().map(|stand_in| stand_in.step.value.as_str()).collect();
        let understudy = |name: &str| {
            let own = case.stand_ins.iter().filter(|stand_in| stand_in.step.value == name);
            Some((name.to_owned(), Arc::new(Understudy::new(self.workflow().clone(), name, own.cloned())?)))
        };
        steps.into_iter().filter_map(understudy).collect()
    }

    async fn deployed(
        &self,
        case: &WorkflowCase,
        understudies: &BTreeMap<String, Arc<Understudy>>,
    ) -> Result<Deployed, Refused> {
        let stand_ins: StandIns = understudies
            .iter()
            .map(|(name, understudy)| (name.clone(), understudy.clone() as Arc<dyn Attempts>))
            .collect();
        let grants = self.project.all_grants();
        let sources = grants.iter().flat_map(|grant| sources(grant)).filter(|from| match from {
            ToolSource::Server(_) => true,
            ToolSource::Component(_) => is_answered(&grants, from, case),
        });
        let toolbox = Toolbox {
            stand_ins: sources.map(|from| (from.clone(), self.scene.clone() as _)).collect(),
            ..Toolbox::default()
        };
        self.project.deploy_with(&self.sandbox, &toolbox, &stand_ins).await
    }
}

/// Whether a case answers for a component's tools: then that is not run.
fn is_answered(grants: &[&Grant], from: &ToolSource, case: &WorkflowCase) -> bool {
    let rules = grants.iter().flat_map(|grant| &grant.tools.rules).filter(|rule| rule.from == *from);
    let allowed: Vec<&String> = rules.flat_map(|rule| &rule.allow).collect();
    case.tools.iter().any(|tool| allowed.contains(&&tool.name))
}
