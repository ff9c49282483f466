//! `lockstep:step/timer`: what an attempt wants of its step's timers. Nothing is set here: the
//! outcome carries the wishes.

use std::time::Duration;

use lockstep_core::outcome::{Class, TimerWish};

use super::bindings::lockstep::step::timer;
use super::check::Name;
use crate::attempt::Guest;
use crate::fault::Ended;

const NAME: Name = Name { what: "timer's name", code: "timer-name", longest: 128 };
/// Wishes of one attempt.
const MOST_WISHES: usize = 1000;
/// The longest that a timer may wait: ten years of 365 days.
const LONGEST_WAIT: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// What an attempt wants of its timers.
#[derive(Default)]
pub(crate) struct Timers(Vec<TimerWish>);

impl Timers {
    /// All wishes, in their order.
    pub(crate) fn end(self) -> Vec<TimerWish> {
        self.0
    }

    fn wish(&mut self, wish: TimerWish) -> Result<(), Ended> {
        if self.0.len() == MOST_WISHES {
            let message = format!(
                "it set and cancelled timers more than {MOST_WISHES} times; one timer can stand for several things"
            );
            return Err(Ended::failed(Class::Limit, "timers", message));
        }
        self.0.push(wish);
        Ok(())
    }
}

impl timer::Host for Guest {
    fn set(&mut self, name: String, after_ms: u64) -> wasmtime::Result<()> {
        self.work(|guest| {
            guest.hold(size_of::<TimerWish>() + name.len())?;
            let after = Duration::from_millis(after_ms).min(LONGEST_WAIT);
            guest.timers.wish(TimerWish::Set { name: NAME.check(&name)?, after })
        })
    }

    fn cancel(&mut self, name: String) -> wasmtime::Result<()> {
        self.work(|guest| {
            guest.hold(size_of::<TimerWish>() + name.len())?;
            guest.timers.wish(TimerWish::Cancel { name: NAME.check(&name)? })
        })
    }
}
