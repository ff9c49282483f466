//! What runs do, each by its number alone: what it is asked for, and what must have come of it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use lockstep_core::event::Json;
use lockstep_core::run::RunId;
use lockstep_runtime::{Deployed, NewRun, Worker};
use lockstep_sandbox::Sandbox;
use lockstep_test_support::script::{self, Deed, deed, event, nap, question, work};
use serde_json::Value;

use crate::random::Random;

const RETRY: &str = "retry = { attempts = 10, initial = \"2ms\", max = \"10ms\" }";

/// The workflow of all runs, on a sandbox.
pub(crate) fn deploy(sandbox: &Sandbox) -> Result<Deployed> {
    use lockstep_core::contract::Contract;
    use lockstep_core::workflow;
    let bytes = script::component();
    let contract = Contract::read(&bytes).map_err(|why| anyhow::anyhow!("{why:?}"))?;
    let contracts = BTreeMap::from([("all".to_owned(), contract.into())]);
    let file = workflow::parse(&script::workflow("", "", RETRY)).map_err(|why| anyhow::anyhow!("{why:?}"))?;
    let joined = workflow::join(&file, &contracts, &BTreeMap::new());
    let joined = joined.map_err(|why| anyhow::anyhow!("{why:?}"))?;
    let load = |step: &workflow::StepNode, handlers: &[&workflow::HandlerNode]| {
        sandbox.load(&bytes, handlers, &step.grant).map(Worker::Release)
    };
    Ok(Deployed::load(joined.workflow.into(), load)?)
}

/// One run.
pub(crate) struct Load {
    parts: Vec<Value>,
    pub(crate) expected: Expected,
}

/// What must have come of a run.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Expected {
    /// Parts of the job.
    pub(crate) parts: usize,
    /// Attempts that fail.
    pub(crate) failures: usize,
    /// Questions to people.
    pub(crate) questions: usize,
    /// Timers that fire.
    pub(crate) timers: usize,
    /// Additions to counters.
    pub(crate) increments: usize,
    /// Items of the stream, by name.
    pub(crate) updates: BTreeMap<String, String>,
    /// Elements of the list.
    pub(crate) list: BTreeSet<String>,
    /// The keys of the state but the list.
    pub(crate) state: BTreeMap<String, String>,
}

/// The key that a run is started with.
pub(crate) fn key(number: u64) -> String {
    format!("k{number}")
}

/// The id of the run that a key names.
pub(crate) fn id(key: &str) -> RunId {
    RunId::keyed("script", key)
}

/// The answer to every question.
pub(crate) fn answer() -> Json {
    Json::trusted(event(&[deed("add", "answers").n(1)]).to_string())
}

impl Load {
    /// The run of this number.
    pub(crate) fn of(seed: u64, number: u64) -> Load {
        let mut random = Random::of(seed, number + 1);
        let mut maker = Maker::default();
        for part in 0..1 + random.below(8) {
            maker.part(part, &mut random);
        }
        maker.end()
    }

    pub(crate) fn start(&self, number: u64) -> NewRun {
        let key = key(number);
        let new = NewRun::new(id(&key), Json::trusted(script::job(&self.parts)));
        NewRun { key: Some(key.as_str().into()), ..new }
    }
}

#[derive(Default)]
struct Maker {
    parts: Vec<Value>,
    counters: BTreeMap<String, i64>,
    grown: usize,
    expected: Expected,
}

impl Maker {
    fn part(&mut self, which: u64, random: &mut Random) {
        let made = match random.below(7) {
            0 => work(&[self.publish(which, 0), self.add("count", random), self.append(which)]),
            1 => work(&[self.grow(), self.publish(which, 0)]),
            2 => work(&[self.grow(), self.append(which), self.add("other", random)]),
            3 => {
                let n = 2 + random.below(2);
                self.expected.failures += n as usize - 1;
                let fails = deed("fail", "").n(n.cast_signed());
                work(&[self.publish(which, 0), fails, self.add("count", random), self.publish(which, 1)])
            }
            4 => {
                let bell = format!("bell{which}");
                *self.counters.entry(bell.clone()).or_default() += 1;
                (self.expected.timers, self.expected.increments) =
                    (self.expected.timers + 1, self.expected.increments + 1);
                nap(&[deed("start", &bell).n(1 + random.below(40).cast_signed())])
            }
            5 => {
                *self.counters.entry("answers".into()).or_default() += 1;
                (self.expected.questions, self.expected.increments) =
                    (self.expected.questions + 1, self.expected.increments + 1);
                question()
            }
            _ => work(&[self.publish(which, 0), self.publish(which, 1), self.publish(which, 2)]),
        };
        self.parts.push(made);
    }

    fn publish(&mut self, part: u64, nth: u64) -> Deed {
        let (name, item) = (format!("item{part}.{nth}"), format!("{}", part * 10 + nth));
        let made = deed("publish", &name).value(&item);
        self.expected.updates.insert(name, item);
        made
    }

    fn add(&mut self, key: &str, random: &mut Random) -> Deed {
        let by = 1 + random.below(5).cast_signed();
        *self.counters.entry(key.into()).or_default() += by;
        self.expected.increments += 1;
        deed("add", key).n(by)
    }

    fn append(&mut self, part: u64) -> Deed {
        self.expected.list.insert(part.to_string());
        deed("append", "list").value(&part.to_string())
    }

    fn grow(&mut self) -> Deed {
        self.grown += 1;
        deed("grow", "text")
    }

    fn end(mut self) -> Load {
        self.counters.insert("gathered".into(), 1);
        self.expected.increments += 1;
        self.expected.parts = self.parts.len();
        self.expected.state.extend(self.counters.into_iter().map(|(key, sum)| (key, sum.to_string())));
        if self.grown > 0 {
            self.expected.state.insert("text".into(), format!("\"{}\"", "x".repeat(self.grown)));
        }
        Load { parts: self.parts, expected: self.expected }
    }
}
