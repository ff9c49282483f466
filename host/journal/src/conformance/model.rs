//! A seeded stream of random groups, good and bad, written to the journal and to the plainest
//! model there is: a list of rows for each run. After each group both must say the same.

use std::collections::BTreeMap;

use lockstep_core::journal::{Commit, Journal, Row};
use lockstep_core::run::Record;

use super::hostile::values;
use super::records::{event, record_of};
use super::{encoded, load, run, wait};

const SEEDS: [u64; 4] = [1, 2, 3, 4];
const GROUPS: usize = 120;
const RUNS: u64 = 5;

/// Four hundred and eighty groups of up to four commits to five runs, a fifth of them with a gap.
pub fn random_operations_match_a_model(journal: &dyn Journal) {
    let values: Vec<String> = values().into_iter().filter(|json| json.len() < 1 << 16).collect();
    let mut model = Model::default();
    for seed in SEEDS {
        let mut chance = Chance(seed);
        for group in 0..GROUPS {
            let commits = model.draw(&mut chance, &values);
            let answer = wait(journal.commit(commits.clone())).ok();
            assert_eq!(answer.is_some(), model.write(&commits), "seed {seed}, group {group}");
            model.expect_number(answer);
            model.expect_rows(journal, seed, group);
        }
    }
}

#[derive(Default)]
struct Model {
    runs: BTreeMap<u64, Vec<Row>>,
    groups: u64,
    first: Option<u64>,
}

impl Model {
    /// A group whose commits mostly follow on what is stored and on each other.
    fn draw(&self, chance: &mut Chance, values: &[String]) -> Vec<Commit> {
        let mut ends: Vec<u64> = (0..RUNS).map(|which| self.rows(which).len() as u64).collect();
        let commits = (0..chance.below(5)).map(|_| {
            let which = chance.below(RUNS);
            let end = &mut ends[which as usize];
            let first = if chance.below(10) == 0 { chance.below(*end + 4) } else { *end + 1 };
            let count = chance.below(5);
            if count > 0 {
                *end = first + count - 1;
            }
            Commit { run: run(which), records: chance.records(first, count, values) }
        });
        commits.collect()
    }

    /// Whether the group is good; if it is, the model has it from now on.
    fn write(&mut self, commits: &[Commit]) -> bool {
        let mut next = self.runs.clone();
        for commit in commits {
            let which = (0..RUNS).find(|which| run(*which) == commit.run).expect("one of the five");
            let rows = next.entry(which).or_default();
            for row in encoded(commit) {
                if row.seq.0 != rows.len() as u64 + 1 {
                    return false;
                }
                rows.push(row);
            }
        }
        self.runs = next;
        true
    }

    fn expect_number(&mut self, answer: Option<u64>) {
        if let Some(number) = answer {
            let first = *self.first.get_or_insert(number);
            assert_eq!(number, first + self.groups, "a number was left out or given twice");
            self.groups += 1;
        }
    }

    fn expect_rows(&self, journal: &dyn Journal, seed: u64, group: usize) {
        for which in 0..RUNS {
            let same = load(journal, &run(which)) == self.rows(which);
            assert!(same, "seed {seed}, group {group}: run {which} has other rows than the model");
        }
    }

    fn rows(&self, which: u64) -> &[Row] {
        self.runs.get(&which).map_or(&[], Vec::as_slice)
    }
}

/// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
struct Chance(u64);

impl Chance {
    fn records(&mut self, first: u64, count: u64, values: &[String]) -> Vec<Record> {
        let mut json = || &values[self.below(values.len() as u64) as usize];
        (first..first + count).map(|seq| record_of(seq, event(json()))).collect()
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}
