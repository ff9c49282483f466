//! `lockstep runs purge`: forgets runs that have ended.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, SystemTime};

use clap::Args;
use lockstep_core::duration;
use lockstep_core::journal::{Journal, Query, Summary};
use lockstep_core::run::{RunId, Status};
use lockstep_journal::Sqlite;
use serde_json::json;

use super::ls;
use crate::exit::{Exit, NotDone};
use crate::{report, store};

/// Runs that are asked for at once.
const PAGE: u32 = 500;

/// Forget runs that have ended, with all their rows
///
/// The children of a run go with it. A run stays whose state a run that stays took over, and a child
/// whose parent stays.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lockstep runs purge 7f3a 80c1
  lockstep runs purge --ended-before 30d --status completed --dry-run")]
pub(super) struct Purge {
    /// Which runs: their ids, the beginnings of them, or their aliases
    #[arg(value_name = "RUN", required_unless_present = "ended_before", conflicts_with = "ended_before")]
    runs: Vec<String>,
    /// All that ended longer ago than this: `12h`, `30d`
    #[arg(long, value_name = "DURATION", value_parser = length)]
    ended_before: Option<Duration>,
    /// Only those of this status; may be given several times
    #[arg(long = "status", value_name = "STATUS", value_parser = ls::status(), conflicts_with = "runs")]
    statuses: Vec<Status>,
    /// Say what would be forgotten, and forget nothing
    #[arg(long)]
    dry_run: bool,
    /// Print one JSON object on stdout: {"purged", "kept", "dry_run"}
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    store: store::Store,
}

fn length(text: &str) -> Result<Duration, String> {
    duration::parse(text).ok_or_else(|| format!("it takes {}", duration::FORM))
}

/// Runs that are to go, and why others that were meant stay.
struct Plan {
    /// In the order in which they go: a run before those whose state it took over.
    going: Vec<RunId>,
    kept: Vec<(RunId, String)>,
}

impl Purge {
    pub(super) async fn perform(&self) -> anyhow::Result<Exit> {
        let store = if self.dry_run { self.store.visit()? } else { self.store.own()? };
        let known = Known::read(&store).await?;
        let meant = match self.ended_before {
            Some(length) => self.ended(&known, length),
            None => self.named(&store, &known).await?,
        };
        let plan = known.plan(&store, meant).await?;
        if !self.dry_run {
            for run in &plan.going {
                store.purge(run).await?;
            }
        }
        self.tell(&plan)?;
        Ok(if plan.kept.is_empty() || self.runs.is_empty() { Exit::Done } else { Exit::NotDone })
    }

    async fn named(&self, store: &Sqlite, known: &Known) -> anyhow::Result<Vec<RunId>> {
        let mut meant = Vec::new();
        for text in &self.runs {
            let run = store::find(store, text).await?;
            let status = known.summaries.get(&run).map(|summary| summary.status);
            if let Some(status) = status.filter(|status| !status.is_end()) {
                return Err(open(&run, status).into());
            }
            meant.push(run);
        }
        Ok(meant)
    }

    fn ended(&self, known: &Known, length: Duration) -> Vec<RunId> {
        let is_meant = |summary: &Summary| {
            summary.status.is_end()
                && (self.statuses.is_empty() || self.statuses.contains(&summary.status))
                && ago(summary) >= length
        };
        known.order.iter().filter(|run| is_meant(&known.summaries[*run])).cloned().collect()
    }

    fn tell(&self, plan: &Plan) -> anyhow::Result<()> {
        if self.json {
            let purged: Vec<&str> = plan.going.iter().map(RunId::as_str).collect();
            let kept = plan.kept.iter().map(|(run, why)| json!({ "run_id": run.as_str(), "why": why }));
            let kept: Vec<_> = kept.collect();
            let told = json!({ "purged": purged, "kept": kept, "dry_run": self.dry_run });
            return Ok(report::out(&told.to_string())?);
        }
        let what = if self.dry_run { "would be purged" } else { "purged" };
        plan.kept.iter().for_each(|(run, why)| report::progress(&format!("run {run} is kept: {why}")));
        plan.going.iter().for_each(|run| report::progress(&format!("run {run} {what}")));
        report::progress(&format!("{what}: {}", plan.going.len()));
        Ok(())
    }
}

