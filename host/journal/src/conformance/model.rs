//! A seeded stream of random operations, good and bad, asked of the journal and of the plainest
//! model there is: lists that are searched from end to end. After each operation both must say the
//! same.

use std::collections::BTreeMap;
use std::sync::Arc;

use lockstep_core::event::{Json, Timestamp};
use lockstep_core::journal::{Commit, Due, Journal, Message, MessageId, Query, Row, Summary};
use lockstep_core::run::{About, Record, RunId, Status};
use lockstep_core::workflow::{Graph, Revision};

use super::hostile::values;
use super::records::{event, record_of};
use super::{encoded, ends, load, run, wait};

const SEEDS: [u64; 4] = [1, 2, 3, 4];
const OPERATIONS: usize = 160;
const RUNS: u64 = 5;

/// Six hundred and forty operations on five runs, half of them groups of up to four commits, of
/// which a fifth has a gap.
pub fn random_operations_match_a_model(journal: &dyn Journal) {
    let mut model = Model::default();
    for seed in SEEDS {
        let mut chance = Chance::new(seed);
        for operation in 0..OPERATIONS {
            let context = format!("seed {seed}, operation {operation}");
            operate(journal, &mut model, &mut chance, &context);
            model.expect_rows(journal, &context);
            model.expect_runs(journal, &mut chance, &context);
            model.expect_messages(journal, &mut chance, &context);
        }
    }
}

/// One operation, on both.
fn operate(journal: &dyn Journal, model: &mut Model, chance: &mut Chance, context: &str) {
    match chance.below(10) {
        0 => {
            let which = chance.below(RUNS);
            wait(journal.purge(&run(which))).expect("a run can be purged");
            model.purge(&run(which));
        }
        1 => {
            let graph = chance.graph();
            wait(journal.keep(&graph)).expect("a graph can be kept");
            model.graphs.entry(graph.revision.as_str().to_owned()).or_insert(graph);
        }
        2 | 3 => {
            let (which, body) = (chance.below(RUNS), chance.value().as_bytes().to_vec());
            let id = wait(journal.post(&run(which), body.clone())).expect("a message can be posted");
            model.post(Message { id, run: run(which), body });
        }
        4 => {
            let (id, body) = (model.message(chance), chance.value().as_bytes().to_vec());
            wait(journal.reply(id, body.clone())).expect("a message can be answered");
            model.reply(id, body);
        }
        _ => {
            let commits = model.draw(chance);
            let answer = wait(journal.commit(commits.clone())).ok();
            assert_eq!(answer.is_some(), model.write(&commits), "{context}");
            model.expect_number(answer);
        }
    }
}

#[derive(Default)]
struct Model {
    /// In the order in which they began.
    runs: Vec<Known>,
    graphs: BTreeMap<String, Graph>,
    /// In the order in which they were posted.
    letters: Vec<Letter>,
    groups: u64,
    first: Option<u64>,
}

#[derive(Clone)]
struct Known {
    id: RunId,
    rows: Vec<Row>,
    /// The numbers of the groups that its rows came with.
    groups: Vec<u64>,
    summary: Summary,
}

#[derive(Clone)]
struct Letter {
    message: Message,
    taken: bool,
    reply: Option<Vec<u8>>,
}

impl Model {
    /// A group whose commits mostly follow on what is stored and on each other.
    fn draw(&self, chance: &mut Chance) -> Vec<Commit> {
        let mut ends: Vec<u64> = (0..RUNS).map(|which| self.rows(&run(which)).len() as u64).collect();
        let commits = (0..chance.below(5)).map(|_| {
            let which = chance.below(RUNS);
            let end = &mut ends[which as usize];
            let first = if chance.below(10) == 0 { chance.below(*end + 4) } else { *end + 1 };
            let count = chance.below(5);
            if count > 0 {
                *end = first + count - 1;
            }
            let takes = (chance.below(3) == 0).then(|| self.message(chance));
            let records = chance.records(first, count);
            Commit { run: run(which), records, summary: chance.summary(which), takes }
        });
        commits.collect()
    }

    /// Whether the group is good; if it is, the model has it from now on.
    fn write(&mut self, commits: &[Commit]) -> bool {
        let (mut runs, mut letters) = (self.runs.clone(), self.letters.clone());
        for commit in commits {
            letters.iter_mut().for_each(|letter| letter.taken |= commit.takes == Some(letter.message.id));
            if !append(&mut runs, commit, self.groups) {
                return false;
            }
        }
        (self.runs, self.letters) = (runs, letters);
        true
    }

    fn purge(&mut self, run: &RunId) {
        self.runs.retain(|known| known.id != *run);
        self.letters.retain(|letter| letter.message.run != *run || letter.waits());
    }

