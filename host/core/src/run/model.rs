//! The rule against a naive reference model: random structured programs of leaves, sequences,
//! fan-outs, broadcasts, loops, questions and timers are evaluated twice: by plain recursion over the
//! program, and by a run that knows only events, scopes and joins, scheduled at random, with retries,
//! interrupted attempts, conflicts of state and crashes between. Both must come to the same value,
//! and a counter that every leaf reads and writes to the number of leaves that were committed. Meanwhile
//! attempts call outside the run, and are cut short in the middle of that: no call that may be made once
//! at most is let go twice, but where it is known not to have been made, and none of those that a person is
//! asked about that nobody approved.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::workbench::{Bench, Graph, Proof, failed, told};
use super::{Resolution, Run, RunId, Seq, Signal, Status, Verdict, Work};
use crate::blob::Digest;
use crate::effect::{Ask, CallId, Ending, Intent, Keep, Leave, Moment, Proposal};
use crate::event::{Json, Timestamp};
use crate::outcome::{Class, Emission, Emitted, Interruption, Outcome, TimerWish};
use crate::state::{Op, Reads, State, Write};
use crate::workflow::{EventId, GatherRule, HandlerId, Home, OnEmpty, OnFailed, Workflow};

/// A program with one way in and one way out.
#[derive(Clone, Debug)]
enum Program {
    /// One step; it fails for good on the values that `fails` picks.
    Leaf { fails: bool },
    /// A person is asked, and answers.
    Ask,
    /// A timer is set, and fires.
    Sleep,
    /// A run of its own does it; it fails for good on the values that `fails` picks.
    Child { fails: bool },
    /// One after the other.
    Then(Box<Program>, Box<Program>),
    /// `k` branches through the body, gathered.
    Fan { k: u32, body: Box<Program>, failed: OnFailed, empty: OnEmpty },
    /// Both bodies from one event, gathered as a list.
    Both { left: Box<Program>, right: Box<Program>, failed: OnFailed },
    /// Both bodies from one event, joined as a pair.
    Pair { left: Box<Program>, right: Box<Program> },
    /// The body so many times.
    Loop { turns: u32, body: Box<Program> },
}

/// What the reference comes to: a value, a failure, or nothing at all.
#[derive(Clone, Debug, PartialEq)]
enum Reference {
    Value(String),
    Failed,
    Nothing,
    Parked,
}

/// What each handler of the compiled program does with what it is given.
#[derive(Clone, Debug)]
enum Act {
    Leaf { fails: bool, out: EventId, audit: EventId },
    Answer { out: EventId },
    Child { fails: bool, out: EventId },
    Sleep,
    Wake { out: EventId },
    Relay { out: EventId },
    Split { k: u32, out: EventId },
    Join { out: EventId },
    Turn { id: usize, turns: u32, again: EventId, out: EventId },
}

fn leaf(value: &str, fails: bool) -> Option<String> {
    // Which values fail depends on the value alone, so both sides agree.
    let unlucky =
        value.bytes().fold(0u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into())) % 3 == 0;
    (!(fails && unlucky)).then(|| format!("f({value})"))
}

fn evaluate(program: &Program, value: &str) -> Reference {
    match program {
        Program::Leaf { fails } => leaf(value, *fails).map_or(Reference::Failed, Reference::Value),
        Program::Ask => Reference::Value(format!("a({value})")),
        Program::Sleep => Reference::Value(format!("s({value})")),
        Program::Child { fails } => {
            leaf(value, *fails).map_or(Reference::Failed, |value| Reference::Value(format!("c({value})")))
        }
        Program::Then(first, second) => match evaluate(first, value) {
            Reference::Value(value) => evaluate(second, &value),
            other => other,
        },
        Program::Fan { k, body, failed, empty } => {
            let branches = (0..*k).map(|i| evaluate(body, &format!("{value}/{i}")));
            gather(branches.collect(), *failed, *empty)
        }
        Program::Both { left, right, failed } => {
            gather(vec![evaluate(left, value), evaluate(right, value)], *failed, OnEmpty::Skip)
        }
        Program::Pair { left, right } => match (evaluate(left, value), evaluate(right, value)) {
            (Reference::Value(left), Reference::Value(right)) => {
                Reference::Value(format!("j({left} {right})"))
            }
            (Reference::Failed, _) | (_, Reference::Failed) => Reference::Failed,
            _ => Reference::Nothing,
        },
        Program::Loop { turns, body } => {
            let mut value = value.to_owned();
            for turn in 0..*turns {
                match evaluate(body, &format!("t{turn}({value})")) {
                    Reference::Value(next) => value = next,
                    other => return other,
                }
            }
            Reference::Value(value)
        }
    }
}

