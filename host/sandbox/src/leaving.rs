//! Calls that leave the run of one attempt, whichever capability makes them: each is counted, named by the
//! digest of what is asked and how often that was asked, agreed on with whoever keeps the calls of the
//! delivery, and told of when it has come to an end. What the calls are is for the capabilities to know.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lockstep_core::blob::Digest;
use lockstep_core::effect::{self, Ask, CallId, Ending, Intent, Keep, Leave, Moment, Proposal};
use lockstep_core::event::{Json, Timestamp};
use lockstep_core::grant::Grant;
use lockstep_core::outcome::Class;

use crate::calls::Calls;
use crate::denial::Denials;
use crate::fault::Ended;
use crate::{Effects, Identity, Unreadable};

/// Whose fault it is that no call can leave.
const CODE: &str = "effects";

/// What all calls of an attempt share.
pub(crate) struct Leaving {
    effects: Option<Arc<dyn Effects>>,
    run: Arc<str>,
    delivery: u64,
    deadline: Timestamp,
    pub(crate) calls: Calls,
    pub(crate) denials: Denials,
    /// Where a person may be asked about a call: what the guest is told of time and chance, and how long the
    /// person has.
    asking: Option<(Moment, Duration)>,
    /// The call of the tool that makes these.
    within: Option<CallId>,
    /// That call may be made once at most: what it has called is not called again when it is made again.
    once: bool,
    /// How often each digest was asked.
    asked: Mutex<HashMap<Digest, u32>>,
}

/// What becomes of a call whose attempt goes on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Left {
    /// It goes out.
    Go,
    /// It goes out with these arguments.
    GoWith(Json),
    /// It was made before; this was the answer.
    Recorded(Json),
    /// A person has said no, or nobody in time.
    Refused(Arc<str>),
    /// The run has made as many of these as it may.
    OverBudget,
}

impl Leaving {
    pub(crate) fn new(
        effects: Option<Arc<dyn Effects>>,
        calls: Calls,
        me: &Identity,
        asks: Option<Duration>,
        moment: Option<Moment>,
    ) -> Leaving {
        let denials = Denials::new(effects.clone());
        let asking = asks.map(|within| (moment.unwrap_or_else(begins), within));
        let deadline = Timestamp(me.deadline_ms);
        let (run, delivery) = (me.run.clone(), me.delivery);
        let (within, once, asked) = (None, false, Mutex::default());
        Leaving { effects, run, delivery, deadline, calls, denials, asking, within, once, asked }
    }

    /// The same for the calls of a tool that is called by one of these. Its calls are its own, and counted by
    /// its grant; whoever keeps those of the delivery keeps them too.
    pub(crate) fn of_tool(&self, name: &Arc<str>, call: &Intent, calls: Calls, grant: &Grant) -> Leaving {
        Leaving {
            effects: self.effects.clone(),
            run: self.run.clone(),
            delivery: self.delivery,
            deadline: self.deadline,
            calls,
            denials: self.denials.of_tool(name),
            asking: self.asking.map(|(moment, _)| (moment, grant.approval.within)),
            within: Some(call.id),
            once: self.once || call.at_most_once,
            asked: Mutex::default(),
        }
    }

    /// What the guest is told of time and chance however often it goes on; none where nobody is asked.
    pub(crate) fn moment(&self) -> Option<Moment> {
        let (moment, _) = self.asking?;
        let Some(CallId { digest, nth }) = self.within else { return Some(moment) };
        let named = [&moment.seed.as_bytes()[..], digest.as_bytes(), &nth.to_be_bytes()].concat();
        Some(Moment { seed: Digest::of(&named), ..moment })
    }

    /// The call that these are made by, where a tool makes them.
    pub(crate) fn within(&self) -> Option<CallId> {
        self.within
    }

    /// The next call of what these bytes say.
    pub(crate) fn id(&self, named: &[u8]) -> CallId {
        let digest = match self.within {
            Some(CallId { digest, nth }) => {
                Digest::of(&[b"in\0", &digest.as_bytes()[..], &nth.to_be_bytes(), named].concat())
            }
            None => Digest::of(named),
        };
        let mut all = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let nth = all.entry(digest).or_default();
        *nth += 1;
        CallId { digest, nth: *nth }
    }

