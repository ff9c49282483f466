//! `lockstep test`: the handlers of a step, held against cases.

use std::path::{Path, PathBuf};

use clap::Args;
use lockstep_core::case::{self, Call, Difference, StepCase, judge};
use serde_json::json;

use crate::case::{CaseFile, Cases, Meant, Played, Stage, Subject, bless, collect, meant};
use crate::exit::Exit;
use crate::lock::write_whole;
use crate::project::Refused;
use crate::report::{self, case as told};

/// Hold a step's handlers against cases: run for real, and nothing leaves
#[derive(Debug, Args)]
#[command(after_help = "\
A case is a file that says what one handler is given, what its calls are answered, and what must come
of it:

  case    = \"a known customer is greeted\"
  handler = \"on-visitor\"              may be left out where the step has one
  event   = { name = \"Ada\" }          or [given], with several parameters by name
  state   = { seen = 1 }              what the run remembers before
  [[http]]                            the first that fits answers a request
  url     = \"https://crm.example/ada\"
  answer  = { status = 200, json = { vip = true } }
  [expect]
  emits   = [{ greeting = { text = \"Welcome back, Ada!\" } }]
  state   = { seen = 2 }
  calls   = [\"GET https://crm.example/ada\"]

It is run for real: in a fresh instance of the component, under the step's limits and grant. What that
denies is denied here too; what it allows is answered by the case, and a call that the case does not
answer fails it. A step without a grant may make all calls that its case answers.

Of `expect` only what is given is checked: emits, failure, or-failure, parked, state, deleted, updates,
timers, log, calls, fuel-at-most, memory-at-most.

The exit code is 10 if a case failed, and 3 if a case or a component is refused.

Examples:
  lockstep test steps/greet                       the step whose source lies there: steps/greet/cases
  lockstep test . --step greet --case cases/6-*.toml
  lockstep test greet.wasm --case cases --verbose
  lockstep test steps/greet --bless               write what happens as what is expected")]
pub(crate) struct Test {
    /// The source of a step, a component, or a workflow
    what: PathBuf,
    /// The step of the workflow
    #[arg(long, value_name = "NAME")]
    step: Option<String>,
    /// Case files, folders of them, or patterns [default: the folder `cases` of the step's source]
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
    /// Print one JSON object on stdout: {"ok", "step", "component", "cases"}
    #[arg(long)]
    json: bool,
}

/// A case that was read.
struct Ready {
    file: CaseFile,
    case: StepCase,
    call: Call,
}

/// A case that was run.
pub(crate) struct Tested {
    pub(crate) file: CaseFile,
    pub(crate) title: Option<String>,
    pub(crate) handler: String,
    pub(crate) played: Played,
    pub(crate) differences: Vec<Difference>,
    pub(crate) verdict: Verdict,
}

/// What became of a case.
pub(crate) enum Verdict {
    Ok,
    Failed,
    /// Its file expects now what happened: keys that were written, and those taken out.
    Blessed(Vec<&'static str>, Vec<&'static str>),
}

impl Test {
    pub(super) fn run(self) -> anyhow::Result<Exit> {
        let subject = match meant(&self.what, self.step.as_deref(), self.grant.as_deref())? {
            Meant::Step(subject) => subject,
            Meant::Workflow(file) => {
                return Err(Refused::one(format!(
                    "{} is a workflow; name a step with `--step`",
                    file.shown()
                ))
                .into());
            }
        };
        tokio::runtime::Runtime::new()?.block_on(self.step(&subject))
    }

    async fn step(&self, subject: &Subject) -> anyhow::Result<Exit> {
        report::warnings(&subject.warnings);
        let ready = self.ready(subject)?;
        let cases: Vec<&StepCase> = ready.iter().map(|ready| &ready.case).collect();
        let stage = Stage::new(subject, &cases)?;
        let mut tested = Vec::new();
        for ready in ready {
            let one = self.one(&stage, subject, ready).await?;
            if !self.json {
                report::out(&told::lines(&one, self.verbose).join("\n"))?;
            }
            tested.push(one);
        }
        let failed = tested.iter().filter(|tested| matches!(tested.verdict, Verdict::Failed)).count();
        match self.json {
            true => report::out(&self.object(subject, &tested, failed).to_string())?,
            false => report::out(&told::summary(&tested))?,
        }
        Ok(if failed == 0 { Exit::Done } else { Exit::Case })
    }

    fn object(&self, subject: &Subject, tested: &[Tested], failed: usize) -> serde_json::Value {
        let cases: Vec<_> = tested.iter().map(told::object).collect();
        let component = subject.component.display().to_string();
        json!({ "ok": failed == 0, "step": subject.name, "component": component, "cases": cases })
    }

    /// The cases, read and held against the component; whatever is wrong with any of them is told at once.
    fn ready(&self, subject: &Subject) -> Result<Vec<Ready>, Refused> {
        let cases = match self.cases.is_empty() {
            true => Cases::Of(subject.cases.clone()),
            false => Cases::Named(self.cases.clone()),
        };
        let (mut ready, mut wrong) = (Vec::new(), Vec::new());
        for file in collect(&cases)? {
            match self.read(subject, file) {
                Ok(one) => ready.extend(one),
                Err(lines) => wrong.extend(lines),
            }
        }
        if !wrong.is_empty() {
            return Err(Refused { lines: wrong });
        }
        if let (true, Some(text)) = (ready.is_empty(), &self.filter) {
            return Err(Refused::one(format!("no case has {text:?} in its title or its file's name")));
        }
        Ok(ready)
    }

    /// A case; none if it is filtered out.
    fn read(&self, subject: &Subject, file: CaseFile) -> Result<Option<Ready>, Vec<String>> {
        let case = case::step(&file.text, file.format).map_err(|findings| file.lines(&findings))?;
        let is_meant = self.filter.as_ref().is_none_or(|text| {
            file.name().contains(text.as_str())
                || case.title.as_ref().is_some_and(|title| title.contains(text))
        });
        if !is_meant {
            return Ok(None);
        }
        let alone = subject.contract.alone();
        let call = case.call(&alone).map_err(|findings| file.lines(&findings))?;
        let misnamed = case.misnamed(&alone, &call);
        if !self.bless && !misnamed.is_empty() {
            return Err(file.lines(&misnamed));
        }
        if !self.bless && case.expect.is_none() {
            let shown = file.path.display();
            let fix = "say in [expect] what must come of it, or let `--bless` write what comes of it";
            return Err(vec![format!("{shown}: it expects nothing; {fix}")]);
        }
        Ok(Some(Ready { file, case, call }))
    }

    async fn one(&self, stage: &Stage, subject: &Subject, ready: Ready) -> anyhow::Result<Tested> {
        let Ready { mut file, case, call } = ready;
        let handler = subject.contract.handlers[call.handler].name.clone();
        let played = stage.play(&case, call).await;
        let differences = case.expect.as_ref().map_or(Vec::new(), |expect| judge(expect, &played.happened));
        let is_answered = played.asked.unanswered.is_empty();
        let verdict = match case.expect.is_some() && differences.is_empty() {
            true if is_answered => Verdict::Ok,
            false if is_answered && self.bless => {
                let blessed = bless(&file, case.expect.as_ref(), &played.happened, &differences);
                let blessed = blessed.map_err(|why| unwritten(&file.path, &why))?;
                write_whole(&file.path, &blessed.text)
                    .map_err(|why| unwritten(&file.path, &why.to_string()))?;
                file.text = blessed.text;
                Verdict::Blessed(blessed.written, blessed.removed)
            }
            _ => Verdict::Failed,
        };
        Ok(Tested { file, title: case.title, handler, played, differences, verdict })
    }
}

fn unwritten(path: &Path, why: &str) -> Refused {
    Refused::one(format!("{} cannot be written: {why}", path.display()))
}