fn gather(branches: Vec<Reference>, failed: OnFailed, empty: OnEmpty) -> Reference {
    if failed == OnFailed::Fail && branches.contains(&Reference::Failed) {
        return Reference::Failed;
    }
    let values = branches.into_iter().filter_map(|branch| match branch {
        Reference::Value(value) => Some(value),
        _ => None,
    });
    let values: Vec<_> = values.collect();
    match (values.is_empty(), empty) {
        (true, OnEmpty::Skip) => Reference::Nothing,
        _ => Reference::Value(format!("j([{}])", values.join(","))),
    }
}

/// Compiles programs to graphs whose handlers act as the reference does.
struct Compiler {
    graph: Graph,
    acts: HashMap<HandlerId, Act>,
    audit: EventId,
}

impl Compiler {
    fn compile(program: &Program) -> (Arc<Workflow>, HashMap<HandlerId, Act>) {
        let mut graph = Graph::default();
        let start = graph.event("start");
        let audit = graph.event("audit");
        let stop = graph.stop("stop");
        let mut compiler = Compiler { graph, acts: HashMap::new(), audit };
        compiler.emit(program, start, stop);
        (compiler.graph.done(), compiler.acts)
    }

    fn fresh(&mut self) -> EventId {
        let name = format!("e{}", self.graph.events.len());
        self.graph.event(&name)
    }

    fn act(&mut self, handler: HandlerId, act: Act) {
        self.acts.insert(handler, act);
    }

    fn emit(&mut self, program: &Program, from: EventId, to: EventId) {
        match program {
            Program::Leaf { fails } => {
                let handler = self.graph.each(from);
                self.act(handler, Act::Leaf { fails: *fails, out: to, audit: self.audit });
            }
            Program::Ask => self.ask(from, to),
            Program::Sleep => {
                let setter = self.graph.each(from);
                let waker = self.graph.timer(setter);
                self.act(setter, Act::Sleep);
                self.act(waker, Act::Wake { out: to });
            }
            Program::Child { fails } => {
                let handler = self.graph.each(from);
                self.act(handler, Act::Child { fails: *fails, out: to });
            }
            Program::Then(first, second) => {
                let between = self.fresh();
                self.emit(first, from, between);
                self.emit(second, between, to);
            }
            Program::Fan { k, body, failed, empty } => {
                let (item, done) = (self.fresh(), self.fresh());
                let opener = self.graph.opener(from);
                self.act(opener, Act::Split { k: *k, out: item });
                self.emit(body, item, done);
                let rule = GatherRule { failed: *failed, empty: *empty, ..GatherRule::default() };
                let gather = self.graph.gather(Home::Handler(opener), done, rule);
                self.act(gather, Act::Join { out: to });
            }
            Program::Both { left, right, failed } => {
                let (cast, done) = (self.broadcast(from), self.fresh());
                let sides = [(left.as_ref(), done), (right.as_ref(), done)];
                self.sides(cast, sides);
                let rule = GatherRule { failed: *failed, empty: OnEmpty::Skip, ..GatherRule::default() };
                let gather = self.graph.gather(Home::Event(cast), done, rule);
                self.act(gather, Act::Join { out: to });
            }
            Program::Pair { left, right } => {
                let (cast, one, two) = (self.broadcast(from), self.fresh(), self.fresh());
                self.sides(cast, [(left.as_ref(), one), (right.as_ref(), two)]);
                let pair = self.graph.pair(Home::Event(cast), one, two);
                self.act(pair, Act::Join { out: to });
            }
            Program::Loop { turns, body } => self.turns(*turns, body, from, to),
        }
    }

    fn ask(&mut self, from: EventId, to: EventId) {
        let (question, answer) = (self.fresh(), self.fresh());
        let asker = self.graph.each(from);
        self.act(asker, Act::Relay { out: question });
        self.graph.asks(question, answer);
        let both = self.graph.answered(question, answer);
        self.act(both, Act::Answer { out: to });
    }

    /// An event of its own for a broadcast: a sequence may end in an event that is taken already.
    fn broadcast(&mut self, from: EventId) -> EventId {
        let cast = self.fresh();
        let handler = self.graph.each(from);
        self.act(handler, Act::Relay { out: cast });
        cast
    }

