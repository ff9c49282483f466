//! `lockstep test`: the handlers of a step, or a workflow, held against cases.

mod step;
mod workflow;

use std::path::{Path, PathBuf};

use clap::Args;
use lockstep_core::case::Difference;
use lockstep_core::workflow::file::Step;
use serde_json::{Map, Value, json};

use crate::case::{Asked, CaseFile, Cases, Meant, Plan, Subject, bless, collect, meant, subject_of};
use crate::exit::Exit;
use crate::lock::write_whole;
use crate::project::{Refused, WorkflowFile};
use crate::report::{self, case as told};

/// Hold a step or a workflow against cases: run for real, and nothing leaves
#[derive(Debug, Args)]
#[command(after_help = "\
A case of a step is a file that says what one handler is given, what its calls are answered, and
what must come of it:

  case    = \"a known customer is greeted\"
  handler = \"on-visitor\"              may be left out where the step has one
  event   = { name = \"Ada\" }          or [given], with several parameters by name
  state   = { seen = 1 }              what the run remembers before
  [[http]]                            the first that fits answers a request; [[tools]] likewise
  url     = \"https://crm.example/ada\"
  answer  = { status = 200, json = { vip = true } }
  [expect]
  emits   = [{ greeting = { text = \"Welcome back, Ada!\" } }]
  state   = { seen = 2 }
  calls   = [\"GET https://crm.example/ada\"]

It is run for real: in a fresh instance of the component, under the step's limits and grant. What
that denies is denied here too; what it allows is answered by the case, and a call that the case
does not answer fails it. A step without a grant may make all calls that its case answers.

A case of a workflow says how a run begins, what people say to it, and who stands in for which
step:

  start    = { claim = \"E-1\", items = [] }
  [[answers]]                         and [[decisions]] about calls that need an approval
  question = \"item-question\"
  answer   = { approve = true }
  after    = \"2h\"
  [[stand-ins]]                       this step is not run; it emits, or has a failure
  step     = \"pay\"
  emits    = [{ claim-settled = { claim = \"E-1\" } }]
  [expect]
  result   = { claim-settled = { claim = \"E-1\" } }
  took     = \"2h\"

Its other steps are run for real, with the [[http]] and [[tools]] of the case. Timers, deadlines
and back-offs pass at once, in the order in which they are due.

Of `expect` only what is given is checked. Of a step: emits, failure, or-failure, parked, state,
deleted, updates, timers, log, calls, fuel-at-most, memory-at-most. Of a workflow: result, status
(completed, unless it says otherwise), reason-contains, events, questions, steps, calls, took.

The exit code is 10 if a case failed, and 3 if a case or a component is refused.

Examples:
  lockstep test steps/greet                the step whose source it is: steps/greet/cases
  lockstep test .                          the workflow: tests, and the cases of its steps
  lockstep test . --step greet --case cases/6-*.toml
  lockstep test greet.wasm --case cases --verbose
  lockstep test steps/greet --bless        write what happens as what is expected")]
pub(crate) struct Test {
    /// The source of a step, a component, or a workflow
    what: PathBuf,
    /// The step of the workflow
    #[arg(long, value_name = "NAME")]
    step: Option<String>,
    /// Case files, folders of them, or patterns [default: the folder `cases` of a step's source, `tests` of a workflow]
    #[arg(long = "case", value_name = "FILES", num_args = 1..)]
    cases: Vec<PathBuf>,
    /// What a component by itself may reach; without it, what its cases answer
    #[arg(long, value_name = "FILE")]
    grant: Option<PathBuf>,
    /// Only cases whose title or file name has this in it
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Write what happens into the cases that expect something else, or nothing yet
    #[arg(long)]
    bless: bool,
    /// Show all that happens, of cases that are ok too
    #[arg(long, short)]
    verbose: bool,
    /// Print one JSON object on stdout: {"ok", "step", "component", "cases"}, or {"ok", "groups"} of a workflow
    #[arg(long)]
    json: bool,
}

/// A case that was run.
pub(crate) struct Tested {
    pub(crate) file: CaseFile,
    pub(crate) title: Option<String>,
    /// What it is about, where it has no title.
    pub(crate) about: String,
    pub(crate) asked: Asked,
    /// What of the case itself was in the way.
    pub(crate) complaints: Vec<String>,
    pub(crate) differences: Vec<Difference>,
    pub(crate) verdict: Verdict,
    /// What it used, for people.
    pub(crate) used: String,
    /// All that happened, a line each.
    pub(crate) happened: Vec<String>,
    /// The same for programs.
    pub(crate) object: Map<String, Value>,
}

/// What became of a case.
pub(crate) enum Verdict {
    Ok,
    Failed,
    /// Its file expects now what happened: keys that were written, and those taken out.
    Blessed(Vec<&'static str>, Vec<&'static str>),
}

/// The cases of a step, or those of a workflow.
struct Group {
    /// `step`, `workflow`
    kind: &'static str,
    name: String,
    component: Option<PathBuf>,
    tested: Vec<Tested>,
}

impl Test {
    pub(super) fn run(self) -> anyhow::Result<Exit> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(self.perform())
    }

    async fn perform(&self) -> anyhow::Result<Exit> {
        match meant(&self.what, self.step.as_deref(), self.grant.as_deref())? {
            Meant::Step(subject) => {
                report::warnings(&subject.warnings);
                let cases = self.cases(&subject.cases);
                let group = self.test_step(&subject, collect(&cases)?).await?;
                self.tell(&[group], |groups| object(&groups[0]))
            }
            Meant::Workflow(file) => self.project(*file).await,
        }
    }

    /// A workflow, and those of its steps that have cases beside their source.
    async fn project(&self, file: WorkflowFile) -> anyhow::Result<Exit> {
        let steps = if self.cases.is_empty() { with_cases(&file)? } else { Vec::new() };
        let own = file.folder().join("tests");
        let mut groups = Vec::new();
        if own.is_dir() || steps.is_empty() {
            let files = collect(&self.cases(&own))?;
            self.heading("workflow", &file.file.workflow, &steps)?;
            groups.push(self.test_workflow(file, files).await?);
        } else {
            steps.iter().for_each(|subject| report::warnings(&subject.warnings));
        }
        for subject in &steps {
            let files = collect(&Cases::Of(subject.cases.clone()))?;
            self.heading("step", &subject.name, &steps)?;
            groups.push(self.test_step(subject, files).await?);
        }
        self.tell(&groups, |groups| {
            let ok = groups.iter().all(|group| failed(group) == 0);
            json!({ "ok": ok, "groups": groups.iter().map(object).collect::<Vec<_>>() })
        })
    }

    /// What the cases below it are of, where there are others.
    fn heading(&self, kind: &str, name: &str, others: &[Subject]) -> std::io::Result<()> {
        if self.json || others.is_empty() { Ok(()) } else { report::out(&format!("{kind} {name}")) }
    }

    fn cases(&self, else_of: &Path) -> Cases {
        match self.cases.is_empty() {
            true => Cases::Of(else_of.to_owned()),
            false => Cases::Named(self.cases.clone()),
        }
    }

    /// Whether the user wants a case.
    fn wants(&self, file: &CaseFile, title: Option<&str>) -> bool {
        let has = |text: &str| title.is_some_and(|title| title.contains(text)) || file.name().contains(text);
        self.filter.as_deref().is_none_or(has)
    }

    /// What is wrong with a case that expects nothing.
    fn expects_nothing(&self, file: &CaseFile, expects: bool) -> Option<String> {
        let fix = "say in [expect] what must come of it, or let `--bless` write what comes of it";
        (!expects && !self.bless).then(|| format!("{}: it expects nothing; {fix}", file.path.display()))
    }

    /// What becomes of a case, by what is wrong with it; `plan` is what would be written into its file.
    fn verdict(
        &self,
        file: &CaseFile,
        differs: bool,
        is_sound: bool,
        plan: impl FnOnce() -> Plan,
    ) -> Result<Verdict, Refused> {
        match (differs, is_sound, self.bless) {
            (false, true, _) => Ok(Verdict::Ok),
            (true, true, true) => {
                let blessed = bless(file, plan()).map_err(|why| unwritten(&file.path, &why))?;
                write_whole(&file.path, &blessed.text)
                    .map_err(|why| unwritten(&file.path, &why.to_string()))?;
                Ok(Verdict::Blessed(blessed.written, blessed.removed))
            }
            _ => Ok(Verdict::Failed),
        }
    }

    /// A case that was run is told at once, unless programs want all of them.
    fn show(&self, tested: &Tested) -> std::io::Result<()> {
        if self.json { Ok(()) } else { report::out(&told::lines(tested, self.verbose).join("\n")) }
    }

    fn tell(&self, groups: &[Group], object: impl FnOnce(&[Group]) -> Value) -> anyhow::Result<Exit> {
        let tested: Vec<&Tested> = groups.iter().flat_map(|group| &group.tested).collect();
        if let (true, Some(text)) = (tested.is_empty(), &self.filter) {
            return Err(Refused::one(format!("no case has {text:?} in its title or its file's name")).into());
        }
        match self.json {
            true => report::out(&object(groups).to_string())?,
            false => report::out(&told::summary(&tested))?,
        }
        Ok(if groups.iter().all(|group| failed(group) == 0) { Exit::Done } else { Exit::Case })
    }
}

fn failed(group: &Group) -> usize {
    group.tested.iter().filter(|tested| matches!(tested.verdict, Verdict::Failed)).count()
}

fn object(group: &Group) -> Value {
    let cases: Vec<_> = group.tested.iter().map(told::object).collect();
    let component = group.component.as_ref().map(|path| path.display().to_string());
    json!({ "ok": failed(group) == 0, group.kind: group.name, "component": component, "cases": cases })
}

/// The steps of a workflow that have cases beside their source.
fn with_cases(file: &WorkflowFile) -> Result<Vec<Subject>, Refused> {
    let has_cases = |step: &&Step| {
        step.source.as_deref().is_some_and(|source| file.beside(source).join("cases").is_dir())
    };
    file.file.steps.iter().filter(has_cases).map(|step| subject_of(file, step)).collect()
}

fn unwritten(path: &Path, why: &str) -> Refused {
    Refused::one(format!("{} cannot be written: {why}", path.display()))
}
