//! Calls that leave runs: attempts ask before, and tell what came of it. What they ask is decided by the
//! run; what has to be durable before they go on is promised with the group that writes it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use lockstep_core::effect::{CallId, Ending, Intent, Leave, Window};
use lockstep_core::event::Timestamp;
use lockstep_core::journal::Commit;
use lockstep_core::run::Change;
use lockstep_core::workflow::StepNode;

use super::group::{Group, Promise};
use super::{Partition, answer};
use crate::deployed::Deployed;
use crate::effects::{Answer, Called, Ticket, What, ended};
use crate::host::Error;

/// When calls have left, by workflow, step and rule: a rate counts those of all runs.
pub(super) type Windows = HashMap<(Arc<str>, Arc<str>, Arc<str>), Window>;

/// What an attempt is told when it is written.
pub(super) enum Tell {
    /// What becomes of a call.
    Leave(Leave, Answer<Leave>),
    /// Its end is known.
    Ended(Answer<()>),
}

/// How far the rates of a step's rules look back.
fn looks_back(step: &StepNode) -> Option<Duration> {
    let requests = step.grant.http.rules.iter().filter_map(|rule| rule.rate.as_ref());
    let tools = step.grant.tools.rules.iter().filter_map(|rule| rule.rate.as_ref());
    requests.chain(tools).map(|rate| rate.per).max()
}

impl Tell {
    pub(super) fn keep(self) {
        match self {
            Tell::Leave(leave, waiting) => answer(waiting, Ok(leave)),
            Tell::Ended(waiting) => answer(waiting, Ok(())),
        }
    }

    pub(super) fn fail(self, error: &Error) {
        let why = lockstep_sandbox::Unreadable(error.to_string());
        match self {
            Tell::Leave(_, waiting) => answer(waiting, Err(why)),
            Tell::Ended(waiting) => answer(waiting, Err(why)),
        }
    }
}

impl Partition {
    /// Where its attempts ask, for tests that stand in for one.
    #[cfg(test)]
    pub(crate) fn line(&self) -> crate::effects::Line {
        self.line.clone()
    }

    /// Whatever attempts have said so far comes before what becomes of them.
    pub(super) fn hear_all(&mut self, group: &mut Group) {
        while let Ok(called) = self.calls.try_recv() {
            self.called(called, group);
        }
    }

    pub(super) fn called(&mut self, Called { ticket, what }: Called, group: &mut Group) {
        let is_out = self.is_out(ticket);
        match what {
            What::Begin { leave, .. } if !is_out => answer(leave, Err(ended())),
            What::End { done, .. } if !is_out => answer(done, Err(ended())),
            What::Denied(_) if !is_out => {}
            What::Begin { intent, leave } => self.begins(ticket, &intent, leave, group),
            What::End { call, ending, done } => self.ends(ticket, &call, ending, done, group),
            What::Denied(denial) => {
                let now = self.clock.now();
                let Some(live) = self.live.get_mut(&ticket.key) else { return };
                let commit = live.run.denied(ticket.delivery, denial, now);
                self.push(ticket.key, Some(ticket.delivery), commit, group);
            }
        }
    }

    /// Calls that left before this host began count too, as far as a rate looks back.
    pub(super) async fn recall_calls(&mut self, deployed: &Deployed) -> Result<(), Error> {
        let (workflow, steps) = (deployed.name(), &deployed.workflow.steps);
        let is_new =
            |step: &&StepNode| !self.recalled.contains(&(workflow.clone(), step.name.as_str().into()));
        let new: Vec<&StepNode> =
            steps.iter().filter(|step| looks_back(step).is_some()).filter(is_new).collect();
        let Some(longest) = new.iter().filter_map(|step| looks_back(step)).max() else { return Ok(()) };
        let millis = u64::try_from(longest.as_millis()).unwrap_or(u64::MAX);
        let from = Timestamp(self.clock.now().0.saturating_sub(millis));
        let store = |why| Error::Store { why: Arc::new(why) };
        for row in self.journal.effects_since(&workflow, from).await.map_err(store)? {
            let record = row.decode().map_err(|why| store(why.into()))?;
            if let Change::EffectStarted { step, rule, .. } = record.change
                && new.iter().any(|of| *of.name == *step)
            {
                self.windows.entry((workflow.clone(), step, rule)).or_default().count(record.at);
            }
        }
        self.recalled.extend(new.iter().map(|step| (workflow.clone(), step.name.as_str().into())));
        Ok(())
    }

    /// Whether it is this attempt that its run waits for.
    fn is_out(&self, ticket: Ticket) -> bool {
        let live = self.live.get(&ticket.key).filter(|live| live.run.is_out(ticket.delivery));
        let task = live.and_then(|live| live.tasks.get(&ticket.delivery));
        task.is_some_and(|task| task.number == ticket.number)
    }

    fn begins(&mut self, ticket: Ticket, intent: &Intent, leave: Answer<Leave>, group: &mut Group) {
        let now = self.clock.now();
        let Some(live) = self.live.get_mut(&ticket.key) else { return };
        let window = match intent.rate {
            Some(_) => {
                let step = live.run.step_name(ticket.delivery).unwrap_or_default();
                let workflow = live.run.about().workflow.clone();
                self.windows.entry((workflow, step.into(), intent.rule.clone())).or_default()
            }
            None => &mut Window::default(),
        };
        let (decided, commit) = live.run.leave(ticket.delivery, intent, window, now);
        let waits = match decided {
            Leave::Go | Leave::GoWith(_) => intent.at_most_once,
            Leave::Recorded(_) | Leave::Unknown | Leave::Ask => true,
            Leave::NotBefore(_) | Leave::Refused(_) | Leave::Unsteady | Leave::OverBudget => false,
        };
        match waits {
            true => self.tell_when_written(ticket, commit, Tell::Leave(decided, leave), group),
            false => {
                self.push(ticket.key, Some(ticket.delivery), commit, group);
                answer(leave, Ok(decided));
            }
        }
    }

    /// An answer that is kept is told when it is written; nobody has to wait for any other.
    fn ends(&mut self, ticket: Ticket, call: &CallId, ending: Ending, done: Answer<()>, group: &mut Group) {
        let now = self.clock.now();
        let Some(live) = self.live.get_mut(&ticket.key) else { return };
        let commit = live.run.effect_ended(ticket.delivery, call, ending, now);
        let keeps = commit.records.iter().any(|record| matches!(record.change.payload(), Some(Some(_))));
        match keeps {
            true => self.tell_when_written(ticket, commit, Tell::Ended(done), group),
            false => {
                self.push(ticket.key, Some(ticket.delivery), commit, group);
                answer(done, Ok(()));
            }
        }
    }

    fn tell_when_written(&mut self, ticket: Ticket, commit: Commit, tell: Tell, group: &mut Group) {
        self.push(ticket.key, Some(ticket.delivery), commit, group);
        let Some(last) = self.live.get(&ticket.key).map(|live| live.run.last()) else { return };
        group.promise(Promise::Tell { key: ticket.key, last, tell });
    }
}