    fn sides(&mut self, cast: EventId, sides: [(&Program, EventId); 2]) {
        for (side, to) in sides {
            let inner = self.fresh();
            let relay = self.graph.each(cast);
            self.act(relay, Act::Relay { out: inner });
            self.emit(side, inner, to);
        }
    }

    fn turns(&mut self, turns: u32, body: &Program, from: EventId, to: EventId) {
        let (head, again, back) = (self.fresh(), self.fresh(), self.fresh());
        let id = self.acts.len();
        let enter = self.graph.each(from);
        self.act(enter, Act::Turn { id, turns: 0, again: head, out: head });
        let turn = self.graph.each(head);
        self.act(turn, Act::Turn { id, turns, again, out: to });
        self.emit(body, again, back);
        let close = self.graph.each(back);
        self.act(close, Act::Relay { out: head });
    }
}

/// A value on its way: what the reference knows of it, and the turns of loops it is in.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Token {
    value: String,
    turns: Vec<(usize, u32)>,
}

impl Act {
    /// `state` is what the run's steps remembered when the attempt began.
    fn perform(&self, work: &Work, state: &State) -> Outcome {
        match self {
            Act::Leaf { fails, out, audit } => {
                let token = only(work);
                match leaf(&token.value, *fails) {
                    Some(value) => {
                        let events = emit([(*out, Token { value, ..token.clone() }), (*audit, token)]);
                        counted(events, work, state)
                    }
                    None => failed(Class::Permanent),
                }
            }
            Act::Answer { out } => {
                let token = only(work);
                emit([(*out, Token { value: format!("a({})", token.value), ..token })])
            }
            Act::Child { fails, out } => {
                let token = only(work);
                match leaf(&token.value, *fails) {
                    Some(value) => emit([(*out, Token { value: format!("c({value})"), ..token })]),
                    None => failed(Class::Permanent),
                }
            }
            Act::Sleep => {
                let name = serde_json::to_string(&only(work)).expect("a token").into();
                let timers = vec![TimerWish::Set { name, after: Duration::from_millis(20) }];
                Outcome::Emitted(Emitted { timers, ..Emitted::default() })
            }
            Act::Wake { out } => {
                let fired: TimerFired = serde_json::from_str(&told(work)).expect("a timer's name");
                let token: Token = serde_json::from_str(&fired.name).expect("a token");
                emit([(*out, Token { value: format!("s({})", token.value), ..token })])
            }
            Act::Relay { out } => emit([(*out, only(work))]),
            Act::Split { k, out } => {
                let token = only(work);
                emit(
                    (0..*k).map(|i| (*out, Token { value: format!("{}/{i}", token.value), ..token.clone() })),
                )
            }
            Act::Join { out } => emit([(*out, joined(work))]),
            Act::Turn { id, turns, again, out } => {
                let (next, token) = turn(*id, *turns, only(work));
                emit([(if next { *again } else { *out }, token)])
            }
        }
    }
}

#[derive(serde::Deserialize)]
struct TimerFired {
    name: String,
}

/// The leaf reads a counter and writes one more, and adds to another without a look. The first
/// counter is read only as long as it is small: a thousand leaves that all disturb each other take
/// their time.
fn counted(outcome: Outcome, work: &Work, state: &State) -> Outcome {
    let Outcome::Emitted(emitted) = outcome else { return outcome };
    let before: u64 = state.get("n").map_or(0, |n| n.as_str().parse().expect("a number"));
    let one_more = |key: &str| Write { key: key.into(), op: Op::Add { by: 1 }, value: None };
    if before >= 32 {
        return Outcome::Emitted(Emitted { writes: vec![one_more("n"), one_more("blind")], ..emitted });
    }
    let reads = Reads { as_of: work.as_of, keys: ["n".into()].into(), listed: false };
    let value = Some(Json::trusted((before + 1).to_string()));
    let writes = vec![Write { key: "n".into(), op: Op::Set, value }, one_more("blind")];
    Outcome::Emitted(Emitted { reads, writes, ..emitted })
}

fn turn(id: usize, turns: u32, mut token: Token) -> (bool, Token) {
    let entered = token.turns.last().is_some_and(|(of, _)| *of == id);
    if !entered {
        token.turns.push((id, 0));
        return (false, token);
    }
    let taken = token.turns.last_mut().expect("it was entered");
    if taken.1 == turns {
        token.turns.pop();
        return (false, token);
    }
    token.value = format!("t{}({})", taken.1, token.value);
    taken.1 += 1;
    (true, token)
}

