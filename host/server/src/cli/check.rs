//! `lockstep check`: whether a workflow's components fit together, and how they do.

use std::path::{Path, PathBuf};

use clap::Args;
use lockstep_core::duration;
use lockstep_core::workflow::{EventNode, HandlerNode, Home, Join, Question, StepId, Workflow};
use serde_json::{Value, json};

use crate::exit::Exit;
use crate::project::{Loading, Project, Refused, Update};
use crate::report;

/// Stands where a step's name would, and is none.
const HUMAN: &str = "human";

/// Check a workflow: every component, every contract, every way through it
#[derive(Debug, Args)]
#[command(after_help = "\
Everything that is wrong is told at once, each with its fix.

Examples:
  lockstep check plugins/refunds
  lockstep check plugins/refunds --json")]
pub(crate) struct Check {
    /// A workflow.toml, or the folder it is in
    workflow: PathBuf,
    /// Print one JSON object on stdout: {"ok", "errors", "warnings", "steps"}
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    update: Update,
}

impl Check {
    pub(super) fn run(self, config: Option<&Path>) -> anyhow::Result<Exit> {
        let loading = Loading::under(config)?.with(self.update);
        match Project::read(&self.workflow, &loading) {
            Ok(project) if self.json => self.print(&[], &project.warnings, Some(&project.workflow)),
            Ok(project) => {
                report::warnings(&project.warnings);
                report::out(&story(&project.workflow))?;
                Ok(Exit::Done)
            }
            Err(Refused { lines }) if self.json => self.print(&lines, &[], None),
            Err(refused) => Err(refused.into()),
        }
    }

    fn print(
        &self,
        errors: &[String],
        warnings: &[String],
        workflow: Option<&Workflow>,
    ) -> anyhow::Result<Exit> {
        let steps = workflow.map_or(Value::Null, |workflow| {
            let all = workflow.steps.iter().zip(0..).map(|(step, id)| {
                let handlers = handlers(workflow, StepId(id)).map(|handler| {
                    json!({ "handler": handler.name, "takes": takes(workflow, handler), "join": join(workflow, handler) })
                });
                json!({ "step": step.name, "handlers": handlers.collect::<Vec<_>>() })
            });
            all.collect::<Vec<_>>().into()
        });
        let told = json!({ "ok": errors.is_empty(), "errors": errors, "warnings": warnings, "steps": steps });
        report::out(&told.to_string())?;
        Ok(if errors.is_empty() { Exit::Done } else { Exit::Refused })
    }
}

fn story(workflow: &Workflow) -> String {
    let steps = counted(workflow.steps.len(), "step");
    let events = counted(workflow.events.len(), "event");
    let mut lines = vec![format!("{}: {steps} and {events} fit together", workflow.name)];
    let asks_people = workflow.events.iter().any(|event| event.question.is_some());
    let names = workflow.steps.iter().map(|step| step.name.as_str());
    let width = names.chain(asks_people.then_some(HUMAN)).map(str::len).max().unwrap_or(0);
    for (step, id) in workflow.steps.iter().zip(0..) {
        for handler in handlers(workflow, StepId(id)) {
            let (name, takes) = (&step.name, takes(workflow, handler));
            let join = join(workflow, handler).map_or(String::new(), |join| format!("  ({join})"));
            let opens = if handler.opens { "  opens a scope" } else { "" };
            lines.push(format!("  {name:width$}  {takes}{join}{opens}"));
        }
    }
    let asked = workflow.events.iter().filter_map(|event| Some((event, event.question.as_ref()?)));
    lines.extend(
        asked.map(|(event, question)| format!("  {:width$}  {}", HUMAN, asks(workflow, event, question))),
    );
    lines.join("\n")
}

/// `item-question, answered with item-answer  (by role:approver; within 3d, else item-expired)`.
fn asks(workflow: &Workflow, event: &EventNode, question: &Question) -> String {
    let by = (!question.by.is_empty()).then(|| format!("by {}", question.by.join(", ")));
    let instead = question.on_deadline.map(|instead| format!(", else {}", workflow.event(instead).short));
    let instead = instead.unwrap_or_default();
    let within = question.deadline.map(|deadline| format!("within {}{instead}", duration::show(deadline)));
    let rules: Vec<String> = by.into_iter().chain(within).collect();
    let rules = if rules.is_empty() { String::new() } else { format!("  ({})", rules.join("; ")) };
    format!("{}, answered with {}{rules}", event.short, workflow.event(question.answer).short)
}

fn counted(n: usize, word: &str) -> String {
    if n == 1 { format!("1 {word}") } else { format!("{n} {word}s") }
}

fn handlers(workflow: &Workflow, step: StepId) -> impl Iterator<Item = &HandlerNode> {
    workflow.handlers.iter().filter(move |handler| handler.step == step)
}

/// `refund-requested + list<check-result>`.
fn takes(workflow: &Workflow, handler: &HandlerNode) -> String {
    let each = handler.inputs.iter().map(|input| {
        let short = &workflow.event(input.event).short;
        if input.many { format!("list<{short}>") } else { short.clone() }
    });
    each.collect::<Vec<_>>().join(" + ")
}

fn join(workflow: &Workflow, handler: &HandlerNode) -> Option<String> {
    match &handler.join {
        Join::Each => None,
        Join::Failure => Some("failures".into()),
        Join::Timer => Some("its timers".into()),
        Join::Answer { question } => Some(format!("answers to `{}`", workflow.event(*question).short)),
        Join::Pair { home, by } => {
            let by = by.as_ref().map_or(String::new(), |field| format!(" by {field}"));
            Some(format!("pairs{by} in {}", name(workflow, *home)))
        }
        Join::Gather { home, .. } => Some(format!("gathers {}", name(workflow, *home))),
    }
}

fn name(workflow: &Workflow, home: Home) -> String {
    match home {
        Home::Run => "the run".into(),
        Home::Handler(id) => format!("`{}`", workflow.step(workflow.handler(id).step).name),
        Home::Event(id) => format!("the broadcast of `{}`", workflow.event(id).short),
    }
}
