//! One attempt: a fresh store, a fresh instance, one call. Inputs are read before the guest
//! exists, its result is taken apart and bounded while it is written, and whatever goes wrong on
//! the way has a class. Nothing of it is ever used again.

use std::sync::Arc;
use std::time::Duration;

use lockstep_core::event::Json;
use lockstep_core::grant::{Grant, Limits};
use lockstep_core::outcome::{Class, Emission, Emitted, Failure};
use lockstep_core::run::Given;
use lockstep_core::shape::Shape;
use lockstep_core::workflow::{EmitPlan, Input};
use wasmtime::Store;
use wasmtime::component::{ComponentExportIndex, InstancePre, Val};

use crate::calls::Calls;
use crate::capability::{Buckets, Chance, Files, Http, Inert, OwnBlobs, State, Timers, Tools, Updates};
use crate::denial::Denials;

use crate::fault::{self, Ended, NotOfTheGuest, bytes};
use crate::leaving::Leaving;
use crate::log::Log;
use crate::meter::{Cpu, Memory};
use crate::value::{self, WriteError};
use crate::{Identity, Wall, Walls};

/// All events of one attempt together, in bytes of JSON.
const MOST_OUTPUT: usize = 16 << 20;
/// What to do with what is too large for an event.
const BY_REFERENCE: &str = "put what is large as a blob and pass its reference on";
const LONGEST_CODE: usize = 64;
const LONGEST_MESSAGE: usize = 4 << 10;
const MOST_DETAILS: usize = 16 << 10;

/// What a store holds: everything of one attempt that the host's functions can see.
pub(crate) struct Guest {
    pub(crate) identity: Identity,
    pub(crate) grant: Arc<Grant>,
    pub(crate) walls: Walls,
    pub(crate) cpu: Cpu,
    /// What it was given; 0: it is not counted.
    pub(crate) fuel: u64,
    pub(crate) memory: Memory,
    pub(crate) log: Log,
    pub(crate) calls: Calls,
    pub(crate) denials: Denials,
    pub(crate) leaving: Arc<Leaving>,
    pub(crate) state: State,
    pub(crate) updates: Updates,
    pub(crate) timers: Timers,
    pub(crate) blobs: OwnBlobs,
    pub(crate) http: Http,
    pub(crate) tools: Tools,
    pub(crate) buckets: Buckets,
    pub(crate) chance: Chance,
    pub(crate) files: Files,
    pub(crate) wasi: Inert,
}

impl Guest {
    /// The host keeps so many bytes that the guest handed it: they count as its memory.
    pub(crate) fn hold(&mut self, bytes: usize) -> Result<(), Ended> {
        Ok(self.memory.hold(bytes)?)
    }

    /// What it wants done, now that it has succeeded with these events.
    pub(crate) fn emitted(self, events: Vec<Emission>) -> Emitted {
        let (reads, writes) = self.state.end();
        let (timers, updates, blobs) = (self.timers.end(), self.updates.end(), self.blobs.end());
        Emitted { events, reads, writes, timers, updates, blobs }
    }
}

/// A handler of a release, ready to be called.
pub(crate) struct Entry {
    pub(crate) index: ComponentExportIndex,
    pub(crate) inputs: Vec<Input>,
    pub(crate) emits: EmitPlan,
}

impl Entry {
    /// The values of its parameters.
    pub(crate) fn read(&self, given: &[Given]) -> Result<Vec<Val>, Failure> {
        let read = |json: &Json, shape: &Shape| {
            value::read(json.as_str(), "event", shape)
                .map_err(|error| failure(Class::Invalid, "input", error.to_string()))
        };
        let one = |(given, input): (&Given, &Input)| match given {
            Given::One(json) => read(json, &input.shape),
            Given::Many(all) => {
                Ok(Val::List(all.iter().map(|json| read(json, &input.shape)).collect::<Result<_, _>>()?))
            }
        };
        given.iter().zip(&self.inputs).map(one).collect()
    }