fn tokens(work: &Work) -> Vec<Token> {
    let text = told(work).replace("} {", "},{");
    let text = if text.starts_with('[') { text } else { format!("[{text}]") };
    serde_json::from_str(&text).expect("tokens")
}

fn only(work: &Work) -> Token {
    tokens(work).remove(0)
}

fn joined(work: &Work) -> Token {
    let all = tokens(work);
    let values: Vec<_> = all.iter().map(|token| token.value.clone()).collect();
    let value = if work.inputs.len() == 2 { values.join(" ") } else { format!("[{}]", values.join(",")) };
    let turns = all.first().map(|token| token.turns.clone()).unwrap_or_default();
    Token { value: format!("j({value})"), turns }
}

fn emit(tokens: impl IntoIterator<Item = (EventId, Token)>) -> Outcome {
    let emissions = (0..).zip(tokens).map(|(element, (event, token))| Emission {
        event,
        element,
        payload: Json::trusted(serde_json::to_string(&token).expect("a token")),
    });
    Outcome::Emitted(emissions.collect::<Vec<_>>().into())
}

/// An attempt that is out, with what it sees of the state.
type Running = (Work, State);

/// What the world has seen of the calls of a run.
#[derive(Default)]
struct World {
    /// Those that may have been made, and their answers.
    made: HashMap<(Seq, CallId), Option<Json>>,
    /// What a person has said to those that asked.
    decided: HashMap<(Seq, CallId), bool>,
    answers: u64,
    calls: u32,
}

/// Crashes of one run: after each, all of it is read back.
const CRASHES: u32 = 50;
/// Calls of one run: choices that repeat themselves must not keep it from its end.
const CALLS: u32 = 100;

/// What a person is asked; a year is long enough for all of a run.
fn ask() -> Ask {
    let proposal = Proposal { arguments: Json::trusted("{}"), schema: None };
    let moment = Moment { clock: Timestamp(1), seed: Digest::of(b"") };
    Ask { why: "it must".into(), proposal, within: Duration::from_hours(24 * 365), moment }
}

impl World {
    /// An attempt makes a call of five kinds, of which two ask a person, and it comes to an end or not.
    fn call(&mut self, bench: &mut Bench, work: &Work, kind: usize, how: usize) {
        self.calls += 1;
        let id = CallId { digest: Digest::of(&[kind as u8]), nth: 1 };
        let (key, at_most_once) = ((work.delivery, id), ![0, 3].contains(&kind));
        let intent = Intent {
            id,
            capability: "http".into(),
            what: "POST".into(),
            rule: "pay".into(),
            at_most_once,
            keep: Keep::No,
            rate: None,
            calls: None,
            within: None,
            ask: (kind > 2).then(ask),
        };
        let verdict = self.decided.get(&key);
        match bench.leave(work, &intent) {
            Leave::Ask => assert_eq!(verdict, None, "{key:?} is decided"),
            // Nobody in time is a no as well.
            Leave::Refused(_) => {
                assert_ne!(verdict, Some(&true), "{key:?} was approved");
                self.decided.insert(key, false);
            }
            Leave::Go => {
                assert!(kind < 3 || verdict == Some(&true), "nobody approved {key:?}");
                let before = self.made.insert(key, None);
                assert!(before.is_none() || !at_most_once, "{key:?} is made twice");
                self.end(bench, work, id, how);
            }
            Leave::Recorded(answer) => assert_eq!(self.made[&key].as_ref(), Some(&answer)),
            Leave::Unknown if !bench.run.is_out(work.delivery) => {}
            Leave::Unknown => assert_eq!(self.made[&key], None),
            Leave::GoWith(_) | Leave::Unsteady | Leave::OverBudget | Leave::NotBefore(_) => {
                unreachable!("nothing is changed, nothing is bounded, and two calls ask")
            }
        }
    }

    fn end(&mut self, bench: &mut Bench, work: &Work, id: CallId, how: usize) {
        let key = (work.delivery, id);
        let told = "told".into();
        let ending = match how {
            0 => {
                self.answers += 1;
                let answer = Some(Json::trusted(self.answers.to_string()));
                self.made.insert(key, answer.clone());
                Ending::Answered { answer, told }
            }
            1 => {
                self.made.remove(&key);
                Ending::NotMade { told }
            }
            2 => Ending::Failed { told },
            _ => return,
        };
        bench.end(work, &id, ending);
    }