fn open(run: &RunId, status: Status) -> NotDone {
    let message = format!(
        "run {run} has not ended: it is {status}; nothing was purged; end it first with `lockstep runs \
         cancel {run}`"
    );
    NotDone { code: "not-ended".into(), message }
}

fn ago(summary: &Summary) -> Duration {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    now.saturating_sub(Duration::from_millis(summary.changed_at.0))
}

/// All runs of a store.
struct Known {
    /// The newest first.
    order: Vec<RunId>,
    summaries: HashMap<RunId, Summary>,
    children: HashMap<RunId, Vec<RunId>>,
}

impl Known {
    async fn read(store: &Sqlite) -> anyhow::Result<Known> {
        let mut query = Query { limit: PAGE, ..Query::default() };
        let mut known = Known { order: Vec::new(), summaries: HashMap::new(), children: HashMap::new() };
        loop {
            let page = store.runs(&query).await?;
            query.before = page.last().map(|(run, _)| run.clone());
            let is_last = page.len() < PAGE as usize;
            page.into_iter().for_each(|(run, summary)| known.add(run, summary));
            if is_last {
                return Ok(known);
            }
        }
    }

    fn add(&mut self, run: RunId, summary: Summary) {
        if let Some(parent) = &summary.about.parent {
            self.children.entry(parent.run.clone()).or_default().push(run.clone());
        }
        self.order.push(run.clone());
        self.summaries.insert(run, summary);
    }

    fn children(&self, run: &RunId) -> impl Iterator<Item = &RunId> {
        self.children.get(run).into_iter().flatten()
    }

    /// These runs, and whatever is below them.
    fn families(&self, meant: Vec<RunId>) -> HashSet<RunId> {
        let (mut all, mut open) = (HashSet::new(), meant);
        while let Some(run) = open.pop() {
            open.extend(self.children(&run).cloned());
            all.insert(run);
        }
        all
    }

    /// Why a run has to stay though it was meant to go, if it has to.
    async fn need(
        &self,
        store: &Sqlite,
        going: &HashSet<RunId>,
        run: &RunId,
    ) -> anyhow::Result<Option<String>> {
        let Some(summary) = self.summaries.get(run) else { return Ok(None) };
        if !summary.status.is_end() {
            return Ok(Some(format!("it has not ended: it is {}", summary.status)));
        }
        if summary.wake_at.is_some() {
            let go_on = "let it, with `lockstep run WORKFLOW --take-up`";
            return Ok(Some(format!("it has yet to tell other runs that it has ended; {go_on}")));
        }
        let stays = |run: &&RunId| self.summaries.contains_key(run) && !going.contains(*run);
        if let Some(parent) = summary.about.parent.as_ref().map(|parent| &parent.run).filter(stays) {
            return Ok(Some(format!("it is a child of run {parent}, which is kept; purge that")));
        }
        if let Some(child) = self.children(run).find(stays) {
            return Ok(Some(format!("its child, run {child}, is kept")));
        }
        let query = Query { continues: Some(run.clone()), limit: u32::MAX, ..Query::default() };
        let after = store.runs(&query).await?.into_iter().find(|(after, _)| !going.contains(after));
        Ok(after.map(|(after, _)| format!("run {after} began with its state, and is kept")))
    }

    /// Those that are meant with their children, without those that a run which stays needs.
    async fn plan(&self, store: &Sqlite, meant: Vec<RunId>) -> anyhow::Result<Plan> {
        let (mut going, mut kept) = (self.families(meant), Vec::new());
        loop {
            let before = kept.len();
            for run in &self.order {
                if going.contains(run)
                    && let Some(why) = self.need(store, &going, run).await?
                {
                    going.remove(run);
                    kept.push((run.clone(), why));
                }
            }
            if kept.len() == before {
                let in_order = self.order.iter().filter(|run| going.contains(*run));
                return Ok(Plan { going: in_order.cloned().collect(), kept });
            }
        }
    }
}
