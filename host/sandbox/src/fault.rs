//! What an error of the engine means: a limit, a trap, or the host's own fault.

use lockstep_core::outcome::{Class, Failure};
use wasmtime::Trap;

use crate::attempt::{Guest, failure};
use crate::meter::OutOfCpu;

/// The engine's own words; it has no type for them.
const OUT_OF_OUTPUT: &str = "fuel allocated for hostcalls has been exhausted";

/// The class of what ended a guest.
pub(crate) fn classify(error: &wasmtime::Error, guest: &Guest) -> Failure {
    if let Some(out) = error.downcast_ref::<OutOfCpu>() {
        return failure(Class::Limit, "cpu", out.to_string());
    }
    if guest.memory.refused() {
        let limit = guest.memory.limit();
        return failure(Class::Limit, "memory", format!("it wanted more than its {limit} bytes of memory"));
    }
    if error.root_cause().to_string().contains(OUT_OF_OUTPUT) {
        return failure(
            Class::Limit,
            "output",
            "it handed the host more data than one call may carry".into(),
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
        None => failure(Class::Host, "host", format!("{error:#}")),
    }
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
    failure(Class::Trap, code, with_last_words(format!("it trapped: {trap}"), guest))
}

fn with_last_words(what: String, guest: &Guest) -> String {
    match guest.log.last_words() {
        words if words.is_empty() => what,
        words => format!("{what}; its last words: {words}"),
    }
}
