//! One target of `lockstep-fuzz`, named by `LOCKSTEP_FUZZ`, under libFuzzer. Built by
//! `cargo xtask fuzz`, with the compiler's own coverage counters on.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use lockstep_fuzz::Target;

static TARGET: LazyLock<&Target> = LazyLock::new(|| {
    let name = std::env::var("LOCKSTEP_FUZZ").unwrap_or_default();
    lockstep_fuzz::named(&name).expect("LOCKSTEP_FUZZ names a target; `cargo xtask fuzz` sets it")
});

fuzz_target!(|bytes: &[u8]| (TARGET.run)(bytes));
