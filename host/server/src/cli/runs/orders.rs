//! What an operator can ask of a run: to end, to stand still, to try again, to go on without.

use std::sync::Arc;

use clap::Args;
use lockstep_core::event::Json;
use lockstep_core::run::Seq;
use lockstep_runtime::Request;

use super::order::Order;
use crate::exit::{BadInput, Exit};
use crate::input;

/// End a run
#[derive(Debug, Args)]
pub(super) struct Cancel {
    #[command(flatten)]
    order: Order,
}

/// Let a run stand still: nothing is attempted and no timer fires until it is resumed
#[derive(Debug, Args)]
pub(super) struct Pause {
    #[command(flatten)]
    order: Order,
    #[command(flatten)]
    who: Who,
}

/// Let a paused run go on
#[derive(Debug, Args)]
pub(super) struct Resume {
    #[command(flatten)]
    order: Order,
}

/// Try deliveries again that are parked or back off
///
/// They begin anew, with all the attempts that their policy allows.
#[derive(Debug, Args)]
pub(super) struct Retry {
    #[command(flatten)]
    order: Order,
    /// Which delivery, as `lockstep runs show` numbers them [default: all that are parked]
    delivery: Option<u64>,
    #[command(flatten)]
    who: Who,
}

/// Go on without a delivery: do its work by hand, or give it up
#[derive(Debug, Args)]
#[command(after_help = "\
Without --emit and --fail, the delivery is done and nothing comes of it.

Examples:
  lockstep runs skip 7f3a 12 --emit 'assessment={\"ok\": true}' --by ann
  lockstep runs skip 7f3a 12 --fail              as if its attempts had failed for good")]
pub(super) struct Skip {
    #[command(flatten)]
    order: Order,
    /// Which delivery, as `lockstep runs show` numbers them
    delivery: u64,
    /// An event that comes instead of what it would emit; may be given several times
    #[arg(long = "emit", value_name = "EVENT=JSON|@FILE")]
    events: Vec<String>,
    /// Give it up: it has failed for good
    #[arg(long, conflicts_with = "events")]
    fail: bool,
    #[command(flatten)]
    who: Who,
}

/// Put an event into a run
#[derive(Debug, Args)]
pub(super) struct Inject {
    #[command(flatten)]
    order: Order,
    /// The name of its type
    event: String,
    /// Its value: JSON, @FILE, or - for stdin
    #[arg(value_name = "JSON|@FILE|-")]
    value: String,
    /// The step that it is for [default: all that take it]
    #[arg(long, value_name = "STEP")]
    step: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Who {
    /// Who asks for it
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

impl Who {
    pub(super) fn name(&self) -> Option<Arc<str>> {
        self.by.as_deref().map(Arc::from)
    }
}

impl Cancel {
    pub(super) async fn perform(&self) -> anyhow::Result<Exit> {
        self.order.give(Request::Cancel, "cancelled").await
    }
}

impl Pause {
    pub(super) async fn perform(&self) -> anyhow::Result<Exit> {
        self.order.give(Request::Pause { by: self.who.name() }, "paused").await
    }
}

impl Resume {
    pub(super) async fn perform(&self) -> anyhow::Result<Exit> {
        self.order.give(Request::Resume, "resumed").await
    }
}

impl Retry {
    pub(super) async fn perform(&self) -> anyhow::Result<Exit> {
        let request = Request::Retry { delivery: self.delivery.map(Seq), by: self.who.name() };
        let done = match self.delivery {
            Some(delivery) => format!("delivery {delivery} is tried again"),
            None => "what was parked is tried again".to_owned(),
        };
        self.order.give(request, &done).await
    }
}

impl Skip {
    pub(super) async fn perform(&self) -> anyhow::Result<Exit> {
        let (delivery, by) = (Seq(self.delivery), self.who.name());
        let (request, done) = match self.fail {
            true => (Request::Fail { delivery, by }, "was given up"),
            false => (Request::Skip { delivery, events: self.events()?, by }, "was skipped"),
        };
        self.order.give(request, &format!("delivery {delivery} {done}")).await
    }

    fn events(&self) -> Result<Vec<(String, Json)>, BadInput> {
        let each = self.events.iter().map(|given| {
            let (event, value) = given.split_once('=').ok_or_else(|| no_event(given))?;
            Ok((event.to_owned(), Json::trusted(input::read(value, "the event")?.trim())))
        });
        each.collect()
    }
}

fn no_event(given: &str) -> BadInput {
    BadInput(format!("`--emit {given}` has no value; give EVENT=JSON, as in `--emit 'paid={{\"n\": 1}}'`"))
}

impl Inject {
    pub(super) async fn perform(&self) -> anyhow::Result<Exit> {
        let payload = Json::trusted(input::read(&self.value, "the event")?.trim());
        let (event, step) = (self.event.clone(), self.step.clone());
        let done = format!("event {event} was put in");
        self.order.give(Request::Inject { event, payload, step }, &done).await
    }
}