    /// A person decides about the oldest call that waits for it.
    fn decide(&mut self, bench: &mut Bench, is_fine: bool) {
        let Some((approval, key)) =
            bench.run.approvals().next().map(|(id, open)| (id, (open.delivery, open.call)))
        else {
            return;
        };
        let verdict = match is_fine {
            true => Verdict::Approve { arguments: None, rule: None },
            false => Verdict::Refuse { reason: None },
        };
        assert_eq!(self.decided.insert(key, is_fine), None, "{key:?} was decided before");
        bench.signal(Signal::Decide { approval, verdict, by: None });
    }

    /// A person decides about the oldest call that nobody knows of.
    fn resolve(&mut self, bench: &mut Bench, is_done: bool) {
        let Some((effect, delivery)) = bench.run.unknown_effects().next().map(|of| (of.id, of.delivery))
        else {
            return;
        };
        let key = *self.made.keys().find(|key| bench.effect_of(**key) == Some(effect)).expect("it was made");
        assert_eq!((key.0, &self.made[&key]), (delivery, &None));
        let how = match is_done {
            true => {
                let answer = Json::trusted("\"ann\"");
                self.made.insert(key, Some(answer.clone()));
                Resolution::Done(answer)
            }
            false => {
                self.made.remove(&key);
                Resolution::NotMade
            }
        };
        bench.signal(Signal::Resolve { effect, how, by: None });
    }
}

/// Drives a run to its end by a stream of random choices.
fn live(program: &Program, choices: &[u8], proof: Proof) -> Reference {
    let (workflow, acts) = Compiler::compile(program);
    let start = r#"{"value":"x","turns":[]}"#;
    let mut bench = Bench::start(workflow, start, proof);
    let mut running: Vec<Running> = Vec::new();
    // Runs of their own outlive a crash of the host.
    let mut nested: Vec<Running> = Vec::new();
    let mut choices = choices.iter().copied().cycle();
    let mut choose = |n: usize| (usize::from(choices.next().unwrap_or(0)) * 251 + n) % n.max(1);
    let (mut world, mut crashes) = (World::default(), 0);
    while matches!(bench.run.status(), Status::Running | Status::Waiting) || is_asked(&bench.run) {
        let ready: Vec<_> = bench.run.ready().take(16).map(|(id, _)| id).collect();
        let asked = bench.asked();
        match choose(5) {
            4 if is_asked(&bench.run) => world.resolve(&mut bench, choose(2) == 0),
            0 if bench.run.approvals().next().is_some() => world.decide(&mut bench, choose(2) == 0),
            4 if !running.is_empty() && world.calls < CALLS => {
                let work = running[choose(running.len())].0.clone();
                if !matches!(acts[&work.handler], Act::Child { .. }) {
                    world.call(&mut bench, &work, choose(5), choose(4));
                }
            }
            0 if !asked.is_empty() => answer(&mut bench, asked[choose(asked.len())]),
            1 if bench.run.wake_at().is_some() => bench.wake(),
            2 if !ready.is_empty() => {
                let work = bench.begin(ready[choose(ready.len())]);
                running.push((work, bench.run.state().clone()));
            }
            _ if !running.is_empty() => {
                let next = running.swap_remove(choose(running.len()));
                if matches!(acts[&next.0.handler], Act::Child { .. }) {
                    let (delivery, run) = (next.0.delivery, RunId::named("child"));
                    bench.signal(Signal::ChildStarted { delivery, run });
                    nested.push(next);
                    continue;
                }
                let how = match choose(16) {
                    2 if crashes == CRASHES => 3,
                    how => how,
                };
                if !come_back(&mut bench, next, how, &acts) {
                    crashes += 1;
                    running.clear();
                }
            }
            _ if !nested.is_empty() => {
                let next = nested.swap_remove(choose(nested.len()));
                let outcome = acts[&next.0.handler].perform(&next.0, &next.1);
                bench.settle(&next.0, outcome);
            }
            _ if bench.run.approvals().next().is_some() => world.decide(&mut bench, choose(2) == 0),
            _ if is_asked(&bench.run) => world.resolve(&mut bench, choose(2) == 0),
            _ => {}
        }
    }
    ended(&mut bench, &running, &acts)
}

/// Whether a person has to decide about a call.
fn is_asked(run: &Run) -> bool {
    !run.parked.is_empty() && !run.status().is_end() && run.unknown_effects().next().is_some()
}

