//! What a component may import: one file a capability. A release's linker gets only what its
//! component asks for, so an interface that is not asked for is not there to be called.

mod blob;
mod check;
mod inert;
mod log;
mod run;
mod state;
mod timer;
mod updates;

pub(crate) use blob::OwnBlobs;
pub(crate) use inert::Inert;
pub(crate) use state::State;
pub(crate) use timer::Timers;
pub(crate) use updates::Updates;

use lockstep_core::grant::Grant;
use wasmtime::component::{HasSelf, Linker};

use crate::attempt::Guest;
use crate::fault::Ended;

mod bindings {
    #![allow(missing_docs, reason = "generated from wit/, where the words stand")]
    wasmtime::component::bindgen!({
        path: "../../wit/lockstep-step",
        world: "imports",
        require_store_data_send: true,
        imports: {
            "lockstep:step/blob": trappable,
            "lockstep:step/blob.get": async | trappable,
            "lockstep:step/state": trappable,
            "lockstep:step/timer": trappable,
            "lockstep:step/updates": trappable,
        },
    });
}

/// Whether the grant gives all of `imports`; if not, each that it does not give, and the fix.
pub(crate) fn check(imports: &[&str], grant: &Grant) -> Result<(), String> {
    let refused = imports.iter().filter_map(|import| {
        let table = lacking(interface(import), grant)?;
        Some(format!("`{import}` is not granted; add {table} to the step's grant"))
    });
    match refused.collect::<Vec<_>>() {
        refused if refused.is_empty() => Ok(()),
        refused => Err(refused.join("; ")),
    }
}

/// The table that an interface needs and the grant does not have.
fn lacking(interface: &str, grant: &Grant) -> Option<&'static str> {
    match interface {
        "lockstep:step/state" if grant.state.is_none() => {
            Some("a table `[state]` with `run = \"r\"` or `run = \"rw\"`")
        }
        "lockstep:step/updates" if grant.updates.is_none() => {
            Some("a table `[updates]`, such as one with `bytes = \"1MiB\"`")
        }
        _ => None,
    }
}

/// Defines the interfaces among `imports` that this host knows. One that it does not know stays
/// undefined, and the component cannot be linked.
pub(crate) fn link(linker: &mut Linker<Guest>, imports: &[&str]) -> wasmtime::Result<()> {
    use bindings::lockstep::step::{blob, log, run, state, timer, updates};
    let mut has_wasi = false;
    for import in imports {
        match interface(import) {
            "lockstep:step/blob" => blob::add_to_linker::<_, HasSelf<_>>(linker, |guest| guest)?,
            "lockstep:step/log" => log::add_to_linker::<_, HasSelf<_>>(linker, |guest| guest)?,
            "lockstep:step/run" => run::add_to_linker::<_, HasSelf<_>>(linker, |guest| guest)?,
            "lockstep:step/state" => state::add_to_linker::<_, HasSelf<_>>(linker, |guest| guest)?,
            "lockstep:step/timer" => timer::add_to_linker::<_, HasSelf<_>>(linker, |guest| guest)?,
            "lockstep:step/updates" => updates::add_to_linker::<_, HasSelf<_>>(linker, |guest| guest)?,
            name if name.starts_with("wasi:") && !has_wasi => {
                has_wasi = true;
                wasmtime_wasi::p2::add_to_linker_async(linker)?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// The name of an import without its version.
fn interface(import: &str) -> &str {
    import.split_once('@').map_or(import, |(name, _)| name)
}

impl Guest {
    /// Does what a guest asks for, as part of the time that it computes; what ends it goes to the engine.
    fn work<T>(&mut self, work: impl FnOnce(&mut Guest) -> Result<T, Ended>) -> wasmtime::Result<T> {
        let done = work(self);
        self.cpu.worked();
        Ok(done?)
    }
}
