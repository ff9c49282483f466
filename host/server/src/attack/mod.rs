//! `lockstep attack`: attacks that the host survives, made on this machine by this build. A case goes in,
//! what happened comes out as a few words, beside those that are expected; where the build can leave walls
//! out, the case is made again without what stops it, and must not come out the same.
//!
//! Everything is real: components in the sandbox, runs in a host, servers on loopback, folders. Nothing
//! leaves this machine.

mod approvals;
mod bank;
mod compute;
mod files;
mod load;
mod network;
mod secrets;
mod server;
mod stage;
mod state;
mod tools;
mod words;

use std::pin::Pin;

use lockstep_sandbox::{Wall, Walls};
use serde::Serialize;

/// What is told of a case that could not be made begins so.
const ERROR: &str = "error: ";

/// An attack.
#[derive(Clone, Copy)]
pub(crate) struct Case {
    /// Its number in the list of attacks, and a letter where the list names several.
    pub(crate) id: &'static str,
    /// What is done.
    pub(crate) name: &'static str,
    /// What comes of it, in a few words.
    pub(crate) expected: &'static str,
    opposite: Opposite,
    attempt: Attempt,
}

/// What is left out to show that it is what decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opposite {
    /// A wall.
    Without(Wall),
    /// The point of the attack, where what stops it is no wall that could be left out and the host go on:
    /// the engine's stack, say, or a parser. The same is done without the trick.
    Harmless,
}

/// Makes an attack, and says what happened.
type Attempt = fn(Trial) -> Happening;

/// What happened, when it has.
type Happening = Pin<Box<dyn Future<Output = anyhow::Result<String>>>>;

/// How a case is tried.
#[derive(Clone, Copy, Debug)]
struct Trial {
    walls: Walls,
    is_attack: bool,
}

/// What came of a case.
#[derive(Debug, Serialize)]
pub(crate) struct Outcome {
    id: &'static str,
    name: &'static str,
    expected: &'static str,
    got: String,
    /// What came of it without what stops it.
    #[serde(skip_serializing_if = "Option::is_none")]
    without: Option<String>,
    ok: bool,
}

/// What came of all.
#[derive(Debug, Serialize)]
pub(crate) struct Summary {
    pub(crate) cases: Vec<Outcome>,
    pub(crate) passed: usize,
    pub(crate) failed: usize,
}

/// Whether each case is also made without what stops it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    /// It is not.
    Unasked,
    /// It is.
    Asked,
}

/// All cases, in the order of their numbers.
pub(crate) fn cases() -> Vec<Case> {
    let areas = [
        compute::cases(),
        load::cases(),
        network::cases(),
        secrets::cases(),
        files::cases(),
        state::cases(),
        tools::cases(),
        words::cases(),
        approvals::cases(),
    ];
    let mut all = areas.concat();
    all.sort_by_key(|case| (case.number(), case.id));
    all
}

/// Whether this build can leave walls out.
pub(crate) fn can_prove() -> bool {
    Walls::left_out(Wall::Cpu).is_some()
}

impl Case {
    /// Its number in the list.
    pub(crate) fn number(&self) -> u32 {
        self.id.trim_end_matches(|char: char| char.is_ascii_alphabetic()).parse().unwrap_or(u32::MAX)
    }

    /// Whether it is what somebody asks for: its id, or the number of several.
    pub(crate) fn is_called(&self, asked: &str) -> bool {
        self.id == asked || asked == self.number().to_string()
    }

    /// Makes it.
    pub(crate) async fn perform(&self, proof: Proof) -> Outcome {
        let got = self.tried(Trial::attack()).await;
        let mut ok = got == self.expected;
        let mut without = None;
        if let (Proof::Asked, Some(trial)) = (proof, self.opposite.trial()) {
            let told = self.tried(trial).await;
            // What could not be tried proves nothing.
            ok &= told != self.expected && !told.starts_with(ERROR);
            without = Some(told);
        }
        Outcome { id: self.id, name: self.name, expected: self.expected, got, without, ok }
    }

    async fn tried(&self, trial: Trial) -> String {
        (self.attempt)(trial).await.unwrap_or_else(|error| format!("{ERROR}{error:#}"))
    }
}

impl Outcome {
    /// Whether it is as it should be.
    pub(crate) fn is_ok(&self) -> bool {
        self.ok
    }

    /// Whether it was also tried without what stops it.
    pub(crate) fn is_proved(&self) -> bool {
        self.without.is_some()
    }

    /// It, as the cells of a row.
    pub(crate) fn cells(&self) -> Vec<&str> {
        let mark = if self.ok { "ok" } else { "FAILED" };
        let without = self.without.as_deref();
        [self.id, self.name, self.expected, &self.got].into_iter().chain(without).chain([mark]).collect()
    }
}

impl Summary {
    /// Counts.
    pub(crate) fn of(cases: Vec<Outcome>) -> Summary {
        let passed = cases.iter().filter(|case| case.ok).count();
        Summary { failed: cases.len() - passed, passed, cases }
    }
}

impl Opposite {
    fn trial(self) -> Option<Trial> {
        match self {
            Opposite::Without(wall) => Some(Trial { walls: Walls::left_out(wall)?, is_attack: true }),
            Opposite::Harmless => Some(Trial { walls: Walls::default(), is_attack: false }),
        }
    }
}

impl From<Wall> for Opposite {
    fn from(wall: Wall) -> Opposite {
        Opposite::Without(wall)
    }
}

impl Trial {
    fn attack() -> Trial {
        Trial { walls: Walls::default(), is_attack: true }
    }

    /// The attack, or what is done in its place where it is left out.
    fn pick<T>(self, attack: T, harmless: T) -> T {
        if self.is_attack { attack } else { harmless }
    }

    /// How much is asked for: less where nothing stops it, so that the machine survives.
    fn sized<T>(self, whole: T, without: T) -> T {
        if self.walls == Walls::default() { whole } else { without }
    }
}

fn case(
    id: &'static str,
    name: &'static str,
    expected: &'static str,
    opposite: impl Into<Opposite>,
    attempt: Attempt,
) -> Case {
    Case { id, name, expected, opposite: opposite.into(), attempt }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_number_of_the_list_has_a_case_and_every_case_an_id_of_its_own() {
        let all = cases();
        let numbers: BTreeSet<u32> = all.iter().map(Case::number).collect();
        assert_eq!(numbers, (1..=35).chain([42]).collect());
        assert_eq!(all.iter().map(|case| case.id).collect::<BTreeSet<_>>().len(), all.len());
    }

    #[test]
    fn a_case_is_called_by_its_id_or_its_number() {
        let all = cases();
        let called = |asked: &str| all.iter().filter(|case| case.is_called(asked)).count();
        assert!(called("18") > 1 && called("18a") == 1);
        assert_eq!([called("1"), called("36"), called("a"), called("")], [1, 0, 0, 0]);
    }
}
