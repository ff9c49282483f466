//! Attacks on people who decide about calls (42): a guest that asks for one call and makes another, or asks
//! and asks; a host that goes down between question and answer; and arguments that play with the terminal of
//! whoever reads them (35).

use std::sync::Arc;

use anyhow::Context;
use lockstep_core::run::{
    Approval, ApprovalId, Change, Decided, DeliveryStatus, Parked, Run, RunId, Verdict,
};
use lockstep_hostile::fetch::{self, with};
use lockstep_hostile::{fickle, tools};
use lockstep_journal::Memory;
use lockstep_runtime::{Deployed, Host, Reply, Request, Until, archive};
use lockstep_sandbox::Wall;
use serde_json::{Value, json};

use super::bank::{self, Bank};
use super::server::Server;
use super::stage::{self, Notes, Stage};
use super::tools::{at, granted};
use super::words::{ANSI, BIDI, PLAIN, seen};
use super::{Case, Opposite, Trial, case};
use crate::report::approval;

pub(super) fn cases() -> Vec<Case> {
    const ANEW: &str = "asked anew, never made";
    vec![
        case("42a", "other arguments after a yes", ANEW, Wall::Approval, |trial| {
            Box::pin(lied(trial, |_| fickle::calls("pay", &[cents(5), cents(5000)])))
        }),
        case("42b", "another body after a yes", ANEW, Wall::Approval, |trial| {
            Box::pin(resent(trial, "body", json!("NQ=="), json!("NTAwMA==")))
        }),
        case("42c", "another header after a yes", ANEW, Wall::Approval, |trial| {
            Box::pin(resent(trial, "headers", json!([["x-to", "ann"]]), json!([["x-to", "eve"]])))
        }),
        case(
            "42d",
            "call after call that is not made then",
            "parked unsteady after 3, never made",
            Opposite::Harmless,
            |trial| Box::pin(unsteady(trial)),
        ),
        case("42e", "a call that a person refuses", "refused, never made", Wall::Approval, |trial| {
            Box::pin(refused(trial))
        }),
        case(
            "42f",
            "a host that goes down while a person decides",
            "asked once, made once",
            Wall::Approval,
            |trial| Box::pin(restarted(trial)),
        ),
        case("42g", "a call made twice after one yes", "asked anew, once made", Wall::Approval, |trial| {
            Box::pin(twice(trial))
        }),
        case("35m", "ANSI escapes in what a person is asked", "inert", Opposite::Harmless, |trial| {
            Box::pin(shown(trial, ANSI))
        }),
        case("35n", "bidi in what a person is asked", "inert", Opposite::Harmless, |trial| {
            Box::pin(shown(trial, BIDI))
        }),
    ]
}

fn cents(cents: u32) -> Value {
    json!({ "cents": cents, "to": "ann" })
}

/// A run that waits for a person, and who heard its calls.
struct Waiting {
    bank: Bank,
    server: Server,
    stage: Stage,
    deployed: Deployed,
    notes: Arc<Notes>,
    journal: Arc<Memory>,
    host: Host,
    run: RunId,
}

impl Waiting {
    /// A step that may pay at the bank and send requests to the server on this port, each if a person says so.
    async fn new(
        trial: Trial,
        component: Vec<u8>,
        event: impl FnOnce(u16) -> Value,
    ) -> anyhow::Result<Waiting> {
        let (bank, server) = (Bank::open().await?, Server::echo().await?);
        let port = server.port;
        let grant = granted(&format!(
            "[[tools]]\nmcp = \"{}\"\nallow = [\"pay\"]\napprove = [\"pay\"]\n\
             [[http]]\nhost = \"127.0.0.1\"\nscheme = \"http\"\nport = {port}\nmethods = [\"POST\"]\n\
             paths = [\"/**\"]\nnetwork = \"loopback:{port}\"\napprove = \"always\"\n\
             [[kv]]\nstore = \"memo\"\naccess = \"rw\"\nbytes = \"1KiB\"\n",
            bank::NAME
        ))?;
        let stage = Stage { grant, servers: at(&bank)?, ..Stage::new(trial, component) };
        let deployed = stage.deploy_tooled(&stage.engine()?).await?;
        let (notes, journal) = (Arc::new(Notes::default()), Arc::new(Memory::new()));
        let host = stage::host(&notes, journal.clone());
        let handle = stage::start(&host, &deployed, event(port).to_string()).await?;
        let run = handle.id().clone();
        let waiting = Waiting { bank, server, stage, deployed, notes, journal, host, run };
        waiting.rest().await?;
        Ok(waiting)
    }

    /// Until only a person can move the run.
    async fn rest(&self) -> anyhow::Result<()> {
        let handle = self.host.run(self.run.clone());
        tokio::time::timeout(self.stage.patience, handle.wait(Until::Rest)).await??;
        Ok(())
    }

    async fn read(&self) -> anyhow::Result<Run> {
        archive::read(&*self.journal, &self.run).await?.context("the run is known")
    }

    /// What a person is asked, if anything.
    async fn open(&self) -> anyhow::Result<Option<(ApprovalId, Approval)>> {
        let run = self.read().await?;
        Ok(run.approvals().next().map(|(id, open)| (id, open.clone())))
    }

    /// Decides on what is asked, if anything is.
    async fn decide(&self, verdict: Verdict) -> anyhow::Result<()> {
        let Some((approval, _)) = self.open().await? else { return Ok(()) };
        let request = Request::Decide { approval, verdict, by: None };
        let reply = self.host.ask(&self.run, request).await?;
        anyhow::ensure!(reply == Reply::Done, "the decision was not taken: {reply:?}");
        Ok(())
    }