    fn post(&mut self, message: Message) {
        let grows = self.letters.last().is_none_or(|last| last.message.id < message.id);
        assert!(grows, "a message got the number of another");
        self.letters.push(Letter { message, taken: false, reply: None });
    }

    fn reply(&mut self, id: MessageId, body: Vec<u8>) {
        if let Some(letter) = self.letters.iter_mut().find(|letter| letter.message.id == id) {
            letter.reply.get_or_insert(body);
        }
    }

    /// A message, or none that was ever posted.
    fn message(&self, chance: &mut Chance) -> MessageId {
        let index = chance.below(self.letters.len() as u64 + 1) as usize;
        self.letters.get(index).map_or(MessageId(u64::MAX), |letter| letter.message.id)
    }

    fn expect_number(&mut self, answer: Option<u64>) {
        if let Some(number) = answer {
            let first = *self.first.get_or_insert(number);
            assert_eq!(number, first + self.groups, "a number was left out or given twice");
            self.groups += 1;
        }
    }

    fn expect_rows(&self, journal: &dyn Journal, context: &str) {
        for which in 0..RUNS {
            let same = load(journal, &run(which)) == self.rows(&run(which));
            assert!(same, "{context}: run {which} has other rows than the model");
            assert_eq!(ends(journal, which), self.ends(&run(which)), "{context}: run {which}");
        }
    }

    fn expect_runs(&self, journal: &dyn Journal, chance: &mut Chance, context: &str) {
        let (query, due, name) = (chance.query(), chance.due(), chance.name());
        let limit = chance.below(4) as u32;
        let listed = wait(journal.runs(&query)).expect("a listing");
        assert_eq!(listed, self.listed(&query), "{context}: {query:?}");
        assert_eq!(wait(journal.due(&due)).expect("what is due"), self.due(&due), "{context}: {due:?}");
        let named = wait(journal.named(&name, limit)).expect("runs by name");
        assert_eq!(named, self.named(&name, limit as usize), "{context}: {name}");
    }

    fn expect_messages(&self, journal: &dyn Journal, chance: &mut Chance, context: &str) {
        let (limit, id, revision) = (chance.below(6) as u32, self.message(chance), chance.graph().revision);
        let waiting = self.letters.iter().filter(|letter| letter.waits()).map(|letter| &letter.message);
        let inbox = wait(journal.inbox(limit)).expect("an inbox");
        assert!(inbox.iter().eq(waiting.take(limit as usize)), "{context}: another inbox");
        let letter = self.letters.iter().find(|letter| letter.message.id == id);
        let replied = wait(journal.replied(id)).expect("an answer");
        assert_eq!(replied, letter.and_then(|letter| letter.reply.clone()), "{context}: {id:?}");
        let graph = wait(journal.graph(&revision)).expect("a graph");
        assert_eq!(graph.as_ref(), self.graphs.get(revision.as_str()), "{context}");
    }

    fn rows(&self, run: &RunId) -> &[Row] {
        self.runs.iter().find(|known| known.id == *run).map_or(&[], |known| &known.rows)
    }

    /// The last row before each row of another group, and the last of all.
    fn ends(&self, run: &RunId) -> Vec<u64> {
        let known = self.runs.iter().find(|known| known.id == *run);
        let chunks = known.into_iter().flat_map(|known| known.groups.chunk_by(PartialEq::eq));
        chunks
            .scan(0, |end, group| {
                *end += group.len() as u64;
                Some(*end)
            })
            .collect()
    }

    fn listed(&self, query: &Query) -> Vec<(RunId, Summary)> {
        let before = query.before.as_ref().map(|run| self.runs.iter().position(|known| known.id == *run));
        let older = before.map_or(self.runs.len(), Option::unwrap_or_default);
        let wanted = self.runs[..older].iter().rev().filter(|Known { summary, .. }| {
            (query.statuses.is_empty() || query.statuses.contains(&summary.status))
                && query.workflow.as_deref().is_none_or(|workflow| *summary.about.workflow == *workflow)
                && query.session.as_deref().is_none_or(|s| summary.about.session.as_deref() == Some(s))
                && query.continues.as_ref().is_none_or(|run| summary.about.continues.as_ref() == Some(run))
                && (summary.asking > 0 || !query.asking)
        });
        let told = wanted.map(|known| (known.id.clone(), known.summary.clone()));
        told.take(query.limit as usize).collect()
    }

    fn due(&self, due: &Due) -> Vec<(Timestamp, RunId)> {
        let own = self.runs.iter().filter(|known| known.summary.about.revision == due.revision);
        let mut all: Vec<_> =
            own.filter_map(|known| Some((known.summary.wake_at?, known.id.clone()))).collect();
        all.sort();
        all.retain(|next| Some(next) > due.after.as_ref());
        all.truncate(due.limit as usize);
        all
    }