    /// The key of a call, the same in all attempts.
    pub(crate) fn key(&self, own: Option<&str>, id: &CallId) -> String {
        effect::idempotency_key(&self.run, self.delivery, own, id)
    }

    /// How long an answer is kept, where the rule says whether it wants it again.
    pub(crate) fn keep(&self, reuse: bool) -> Keep {
        match (reuse || self.once, self.asking) {
            (true, _) => Keep::Delivery,
            (false, Some(_)) => Keep::Attempt,
            (false, None) => Keep::No,
        }
    }

    /// What a person is asked. A call that must not leave unasked does not, wherever that was forgotten.
    pub(crate) fn ask(&self, why: &str, proposal: Proposal) -> Result<Ask, Ended> {
        let forgotten = || host("no call can leave: a person is to be asked, and nobody was told so");
        let (moment, within) = self.asking.ok_or_else(forgotten)?;
        Ok(Ask { why: why.into(), proposal, within, moment })
    }

    /// Waits until a call may leave, or ends the attempt.
    pub(crate) async fn begin(&self, intent: &Intent) -> Result<Left, Ended> {
        loop {
            match self.effects()?.begin(intent.clone()).await.map_err(|why| unkept(&why))? {
                Leave::Go => return Ok(Left::Go),
                Leave::GoWith(arguments) => return Ok(Left::GoWith(arguments)),
                Leave::Recorded(answer) => return Ok(Left::Recorded(answer)),
                Leave::Refused(reason) => return Ok(Left::Refused(reason)),
                Leave::OverBudget => return Ok(Left::OverBudget),
                Leave::Ask => return Err(Ended::Approval),
                Leave::Unsteady => return Err(Ended::Unsteady),
                Leave::Unknown => return Err(Ended::UnknownEffect),
                Leave::NotBefore(at) if at >= self.deadline => return Err(Ended::NotBefore(at)),
                Leave::NotBefore(at) => tokio::time::sleep(until(at)).await,
            }
        }
    }

    /// Tells of an answer.
    pub(crate) async fn answered(
        &self,
        intent: &Intent,
        answer: impl FnOnce() -> Json,
        told: Arc<str>,
    ) -> Result<(), Ended> {
        let answer = self.keeps(intent).then(answer);
        self.end(intent, Ending::Answered { answer, told }).await
    }

    /// Tells of a call without an answer. One that may be made once at most, and may have been made, has
    /// no end: whoever makes the next attempt must not guess.
    pub(crate) async fn broke(
        &self,
        intent: &Intent,
        told: Arc<str>,
        may_have_left: bool,
    ) -> Result<(), Ended> {
        if may_have_left && intent.at_most_once {
            return Err(Ended::UnknownEffect);
        }
        let ending = if may_have_left { Ending::Failed { told } } else { Ending::NotMade { told } };
        self.end(intent, ending).await
    }

    /// What a person approved is kept, whatever its rule says.
    fn keeps(&self, intent: &Intent) -> bool {
        intent.is_recorded() || intent.ask.is_some()
    }

    async fn end(&self, intent: &Intent, ending: Ending) -> Result<(), Ended> {
        self.effects()?.end(intent.id, ending).await.map_err(|why| unkept(&why))
    }

    fn effects(&self) -> Result<&dyn Effects, Ended> {
        self.effects.as_deref().ok_or_else(|| host("no call can leave: nobody keeps track of it"))
    }
}

/// What an attempt is told that asks for the first time.
fn begins() -> Moment {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).expect("the system gives random bytes");
    Moment { clock: now(), seed: Digest::of(&seed) }
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

fn unkept(why: &Unreadable) -> Ended {
    host(&format!("the calls of the run cannot be kept: {why}"))
}

fn host(message: &str) -> Ended {
    Ended::failed(Class::Host, CODE, message)
}

/// How long it is until then; a moment at least, so that whoever asks again does not ask at once.
fn until(at: Timestamp) -> Duration {
    Duration::from_millis(at.0.saturating_sub(now().0)).max(Duration::from_millis(1))
}
