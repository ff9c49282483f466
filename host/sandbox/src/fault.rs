//! What ends an attempt before its time, and what an error of the engine means: a limit, a trap, or
//! the host's own fault.

use lockstep_core::event::Timestamp;
use lockstep_core::outcome::{Class, Failure, Interruption, Outcome};
use lockstep_core::state::Refused;
use wasmtime::Trap;
use wasmtime::component::ResourceTableError;

use crate::attempt::{Guest, failure};
use crate::meter::OutOfCpu;

/// The engine's own words; it has no types for them.
const OUT_OF_OUTPUT: &str = "fuel allocated for hostcalls has been exhausted";
const OUT_OF_HANDLES: &str = "store handle limit exceeded";

/// Marks an error that is no doing of the guest: there is no instance, say.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the host could not begin it")]
pub(crate) struct NotOfTheGuest;

/// Why an attempt has no events. A capability that returns it through the engine ends its guest.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Ended {
    /// It read what another attempt has changed.
    #[error("{}", Refused::Conflict)]
    Conflict,
    /// The rate of a rule lets its call leave no sooner.
    #[error("a call may not leave before {}", .0.0)]
    NotBefore(Timestamp),
    /// A call that may be made once at most has no answer that anybody knows.
    #[error("nobody knows what came of a call")]
    UnknownEffect,
    /// A person is asked about a call.
    #[error("a person decides about a call")]
    Approval,
    /// It asked for one call after the other, and made none of those that were approved.
    #[error("it makes none of the calls that it asks for")]
    Unsteady,
    /// It could not go on, or was not allowed to.
    #[error("{}", .0.message)]
    Failed(Failure),
}

impl Ended {
    /// A failure without the step's own wishes.
    pub(crate) fn failed(class: Class, code: &str, message: impl Into<String>) -> Ended {
        Ended::Failed(failure(class, code, message.into()))
    }
}

impl From<Failure> for Ended {
    fn from(failure: Failure) -> Ended {
        Ended::Failed(failure)
    }
}

impl From<Refused> for Ended {
    fn from(refused: Refused) -> Ended {
        match refused {
            Refused::Conflict => Ended::Conflict,
            Refused::Misfit(misfit) => Ended::failed(Class::Invalid, "state", misfit.to_string()),
        }
    }
}

impl From<Ended> for Outcome {
    fn from(ended: Ended) -> Outcome {
        match ended {
            Ended::Conflict => Outcome::Interrupted(Interruption::Conflict),
            Ended::NotBefore(at) => Outcome::Interrupted(Interruption::NotBefore(at)),
            Ended::UnknownEffect => Outcome::Interrupted(Interruption::UnknownEffect),
            Ended::Approval => Outcome::Interrupted(Interruption::Approval),
            Ended::Unsteady => Outcome::Interrupted(Interruption::Unsteady),
            Ended::Failed(failure) => Outcome::Failed(failure),
        }
    }
}

/// What ended a guest.
pub(crate) fn classify(error: &wasmtime::Error, guest: &Guest) -> Ended {
    match error.downcast_ref::<Ended>() {
        Some(ended) => ended.clone(),
        None => Ended::Failed(fault(error, guest)),
    }
}

fn fault(error: &wasmtime::Error, guest: &Guest) -> Failure {
    if let Some(out) = error.downcast_ref::<OutOfCpu>() {
        return failure(Class::Limit, "cpu", out.to_string());
    }
    if error.downcast_ref::<Trap>() == Some(&Trap::OutOfFuel) {
        let fuel = guest.fuel;
        return failure(Class::Limit, "fuel", format!("it used up its {fuel} units of fuel"));
    }
    if guest.memory.refused() {
        let limit = bytes(guest.memory.limit());
        return failure(Class::Limit, "memory", format!("it wanted more memory than its {limit}"));
    }
    if is_out_of_handles(error) {
        let message =
            "it holds more handles of the host's things at once than it may; drop those it is done with";
        return failure(Class::Limit, "handles", message.into());
    }
    if error.root_cause().to_string().contains(OUT_OF_OUTPUT) {
        return failure(
            Class::Limit,
            "output",
            "it handed the host more data than one call may carry; hand over less at once, and what is large as blobs"
                .into(),
        );
    }
    if let Some(exit) = error.downcast_ref::<wasmtime_wasi::I32Exit>() {
        return failure(
            Class::Trap,
            "exit",
            with_last_words(format!("it exited with code {}", exit.0), guest),
        );
    }
    match error.downcast_ref::<Trap>() {
        Some(trap) => trapped(*trap, guest),
        None if error.is::<NotOfTheGuest>() => failure(Class::Host, "host", format!("{error:#}")),
        // Whatever else the engine objects to is what the guest has handed over: it has no types for it.
        None => {
            let what = format!("it handed over what is no value: {}", error.root_cause());
            failure(Class::Trap, "no-value", with_last_words(what, guest))
        }
    }
}

fn is_out_of_handles(error: &wasmtime::Error) -> bool {
    matches!(error.downcast_ref::<ResourceTableError>(), Some(ResourceTableError::Full))
        || matches!(error.root_cause().downcast_ref::<ResourceTableError>(), Some(ResourceTableError::Full))
        || error.root_cause().to_string().contains(OUT_OF_HANDLES)
}

fn trapped(trap: Trap, guest: &Guest) -> Failure {
    let words = guest.log.last_words();
    if let Some(at) = words.rfind("panicked at") {
        return failure(Class::Trap, "panic", words[at..].to_owned());
    }
    let code = match trap {
        Trap::StackOverflow => "stack-overflow",
        Trap::MemoryOutOfBounds => "memory-out-of-bounds",
        Trap::UnreachableCodeReached => "unreachable",
        Trap::IntegerDivisionByZero => "division-by-zero",
        _ => "trap",
    };
    let told = trap.to_string();
    let told = told.strip_prefix("wasm trap: ").unwrap_or(&told);
    failure(Class::Trap, code, with_last_words(format!("it trapped: {told}"), guest))
}

/// `64 MiB`, `1000 bytes`.
pub(crate) fn bytes(n: usize) -> String {
    match n {
        n if n >= 1 << 20 && n % (1 << 20) == 0 => format!("{} MiB", n >> 20),
        n if n >= 1 << 10 && n % (1 << 10) == 0 => format!("{} KiB", n >> 10),
        n => format!("{n} bytes"),
    }
}

fn with_last_words(what: String, guest: &Guest) -> String {
    match guest.log.last_words() {
        words if words.is_empty() => what,
        words => format!("{what}; its last words: {words}"),
    }
}