/// What is asked is answered with itself.
fn answer(bench: &mut Bench, question: Seq) {
    let (_, open) = bench.run.questions().find(|(id, _)| *id == question).expect("it is open");
    let answer = open.payload.to_string();
    bench.answer(question, &answer);
}

/// Whether the host is still there afterwards.
fn come_back(bench: &mut Bench, running: Running, how: usize, acts: &HashMap<HandlerId, Act>) -> bool {
    let (work, state) = running;
    let outcome = match how {
        0 => failed(Class::Transient),
        1 => Outcome::Interrupted(Interruption::Stopped),
        2 => {
            bench.crash();
            return false;
        }
        _ => acts[&work.handler].perform(&work, &state),
    };
    bench.settle(&work, outcome);
    true
}

/// What the run came to; attempts that are still out come back late and change nothing.
fn ended(bench: &mut Bench, running: &[Running], acts: &HashMap<HandlerId, Act>) -> Reference {
    let last = bench.run.last();
    for (work, state) in running.iter().filter(|_| bench.run.status().is_end()).cloned().collect::<Vec<_>>() {
        assert!(bench.settle(&work, acts[&work.handler].perform(&work, &state)).is_empty());
    }
    assert!(bench.signal(Signal::TimersDue).is_empty());
    assert_eq!(bench.run.last(), last, "an ended run does not move");
    let counted = |key| bench.run.state().get(key).map_or("0".into(), |n| n.to_string());
    let leaves = bench.committed(|handler| matches!(acts[&handler], Act::Leaf { .. })).to_string();
    assert_eq!((counted("n"), counted("blind")), (leaves.clone(), leaves));
    match bench.run.status() {
        Status::Completed => {
            let token: Token = serde_json::from_str(bench.result().expect("a result")).expect("a token");
            bench.expect_end(Status::Completed, bench.result());
            Reference::Value(token.value)
        }
        Status::Failed => Reference::Failed,
        Status::Stalled => Reference::Nothing,
        Status::Parked => Reference::Parked,
        other => panic!("{other}"),
    }
}

/// A fan-out that never fires empty, since an empty list does not know the loops it is in.
fn fan(k: u32, body: Box<Program>, failed: OnFailed) -> Program {
    Program::Fan { k, body, failed, empty: OnEmpty::Skip }
}

fn programs() -> impl Strategy<Value = Program> {
    let leaf = prop_oneof![
        4 => any::<bool>().prop_map(|fails| Program::Leaf { fails }),
        1 => Just(Program::Ask),
        1 => Just(Program::Sleep),
        1 => any::<bool>().prop_map(|fails| Program::Child { fails }),
    ];
    let failed = prop_oneof![Just(OnFailed::Fail), Just(OnFailed::Skip)];
    leaf.prop_recursive(4, 24, 3, move |inner| {
        let body = || inner.clone().prop_map(Box::new);
        let failed = || failed.clone();
        prop_oneof![
            (body(), body()).prop_map(|(first, second)| Program::Then(first, second)),
            (1..4u32, body(), failed()).prop_map(|(k, body, failed)| fan(k, body, failed)),
            (body(), body(), failed()).prop_map(|(left, right, failed)| Program::Both {
                left,
                right,
                failed
            }),
            (body(), body()).prop_map(|(left, right)| Program::Pair { left, right }),
            (1..4u32, body()).prop_map(|(turns, body)| Program::Loop { turns, body }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_program_comes_to_what_plain_recursion_says(
        program in programs(),
        choices in proptest::collection::vec(any::<u8>(), 64..256),
    ) {
        let expected = evaluate(&program, "x");
        let lived = live(&program, &choices, Proof::EveryCommit);
        // A delivery that was in flight at three crashes waits for an operator.
        prop_assert!(lived == expected || lived == Reference::Parked, "{lived:?} instead of {expected:?}");
    }
}

#[test]
fn fan_outs_of_none_one_two_and_a_thousand_come_to_what_plain_recursion_says() {
    let leaf = || Box::new(Program::Leaf { fails: false });
    for k in [0, 1, 2, 1000] {
        for empty in [OnEmpty::Fire, OnEmpty::Skip] {
            let body = Box::new(Program::Both { left: leaf(), right: leaf(), failed: OnFailed::Fail });
            let program = Program::Fan { k, body, failed: OnFailed::Skip, empty };
            let choices: Vec<u8> = (0..=255).map(|n: u8| n.wrapping_mul(167)).collect();
            assert_eq!(live(&program, &choices, Proof::AtTheEnd), evaluate(&program, "x"), "{k}");
        }
    }
}