    fn named(&self, name: &str, limit: usize) -> Vec<RunId> {
        let mut ids: Vec<RunId> = self.runs.iter().map(|known| known.id.clone()).collect();
        ids.sort();
        ids.retain(|id| id.as_str().starts_with(name));
        let called = self.runs.iter().rev().find(|known| known.summary.about.alias.as_deref() == Some(name));
        if let Some(known) = called {
            ids = vec![known.id.clone()];
        }
        ids.truncate(limit);
        ids
    }
}

impl Letter {
    fn waits(&self) -> bool {
        !self.taken && self.reply.is_none()
    }
}

/// Whether the rows of the commit follow on what its run has.
fn append(runs: &mut Vec<Known>, commit: &Commit, group: u64) -> bool {
    let Commit { run, summary, .. } = commit;
    if commit.records.is_empty() {
        return true;
    }
    let at = runs.iter().position(|known| known.id == *run).unwrap_or_else(|| {
        runs.push(Known { id: run.clone(), rows: Vec::new(), groups: Vec::new(), summary: summary.clone() });
        runs.len() - 1
    });
    let known = &mut runs[at];
    known.summary = summary.clone();
    known.rows.extend(encoded(commit));
    known.groups.resize(known.rows.len(), group);
    (1..).zip(&known.rows).all(|(number, row)| row.seq.0 == number)
}

/// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014), and what
/// is drawn with it.
struct Chance {
    state: u64,
    values: Vec<String>,
}

impl Chance {
    fn new(seed: u64) -> Chance {
        let values = values().into_iter().filter(|json| json.len() < 1 << 16).collect();
        Chance { state: seed, values }
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    fn value(&mut self) -> &str {
        let index = self.below(self.values.len() as u64) as usize;
        &self.values[index]
    }

    fn records(&mut self, first: u64, count: u64) -> Vec<Record> {
        (first..first + count).map(|seq| record_of(seq, event(self.value()))).collect()
    }

    /// What is known of a run from its beginning is always the same.
    fn summary(&mut self, which: u64) -> Summary {
        let about = About {
            workflow: workflow(which).into(),
            revision: revision(which),
            key: None,
            alias: (which != 4).then(|| alias(which).into()),
            session: (which > 1).then(|| session(which).into()),
            continues: (which % 2 == 1).then(|| run(0)),
            parent: None,
            forked: None,
        };
        Summary {
            about: Arc::new(about),
            started_at: Timestamp(which),
            status: self.status(),
            changed_at: Timestamp(self.below(1000)),
            wake_at: (self.below(4) > 0).then(|| Timestamp(self.below(3))),
            asking: self.below(2) as u32,
            parked: self.below(3) as u32,
        }
    }

    fn status(&mut self) -> Status {
        Status::ALL[self.below(Status::ALL.len() as u64) as usize]
    }

    fn graph(&mut self) -> Graph {
        let revision = revision(self.below(6));
        Graph { revision, json: Json::trusted(self.value()) }
    }

    fn query(&mut self) -> Query {
        Query {
            statuses: (0..self.below(6)).map(|_| self.status()).collect(),
            workflow: (self.below(3) == 0).then(|| workflow(self.below(3)).to_owned()),
            session: (self.below(3) == 0).then(|| session(self.below(3)).to_owned()),
            asking: self.below(3) == 0,
            continues: (self.below(4) == 0).then(|| run(self.below(2))),
            before: (self.below(3) == 0).then(|| run(self.below(RUNS))),
            limit: self.below(7) as u32,
        }
    }

    fn due(&mut self) -> Due {
        let after = (self.below(2) == 0).then(|| (Timestamp(self.below(3)), run(self.below(RUNS))));
        Due { revision: revision(self.below(3)), after, limit: self.below(5) as u32 }
    }

    /// An alias, or how an id begins.
    fn name(&mut self) -> String {
        let (which, length) = (self.below(RUNS), self.below(5) as usize);
        match self.below(2) {
            0 => alias(which).to_owned(),
            _ => run(which).as_str()[..length].to_owned(),
        }
    }
}

fn workflow(which: u64) -> &'static str {
    ["one", "two", "three"][which as usize % 3]
}

fn session(which: u64) -> &'static str {
    ["s", "S", ""][which as usize % 3]
}

fn alias(which: u64) -> &'static str {
    ["a", "b"][which as usize % 2]
}

fn revision(which: u64) -> Revision {
    Revision::named(&format!("r{}", which / 2))
}
