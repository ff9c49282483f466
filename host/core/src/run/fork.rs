//! Forks: a new run that begins as another one was after one of its commits. Rows go in, a run and
//! its one commit come out; the rows are the other run's but for the first.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{About, Change, DeliveryId, EffectId, FoldError, Forked, Record, Run, RunId, Seq, Status};
use crate::effect::Ended;
use crate::journal::Commit;
use crate::state::State;
use crate::workflow::Workflow;

/// So many ends of commits are told.
const NEAREST: usize = 4;

/// What is forked, and where.
#[derive(Clone, Debug)]
pub struct Fork {
    /// The new run.
    pub id: RunId,
    /// The run whose rows it begins with.
    pub from: RunId,
    /// The last row that it takes over, the end of a commit; none: the last of all.
    pub at: Option<Seq>,
    /// Whether it may make calls again that the other run has made; under new keys, since it has
    /// another name.
    pub repeats_effects: bool,
}

/// There is no such fork.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoFork {
    /// Nothing is left to do from there on.
    #[error("run {run} had ended at row {at}: it was {status}, and so would the fork be; give an earlier row with `--at`: {}", list(.before))]
    Ended {
        /// Which run.
        run: RunId,
        /// Which row.
        at: Seq,
        /// How.
        status: Status,
        /// Ends of commits before that.
        before: Vec<Seq>,
    },
    /// A run is forked between commits only.
    #[error("no commit of run {run} ends at row {at}; the nearest that do: {}", list(.nearest))]
    NoCommit {
        /// Which run.
        run: RunId,
        /// Which row.
        at: Seq,
        /// Ends of commits near it.
        nearest: Vec<Seq>,
    },
    /// What a child does belongs to one run.
    #[error(
        "run {run} has a child at row {at}, run {child}, and a child has one parent; fork it before that child began or after it ended"
    )]
    Child {
        /// Which run.
        run: RunId,
        /// Which row.
        at: Seq,
        /// Its child.
        child: RunId,
    },
    /// The world would see them twice.
    #[error(
        "run {run} made calls that a fork at row {at} would make again, under new keys: {}; give a later row with `--at`, or `--repeat-effects` if they may be made twice", told(.effects)
    )]
    Effects {
        /// Which run.
        run: RunId,
        /// Which row.
        at: Seq,
        /// Their effects, each with what was asked.
        effects: Vec<(EffectId, Arc<str>)>,
    },
    /// Its rows do not tell a run.
    #[error(transparent)]
    Fold(#[from] FoldError),
}

impl NoFork {
    /// A short stable word, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            NoFork::Ended { .. } => "ended",
            NoFork::NoCommit { .. } => "no-commit",
            NoFork::Child { .. } => "child",
            NoFork::Effects { .. } => "effects",
            NoFork::Fold(_) => "damaged",
        }
    }
}

impl Run {
    /// A new run with the rows of another, which are `records`; its groups end at `ends`, and
    /// `before` is the state of the run that it continues, if it continues one. Open questions,
    /// timers and deliveries come along. It has the other's session, and its own name alone: no key,
    /// no alias, no parent.
    pub fn fork(
        fork: Fork,
        workflow: Arc<Workflow>,
        before: State,
        mut records: Vec<Record>,
        ends: &[Seq],
    ) -> Result<(Run, Commit), NoFork> {
        let at = fork.end(ends)?;
        let made = made(&records);
        records.retain(|record| record.seq <= at);
        if let Some(Change::Started(about)) = records.first_mut().map(|record| &mut record.change) {
            *about = Arc::new(fork.about(about, at));
        }
        let run = Run::fold(fork.id, workflow, before, records.iter().cloned())?;
        run.can_be_forked(fork.from.clone(), at, ends)?;
        let effects = if fork.repeats_effects { Vec::new() } else { run.repeated(made, at) };
        if !effects.is_empty() {
            return Err(NoFork::Effects { run: fork.from, at, effects });
        }
        let commit = Commit { run: run.id.clone(), records, summary: run.summary(), takes: None };
        Ok((run, commit))
    }

    fn can_be_forked(&self, run: RunId, at: Seq, ends: &[Seq]) -> Result<(), NoFork> {
        let (status, child) = (self.status(), self.children.values().chain(&self.orphans).next());
        match child {
            _ if status.is_end() => {
                let before = ends.iter().copied().filter(|end| *end < at);
                let before = nearest(before, at);
                Err(NoFork::Ended { run, at, status, before })
            }
            Some(child) => Err(NoFork::Child { run, at, child: child.clone() }),
            None => Ok(()),
        }
    }
}

impl Run {
    /// Those calls of another run that this one, which is as that was after a row, will or may make again:
    /// made since then, or for a delivery that is still open and does not keep the answer.
    fn repeated(&self, made: Vec<Made>, at: Seq) -> Vec<(EffectId, Arc<str>)> {
        let is_kept = |effect: &Made| match self.deliveries.get(&effect.delivery) {
            Some(open) => effect.id <= at && open.calls.keeps(effect.id, open.attempt()),
            None => effect.id <= at,
        };
        made.into_iter().filter(|effect| !is_kept(effect)).map(|effect| (effect.id, effect.what)).collect()
    }
}

/// A call that left a run.
struct Made {
    id: EffectId,
    delivery: DeliveryId,
    what: Arc<str>,
}

/// All calls that left a run, but those that did not reach the other side.
fn made(records: &[Record]) -> Vec<Made> {
    let mut made = BTreeMap::new();
    for Record { seq, change, .. } in records {
        match change {
            Change::EffectStarted { delivery, what, .. } => {
                made.insert(*seq, Made { id: *seq, delivery: *delivery, what: what.clone() });
            }
            Change::EffectEnded { effect, how: Ended::NotMade, .. } => drop(made.remove(effect)),
            _ => {}
        }
    }
    made.into_values().collect()
}

impl Fork {
    fn end(&self, ends: &[Seq]) -> Result<Seq, NoFork> {
        let at = self.at.or_else(|| ends.last().copied()).unwrap_or_default();
        match ends.contains(&at) {
            true => Ok(at),
            false => {
                let nearest = nearest(ends.iter().copied(), at);
                Err(NoFork::NoCommit { run: self.from.clone(), at, nearest })
            }
        }
    }

    fn about(&self, about: &About, at: Seq) -> About {
        let forked = Some(Forked { run: self.from.clone(), at });
        About { key: None, alias: None, parent: None, forked, ..about.clone() }
    }
}

/// A few of these rows, those nearest to `at`, in order.
fn nearest(rows: impl Iterator<Item = Seq>, at: Seq) -> Vec<Seq> {
    let mut rows: Vec<Seq> = rows.collect();
    rows.sort_by_key(|row| row.0.abs_diff(at.0));
    rows.truncate(NEAREST);
    rows.sort();
    rows
}

fn list(rows: &[Seq]) -> String {
    match rows.is_empty() {
        true => "there is none".to_owned(),
        false => rows.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    }
}

/// The first few of these effects: ``row 12 `POST https://…` ``.
fn told(effects: &[(EffectId, Arc<str>)]) -> String {
    let first = effects.iter().take(NEAREST).map(|(row, what)| format!("row {row} `{what}`"));
    let more = effects.len().saturating_sub(NEAREST);
    let more = (more > 0).then(|| format!("{more} more"));
    first.chain(more).collect::<Vec<_>>().join(", ")
}