    async fn approve(&self) -> anyhow::Result<()> {
        self.decide(yes()).await?;
        self.rest().await
    }

    /// How often a person was asked.
    async fn asked(&self) -> anyhow::Result<usize> {
        let records = archive::records(&*self.journal, &self.run).await?;
        Ok(records.iter().filter(|record| matches!(record.change, Change::ApprovalAsked { .. })).count())
    }

    /// How often a call was made.
    fn made(&self) -> usize {
        self.bank.called().len() + self.server.heard().len()
    }

    /// In the place of a host that goes down.
    async fn restart(&mut self) {
        let next = stage::host(&self.notes, self.journal.clone());
        std::mem::replace(&mut self.host, next).stop().await;
    }
}

fn yes() -> Verdict {
    Verdict::Approve { arguments: None, rule: None }
}

fn often(times: usize) -> String {
    match times {
        0 => "never".to_owned(),
        1 => "once".to_owned(),
        times => format!("{times} times"),
    }
}

/// What becomes of a call in the place of one that was approved.
async fn lied(trial: Trial, event: impl FnOnce(u16) -> Value) -> anyhow::Result<String> {
    told(Waiting::new(trial, fickle::component(), event).await?).await
}

/// The call that was approved, and once more.
async fn twice(trial: Trial) -> anyhow::Result<String> {
    let event = tools::times(tools::call("pay", &cents(5)), 2);
    told(Waiting::new(trial, tools::caller(), |_| event).await?).await
}

/// What is asked after one yes, and made.
async fn told(waiting: Waiting) -> anyhow::Result<String> {
    waiting.approve().await?;
    let asked = match waiting.open().await? {
        Some(_) if waiting.asked().await? == 2 => "asked anew",
        Some(_) => "asked",
        None => "not asked",
    };
    Ok(format!("{asked}, {} made", often(waiting.made())))
}

/// The same of a request with another value in one of its fields.
async fn resent(trial: Trial, field: &str, first: Value, then: Value) -> anyhow::Result<String> {
    lied(trial, |port| {
        let request = fetch::request("POST", &format!("http://127.0.0.1:{port}/pay"));
        fickle::requests(&[first, then].map(|value| with(request.clone(), field, value)))
    })
    .await
}

/// What becomes of a guest that asks for another call whenever it is begun.
async fn unsteady(trial: Trial) -> anyhow::Result<String> {
    let all: Vec<Value> = (1..=10).map(|n| cents(trial.pick(n, 1))).collect();
    let waiting = Waiting::new(trial, fickle::component(), |_| fickle::calls("pay", &all)).await?;
    for _ in 0..all.len() {
        waiting.approve().await?;
    }
    let records = archive::records(&*waiting.journal, &waiting.run).await?;
    let unsteady = DeliveryStatus::Parked { why: Parked::Unsteady };
    let is_unsteady =
        |change: &Change| matches!(change, Change::Attempt { status, .. } if *status == unsteady);
    let is_unsteady = records.iter().any(|record| is_unsteady(&record.change));
    let (asked, made) = (waiting.asked().await?, often(waiting.made()));
    Ok(match is_unsteady {
        true => format!("parked unsteady after {asked}, {made} made"),
        false => format!("asked {}, {made} made", often(asked)),
    })
}

/// The plain caller, about to pay.
async fn paying(trial: Trial, arguments: &Value) -> anyhow::Result<Waiting> {
    Waiting::new(trial, tools::caller(), |_| tools::call("pay", arguments)).await
}

async fn refused(trial: Trial) -> anyhow::Result<String> {
    let waiting = paying(trial, &cents(5)).await?;
    waiting.decide(Verdict::Refuse { reason: Some("too much".into()) }).await?;
    waiting.rest().await?;
    let seen = waiting.notes.seen();
    let last = seen.ended.last().context("there was an attempt")?;
    let told = format!("{:?}", last.outcome).contains("too much");
    let told = if told { "refused" } else { "not refused" };
    Ok(format!("{told}, {} made", often(waiting.made())))
}

/// A host goes down when a person is asked, the next one when that person has decided, before it moves the
/// run; and the third makes the call.
async fn restarted(trial: Trial) -> anyhow::Result<String> {
    let mut waiting = paying(trial, &cents(5)).await?;
    waiting.restart().await;
    waiting.decide(yes()).await?;
    waiting.restart().await;
    waiting.host.take_up(&waiting.deployed).await?;
    waiting.rest().await?;
    let records = archive::records(&*waiting.journal, &waiting.run).await?;
    let is_yes = |change: &Change| matches!(change, Change::ApprovalDecided { how: Decided::Approved, .. });
    let decided = records.iter().filter(|record| is_yes(&record.change)).count();
    let asked = waiting.asked().await?;
    anyhow::ensure!(asked == decided, "{asked} questions and {decided} answers");
    Ok(format!("asked {}, made {}", often(asked), often(waiting.made())))
}

/// What `lockstep ask ls` says of a call with this in its arguments.
async fn shown(trial: Trial, text: &str) -> anyhow::Result<String> {
    let waiting = paying(trial, &json!({ "cents": 5, "to": trial.pick(text, PLAIN) })).await?;
    let run = waiting.read().await?;
    let (id, open) = run.approvals().next().context("a person is asked")?;
    Ok(seen(&approval::told(&run, id, open), "\\u{"))
}
