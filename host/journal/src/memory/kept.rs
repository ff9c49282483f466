//! What the journal in memory keeps of runs and their graphs, and how it finds it: by looking at
//! all of it.

use std::collections::{BTreeMap, HashMap};

use lockstep_core::event::Timestamp;
use lockstep_core::journal::{Due, Error, Kind, Query, Row, Summary};
use lockstep_core::run::{RunId, Seq};
use lockstep_core::workflow::{Graph, Revision};

use super::blobs::Blobs;
use super::inbox::Inbox;
use super::kv::Kv;
use crate::{Encoded, LATEST, end_after};

/// **Invariant:** the n-th row of a run has number n, and every run has a row.
#[derive(Debug, Default)]
pub(super) struct Kept {
    groups: u64,
    /// How many runs have begun, those that are forgotten too.
    begun: u64,
    /// The runs in the order in which they began.
    runs: BTreeMap<u64, Known>,
    /// Where each of them stands in that order.
    places: HashMap<RunId, u64>,
    graphs: HashMap<Revision, Graph>,
    pub(super) blobs: Blobs,
    pub(super) inbox: Inbox,
    pub(super) kv: Kv,
}

#[derive(Debug)]
struct Known {
    id: RunId,
    rows: Vec<Row>,
    /// The last row of each group that has rows of it, by the number of the group.
    ends: BTreeMap<u64, Seq>,
    summary: Summary,
}

impl Kept {
    pub(super) fn write(&mut self, group: Vec<Encoded>) -> Result<u64, Error> {
        self.check(&group)?;
        self.groups += 1;
        group.into_iter().for_each(|commit| self.write_commit(commit));
        Ok(self.groups)
    }

    /// Goes through the whole group before any of it is written: a run may occur in it twice.
    fn check(&self, group: &[Encoded]) -> Result<(), Error> {
        let mut ends: HashMap<&RunId, u64> = HashMap::new();
        for Encoded { run, rows, .. } in group {
            let end = ends.entry(run).or_insert_with(|| self.end(run));
            *end = end_after(run, *end, rows.iter().map(|row| row.seq))?;
        }
        Ok(())
    }

    fn end(&self, run: &RunId) -> u64 {
        self.rows(run).last().map_or(0, |row| row.seq.0)
    }

    fn write_commit(&mut self, commit: Encoded) {
        let Encoded { run, mut rows, summary, takes } = commit;
        rows.iter_mut().for_each(|row| self.blobs.keep(row));
        takes.into_iter().for_each(|message| self.inbox.take(message));
        let known = self.places.get(&run).and_then(|place| self.runs.get_mut(place));
        match known {
            _ if rows.is_empty() => {}
            Some(known) => known.go_on(self.groups, rows, summary),
            None => self.begin(Known::begun(run, self.groups, rows, summary)),
        }
    }

    fn begin(&mut self, known: Known) {
        self.begun += 1;
        self.places.insert(known.id.clone(), self.begun);
        self.runs.insert(self.begun, known);
    }

    fn known(&self, run: &RunId) -> Option<&Known> {
        self.places.get(run).map(|place| &self.runs[place])
    }

    pub(super) fn load(&self, run: &RunId) -> Vec<Row> {
        self.rows(run).iter().map(|row| self.blobs.whole(row)).collect()
    }

    pub(super) fn effects_since(&self, workflow: &str, from: Timestamp) -> Vec<Row> {
        let of_it = self.runs.values().filter(|known| &*known.summary.about.workflow == workflow);
        let rows = of_it.flat_map(|known| &known.rows);
        let wanted = rows.filter(|row| row.kind == Kind::Effect && row.at >= from);
        let mut found: Vec<Row> =
            wanted.map(|row| Row { payload: None, shared: None, ..row.clone() }).collect();
        found.sort_by_key(|row| row.at);
        found
    }

    fn rows(&self, run: &RunId) -> &[Row] {
        self.known(run).map_or(&[], |known| &known.rows)
    }

    pub(super) fn ends(&self, run: &RunId) -> Vec<Seq> {
        self.known(run).map_or_else(Vec::new, |known| known.ends.values().copied().collect())
    }

    pub(super) fn keep(&mut self, graph: &Graph) {
        self.graphs.entry(graph.revision.clone()).or_insert_with(|| graph.clone());
    }

    pub(super) fn graph(&self, revision: &Revision) -> Option<Graph> {
        self.graphs.get(revision).cloned()
    }

    pub(super) fn runs(&self, query: &Query) -> Vec<(RunId, Summary)> {
        let place = |run| self.places.get(run).copied().unwrap_or_default();
        let before = query.before.as_ref().map_or(u64::MAX, place);
        let newest_first = self.runs.range(..before).rev().map(|(_, known)| known);
        let wanted = newest_first.filter(|known| is_wanted(query, &known.summary));
        wanted.take(query.limit as usize).map(|known| (known.id.clone(), known.summary.clone())).collect()
    }

    pub(super) fn named(&self, text: &str, limit: usize) -> Vec<RunId> {
        let is_called = |known: &&Known| known.summary.about.alias.as_deref() == Some(text);
        let mut found: Vec<RunId> = match self.runs.values().rfind(is_called) {
            Some(known) => vec![known.id.clone()],
            None => self.places.keys().filter(|id| id.as_str().starts_with(text)).cloned().collect(),
        };
        found.sort();
        found.truncate(limit);
        found
    }

    pub(super) fn due(&self, due: &Due) -> Vec<(Timestamp, RunId)> {
        let after = due.after.clone().map(|(at, run)| (at.min(LATEST), run));
        let own = self.runs.values().filter(|known| known.summary.about.revision == due.revision);
        let waking = own.filter_map(|known| Some((known.summary.wake_at?, known.id.clone())));
        let mut found: Vec<_> =
            waking.filter(|next| after.as_ref().is_none_or(|after| next > after)).collect();
        found.sort();
        found.truncate(due.limit as usize);
        found
    }

    pub(super) fn purge(&mut self, run: &RunId) {
        let place = self.places.remove(run);
        let known = place.and_then(|place| self.runs.remove(&place));
        known.iter().flat_map(|known| &known.rows).for_each(|row| self.blobs.purge(row));
        self.inbox.purge(run);
    }
}

impl Known {
    fn begun(id: RunId, group: u64, rows: Vec<Row>, summary: Summary) -> Known {
        let ends = rows.last().map(|row| (group, row.seq)).into_iter().collect();
        Known { id, rows, ends, summary }
    }

    /// What was known from the beginning stays.
    fn go_on(&mut self, group: u64, rows: Vec<Row>, now: Summary) {
        self.ends.extend(rows.last().map(|row| (group, row.seq)));
        self.rows.extend(rows);
        let (about, started_at) = (self.summary.about.clone(), self.summary.started_at);
        self.summary = Summary { about, started_at, ..now };
    }
}

fn is_wanted(query: &Query, summary: &Summary) -> bool {
    let is_or_any = |wanted: &Option<String>, is: Option<&str>| wanted.is_none() || wanted.as_deref() == is;
    (query.statuses.is_empty() || query.statuses.contains(&summary.status))
        && is_or_any(&query.workflow, Some(&summary.about.workflow))
        && is_or_any(&query.session, summary.about.session.as_deref())
        && (query.continues.is_none() || query.continues == summary.about.continues)
        && (!query.asking || summary.asking > 0)
}