    /// Calls it in a fresh instance, at most as long as `timeout`.
    pub(crate) async fn attempt(
        &self,
        pre: &InstancePre<Guest>,
        store: &mut Store<Guest>,
        inputs: &[Val],
        timeout: Duration,
        limits: &Limits,
    ) -> Result<Vec<Emission>, Ended> {
        let called = tokio::time::timeout(timeout, self.call(pre, store, inputs)).await;
        match called {
            Err(_) => {
                Err(Ended::failed(Class::Timeout, "timeout", format!("it took longer than its {timeout:?}")))
            }
            Ok(Err(error)) => Err(fault::classify(&error, store.data())),
            Ok(Ok(value)) => Ok(self.events(&value, limits, &mut store.data_mut().memory)?),
        }
    }

    async fn call(
        &self,
        pre: &InstancePre<Guest>,
        store: &mut Store<Guest>,
        inputs: &[Val],
    ) -> wasmtime::Result<Val> {
        let unborn = |error: wasmtime::Error| error.context(NotOfTheGuest);
        let instance = pre.instantiate_async(&mut *store).await.map_err(unborn)?;
        let function = instance
            .get_func(&mut *store, self.index)
            .ok_or_else(|| unborn(wasmtime::Error::msg("the handler was there at load")))?;
        let mut results = [Val::Bool(false)];
        if !store.data().walls.stands(Wall::FreshInstance) {
            function.call_async(&mut *store, inputs, &mut results).await?;
        }
        function.call_async(&mut *store, inputs, &mut results).await?;
        let [result] = results;
        Ok(result)
    }

    fn events(&self, result: &Val, limits: &Limits, memory: &mut Memory) -> Result<Vec<Emission>, Failure> {
        memory.hold(value::weight(result))?;
        match result {
            Val::Result(Ok(value)) => {
                let mut output = Output { limits, memory, left: MOST_OUTPUT, emissions: Vec::new() };
                output.take(&self.emits, value.as_deref(), 0)?;
                Ok(output.emissions)
            }
            Val::Result(Err(Some(failed))) => Err(told(failed)),
            _ => Err(foreign()),
        }
    }
}

/// The events of an attempt, as they are taken out of its result.
struct Output<'l> {
    limits: &'l Limits,
    memory: &'l mut Memory,
    left: usize,
    emissions: Vec<Emission>,
}

impl Output<'_> {
    fn take(&mut self, plan: &EmitPlan, value: Option<&Val>, element: u32) -> Result<(), Failure> {
        match (plan, value) {
            (EmitPlan::Nothing, None) => Ok(()),
            (EmitPlan::Event(event, shape), Some(value)) => {
                let payload = self.write(value, shape)?;
                self.emissions.push(Emission { event: *event, element, payload });
                Ok(())
            }
            (EmitPlan::Variant(cases), Some(Val::Variant(case, Some(value)))) => {
                let (_, event, shape) = cases.iter().find(|(known, ..)| known == case).ok_or_else(foreign)?;
                let payload = self.write(value, shape)?;
                self.emissions.push(Emission { event: *event, element, payload });
                Ok(())
            }
            (EmitPlan::Option(_), Some(Val::Option(None))) => Ok(()),
            (EmitPlan::Option(inner), Some(Val::Option(Some(value)))) => {
                self.take(inner, Some(value), element)
            }
            (EmitPlan::List(inner), Some(Val::List(values))) => self.all(inner, values),
            _ => Err(foreign()),
        }
    }

    fn all(&mut self, plan: &EmitPlan, values: &[Val]) -> Result<(), Failure> {
        if values.len() > self.limits.events {
            let (many, most) = (values.len(), self.limits.events);
            return Err(failure(
                Class::Limit,
                "events",
                format!("it emitted {many} events; {most} are allowed"),
            ));
        }
        (0..).zip(values).try_for_each(|(element, value)| self.take(plan, Some(value), element))
    }

    fn write(&mut self, value: &Val, shape: &Shape) -> Result<Json, Failure> {
        let limit = self.limits.event_bytes.min(self.left);
        let written = value::write(value, shape, limit).map_err(|error| match &error {
            WriteError::TooLarge(_) => self.too_large(),
            WriteError::NotJson { .. } => {
                failure(Class::Invalid, "json", format!("its event is broken: {error}"))
            }
            WriteError::Foreign => foreign(),
        })?;
        self.memory.hold(written.as_str().len())?;
        self.left -= written.as_str().len();
        Ok(written)
    }

    fn too_large(&self) -> Failure {
        if self.left < self.limits.event_bytes {
            let most = bytes(MOST_OUTPUT);
            let message =
                format!("its events come to more than {most} of JSON; emit less, or {BY_REFERENCE}");
            return failure(Class::Limit, "output", message);
        }
        let most = bytes(self.limits.event_bytes);
        let message = format!("its event is more than {most} of JSON; emit less, or {BY_REFERENCE}");
        failure(Class::Limit, "event-bytes", message)
    }
}

