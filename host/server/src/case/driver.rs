//! Whoever sits at the run of a case: gives the answers and decisions of the case when their time has come, and moves
//! the clock on to whatever is next.

use std::collections::HashSet;
use std::sync::Arc;

use lockstep_core::case::{Says, WorkflowCase};
use lockstep_core::event::{Json, Timestamp};
use lockstep_core::journal::Journal;
use lockstep_core::run::{Run, RunId, Seq, Verdict};
use lockstep_runtime::{Clock, Host, Reply, Request, Virtual, archive};

use super::notebook::Notebook;

/// A run that waits for time so often does not come to an end.
const MOST: usize = 1000;

pub(super) struct Driver<'c> {
    host: &'c Host,
    journal: &'c dyn Journal,
    clock: &'c Virtual,
    notes: &'c Notebook,
    run: &'c RunId,
    case: &'c WorkflowCase,
    /// How often each answer and each decision was given.
    answers: Vec<u32>,
    decisions: Vec<u32>,
    /// What was asked and has had its answer, taken or not.
    said: HashSet<(RunId, Seq)>,
    /// What of the case was for something that was asked, whether its time came or not.
    met: HashSet<Which>,
    complaints: Vec<String>,
}

/// What a person says next.
struct Saying {
    at: Timestamp,
    run: RunId,
    /// Which question or approval.
    to: Seq,
    which: Which,
}

/// Where it stands in the case.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Which {
    Answer(usize),
    Decision(usize),
}

impl<'c> Driver<'c> {
    pub(super) fn new(
        host: &'c Host,
        journal: &'c dyn Journal,
        clock: &'c Virtual,
        notes: &'c Notebook,
        case: &'c WorkflowCase,
    ) -> Driver<'c> {
        let answers = vec![0; case.answers.len()];
        let decisions = vec![0; case.decisions.len()];
        let (said, met, complaints) = (HashSet::new(), HashSet::new(), Vec::new());
        let run = notes.run();
        Driver { host, journal, clock, notes, run, case, answers, decisions, said, met, complaints }
    }

    /// Lets the run go on until it has ended, or nothing that the case knows of can move it.
    pub(super) async fn drive(&mut self) -> anyhow::Result<()> {
        let mut waits = 0;
        while waits < MOST {
            let rests = self.clock.rests().await;
            if self.notes.has_ended() {
                return Ok(());
            }
            let next = self.next().await?;
            let at = next.as_ref().map(|saying| saying.at);
            match next {
                Some(saying) if saying.at <= self.clock.now() => self.say(saying).await?,
                _ => match at.into_iter().chain(rests.until).min() {
                    Some(at) => {
                        waits += 1;
                        self.clock.move_to(at);
                    }
                    None => return Ok(()),
                },
            }
        }
        // What it has begun is not cut off, so that the case comes out the same each time.
        self.clock.rests().await;
        self.complaints.push(format!(
            "the run went on to wait after it had waited {MOST} times; answer what it asks, or give the workflow a `timeout`"
        ));
        Ok(())
    }

    /// What was in the way, and what of the case was for nothing.
    pub(super) fn end(mut self) -> Vec<String> {
        let answers = self.case.answers.iter().enumerate().map(|(at, said)| (Which::Answer(at), said.line));
        let decisions =
            self.case.decisions.iter().enumerate().map(|(at, said)| (Which::Decision(at), said.line));
        let unmet = answers.chain(decisions).filter(|(which, _)| !self.met.contains(which));
        self.complaints.extend(unmet.map(|(which, line)| {
            let (what, by) = match which {
                Which::Answer(_) => ("answer", "question"),
                Which::Decision(_) => ("decision", "call that a person is asked about"),
            };
            format!("the {what} at line {line} is for no {by}; take it out, or mend what it is for")
        }));
        self.complaints
    }

    /// What a person says next, of all that is asked.
    async fn next(&mut self) -> anyhow::Result<Option<Saying>> {
        if self.answers.is_empty() && self.decisions.is_empty() {
            return Ok(None);
        }
        let runs = archive::with_children(self.journal, self.run).await?;
        let all = runs.iter().flat_map(|run| self.answers_of(run).into_iter().chain(self.decisions_of(run)));
        let all: Vec<Saying> = all.collect();
        self.met.extend(all.iter().map(|saying| saying.which));
        let new = all.into_iter().filter(|saying| !self.said.contains(&(saying.run.clone(), saying.to)));
        Ok(new.min_by_key(|saying| saying.at))
    }

    fn answers_of(&self, run: &Run) -> Vec<Saying> {
        let answer = |(to, open): (Seq, &lockstep_core::run::Open)| {
            let question = &run.workflow().event(open.event).short;
            let all = self.case.answers.iter().zip(&self.answers).enumerate();
            let mut fitting = all.filter(|(_, (answer, given))| {
                answer.times.is_none_or(|times| **given < times) && answer.fits(question, &open.payload)
            });
            let (at, (answer, _)) = fitting.next()?;
            let when = open.asked_at.after(answer.after);
            Some(Saying { at: when, run: run.id().clone(), to, which: Which::Answer(at) })
        };
        run.questions().filter_map(answer).collect()
    }

    fn decisions_of(&self, run: &Run) -> Vec<Saying> {
        let decision = |(to, open): (Seq, &lockstep_core::run::Approval)| {
            let all = self.case.decisions.iter().zip(&self.decisions).enumerate();
            let mut fitting = all.filter(|(_, (decision, given))| {
                decision.times.is_none_or(|times| **given < times) && decision.fits(open)
            });
            let (at, (decision, _)) = fitting.next()?;
            let when = open.asked_at.after(decision.after);
            Some(Saying { at: when, run: run.id().clone(), to, which: Which::Decision(at) })
        };
        run.approvals().filter_map(decision).collect()
    }

    async fn say(&mut self, saying: Saying) -> anyhow::Result<()> {
        let (request, line) = match saying.which {
            Which::Answer(at) => {
                self.answers[at] += 1;
                let said = &self.case.answers[at];
                let (answer, by) = (Json::trusted(said.answer.json()), said.by.as_deref().map(Arc::from));
                (Request::Answer { question: saying.to, answer, by }, said.line)
            }
            Which::Decision(at) => {
                self.decisions[at] += 1;
                let said = &self.case.decisions[at];
                let (verdict, by) = (verdict(&said.says), said.by.as_deref().map(Arc::from));
                (Request::Decide { approval: saying.to, verdict, by }, said.line)
            }
        };
        if let Reply::Refused { message, .. } = self.host.ask(&saying.run, request).await? {
            self.complaints.push(format!("what line {line} says is refused: {message}"));
        }
        self.said.insert((saying.run, saying.to));
        Ok(())
    }
}

fn verdict(says: &Says) -> Verdict {
    match says {
        Says::Approve(with) => {
            let arguments = with.as_ref().map(|with| Json::trusted(with.json()));
            Verdict::Approve { arguments, rule: None }
        }
        Says::Refuse(reason) => Verdict::Refuse { reason: Some(reason.as_str().into()) },
    }
}
