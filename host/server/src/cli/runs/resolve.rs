//! `lockstep runs resolve`: a person says what came of a call of which nobody knows.

use clap::Args;
use lockstep_core::event::Json;
use lockstep_core::run::{Resolution, Seq};
use lockstep_runtime::Request;

use super::order::Order;
use super::orders::Who;
use crate::exit::{BadInput, Exit};
use crate::input;

/// Say what came of a call that may be made once at most, where nobody knows
///
/// The delivery that made it waits for that, and is then attempted again.
#[derive(Debug, Args)]
#[command(after_help = "\
Find out on the other side whether the call arrived; `lockstep runs show` says what it was.

Examples:
  lockstep runs resolve 7f3a --done @answer.json --by ann    the next attempt gets this answer
  lockstep runs resolve 7f3a --delivery 4 --not-made         the next attempt makes the call
  lockstep runs resolve 7f3a --fail                          the delivery has failed for good")]
pub(super) struct Resolve {
    #[command(flatten)]
    order: Order,
    /// The delivery that waits for it, as `lockstep runs show` numbers them [default: the only one]
    #[arg(long, value_name = "N")]
    delivery: Option<u64>,
    /// Which call, where a delivery has several, by the number of its effect
    #[arg(long, value_name = "N")]
    effect: Option<u64>,
    #[command(flatten)]
    how: How,
    #[command(flatten)]
    who: Who,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct How {
    /// It was done, and this is its answer: a tool's result, or {"status": 200, "text": BODY} of a request
    #[arg(long, value_name = "JSON|@FILE|-")]
    done: Option<String>,
    /// It was not done
    #[arg(long)]
    not_made: bool,
    /// Give its delivery up
    #[arg(long)]
    fail: bool,
}

impl Resolve {
    pub(super) async fn perform(&self) -> anyhow::Result<Exit> {
        let (how, done) = self.how.resolution()?;
        let (delivery, effect) = (self.delivery.map(Seq), self.effect.map(Seq));
        let request = Request::Resolve { delivery, effect, how, by: self.who.name() };
        self.order.give(request, done).await
    }
}

impl How {
    /// What is said, and what has then happened.
    fn resolution(&self) -> Result<(Resolution, &'static str), BadInput> {
        match (&self.done, self.not_made) {
            (Some(given), _) => {
                let answer = Json::trusted(input::read(given, "the answer")?.trim());
                Ok((Resolution::Done(answer), "the call is known to be done"))
            }
            (None, true) => Ok((Resolution::NotMade, "the call is known not to be made")),
            (None, false) => Ok((Resolution::Fail, "the delivery was given up")),
        }
    }
}