/// The failure that a guest told of, its texts cut to what the journal wants to hold.
fn told(value: &Val) -> Failure {
    let Val::Record(fields) = value else { return foreign() };
    let [(_, Val::Enum(kind)), (_, Val::String(code)), (_, Val::String(message)), (_, after), (_, details)] =
        &fields[..]
    else {
        return foreign();
    };
    let class = if kind == "transient" { Class::Transient } else { Class::Permanent };
    let details = match details_of(details) {
        Ok(details) => details,
        Err(failure) => return failure,
    };
    Failure {
        class,
        code: cut(code, LONGEST_CODE),
        message: cut(message, LONGEST_MESSAGE),
        retry_after: retry_after(after),
        details,
    }
}

fn retry_after(value: &Val) -> Option<Duration> {
    match value {
        Val::Option(Some(value)) => match **value {
            Val::U64(millis) => Some(Duration::from_millis(millis)),
            _ => None,
        },
        _ => None,
    }
}

fn details_of(value: &Val) -> Result<Option<Json>, Failure> {
    let Val::Option(Some(value)) = value else { return Ok(None) };
    let broken =
        |error| failure(Class::Invalid, "json", format!("the details of its failure are broken: {error}"));
    value::write(value, &Shape::Json, MOST_DETAILS).map(Some).map_err(broken)
}

fn cut(text: &str, longest: usize) -> String {
    text[..text.floor_char_boundary(longest)].to_owned()
}

/// A failure without the step's own wishes.
pub(crate) fn failure(class: Class, code: &str, message: String) -> Failure {
    Failure { class, code: code.to_owned(), message, retry_after: None, details: None }
}

fn foreign() -> Failure {
    failure(Class::Host, "type", "the engine gave a value of another type than it promised at load".into())
}

#[cfg(test)]
mod tests {
    use lockstep_core::workflow::EventId;

    use super::*;
    use crate::meter::Room;

    /// What comes of events of these lengths where so many bytes are left.
    fn taken(left: usize, lengths: &[usize]) -> Result<usize, String> {
        let limits = Limits { event_bytes: 100, ..Limits::default() };
        let mut memory = Memory::new(Room::new(usize::MAX));
        let plan = EmitPlan::List(Box::new(EmitPlan::Event(EventId(0), Shape::String)));
        let texts = lengths.iter().map(|length| Val::String("a".repeat(length - 2)));
        let mut output = Output { limits: &limits, memory: &mut memory, left, emissions: Vec::new() };
        let taken = output.take(&plan, Some(&Val::List(texts.collect())), 0);
        taken
            .map(|()| output.emissions.len())
            .map_err(|failure| format!("{}: {}", failure.code, failure.message))
    }

    #[test]
    fn events_are_bounded_one_by_one_and_together_and_a_refusal_says_which_and_what_to_do() {
        assert_eq!(taken(300, &[100, 100, 100]), Ok(3));
        assert_eq!(
            taken(300, &[101]).unwrap_err(),
            "event-bytes: its event is more than 100 bytes of JSON; \
             emit less, or put what is large as a blob and pass its reference on"
        );
        assert_eq!(
            taken(300, &[100, 100, 51, 50]).unwrap_err(),
            "output: its events come to more than 16 MiB of JSON; \
             emit less, or put what is large as a blob and pass its reference on"
        );
    }
}
