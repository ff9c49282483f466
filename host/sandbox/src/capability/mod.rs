//! What a component may import: one file a capability. A release's linker gets only what its
//! component asks for, so an interface that is not asked for is not there to be called.

mod blob;
mod check;
mod clock;
mod config;
mod files;
mod http;
mod inert;
mod kv;
mod log;
mod random;
mod run;
mod scratch;
mod state;
mod timer;
pub(crate) mod tool;
mod tools;
mod updates;
mod wasi_http;

pub(crate) use blob::OwnBlobs;
pub(crate) use files::{Files, Folder};
pub(crate) use http::Http;
pub(crate) use inert::Inert;
pub(crate) use kv::Buckets;
pub(crate) use random::Chance;
pub(crate) use scratch::Scratch;
pub use scratch::sweep_scratch;
pub(crate) use state::State;
pub(crate) use timer::Timers;
pub(crate) use tools::Tools;
pub(crate) use updates::Updates;

use lockstep_core::grant::{Grant, Right};
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
            "lockstep:step/http": async | trappable,
            "lockstep:step/tools": async | trappable,
            "lockstep:step/state": trappable,
            "lockstep:step/timer": trappable,
            "lockstep:step/updates": trappable,
        },
    });
}

mod tool_bindings {
    #![allow(missing_docs, reason = "generated from wit/, where the words stand")]
    wasmtime::component::bindgen!({
        path: "../../wit/lockstep-step",
        world: "tool-component",
        exports: { default: async },
    });
}

mod kv_bindings {
    #![allow(missing_docs, reason = "generated from wit/, where the words stand")]
    wasmtime::component::bindgen!({
        path: "../../wit/wasi-keyvalue",
        world: "imports",
        require_store_data_send: true,
        imports: {
            "wasi:keyvalue/store.open": trappable,
            "wasi:keyvalue/store.[drop]bucket": trappable,
            default: async | trappable,
        },
        with: { "wasi:keyvalue/store.bucket": super::kv::Bucket },
    });
}

mod config_bindings {
    #![allow(missing_docs, reason = "generated from wit/, where the words stand")]
    wasmtime::component::bindgen!({
        path: "../../wit/wasi-config",
        world: "imports",
        require_store_data_send: true,
    });
}

/// Whether the grant gives all of `imports`; if not, each that it does not give, and the fix.
pub(crate) fn check(imports: &[&str], grant: &Grant) -> Result<(), String> {
    let refused = imports.iter().filter_map(|import| {
        let right = Right::of_import(import).filter(|right| !grant.has(*right))?;
        let (table, lines) = (right.table(), right.lines().join("`, `"));
        Some(format!(
            "`{import}` is not granted; add a table `[{table}]` to the step's grant, such as one with `{lines}`"
        ))
    });
    match refused.collect::<Vec<_>>() {
        refused if refused.is_empty() => Ok(()),
        refused => Err(refused.join("; ")),
    }
}

/// Defines the interfaces among `imports` that this host knows. One that it does not know stays
/// undefined, and the component cannot be linked.
pub(crate) fn link(linker: &mut Linker<Guest>, imports: &[&str]) -> wasmtime::Result<()> {
    use bindings::lockstep::step::{blob, http, log, run, state, timer, tools, updates};
    use config_bindings::wasi::config;
    use kv_bindings::wasi::keyvalue;
    let (mut has_wasi, mut has_wasi_http) = (false, false);
    for import in imports {
        match interface(import) {
            "lockstep:step/blob" => blob::add_to_linker::<_, HasSelf<_>>(linker, |guest| guest)?,
            "lockstep:step/http" => http::add_to_linker::<_, HasSelf<_>>(linker, |guest| guest)?,
            "lockstep:step/log" => log::add_to_linker::<_, HasSelf<_>>(linker, |guest| guest)?,
            "lockstep:step/run" => run::add_to_linker::<_, HasSelf<_>>(linker, |guest| guest)?,
            "lockstep:step/state" => state::add_to_linker::<_, HasSelf<_>>(linker, |guest| guest)?,
            "lockstep:step/timer" => timer::add_to_linker::<_, HasSelf<_>>(linker, |guest| guest)?,
            "lockstep:step/tools" => tools::add_to_linker::<_, HasSelf<_>>(linker, |guest| guest)?,
            "lockstep:step/updates" => updates::add_to_linker::<_, HasSelf<_>>(linker, |guest| guest)?,
            "wasi:config/store" => config::store::add_to_linker::<_, HasSelf<_>>(linker, |guest| guest)?,
            "wasi:keyvalue/store" => keyvalue::store::add_to_linker::<_, HasSelf<_>>(linker, |guest| guest)?,
            name if name.starts_with("wasi:http/") && !has_wasi_http => {
                has_wasi_http = true;
                wasmtime_wasi_http::p2::add_only_http_to_linker_async(linker)?;
            }
            name if name.starts_with("wasi:") && !name.starts_with("wasi:http/") && !has_wasi => {
                has_wasi = true;
                wasmtime_wasi::p2::add_to_linker_async(linker)?;
                link_own(linker)?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Files and chance are the grant's, not the engine's.
fn link_own(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    use wasmtime_wasi::p2::bindings::filesystem::{preopens, types};
    use wasmtime_wasi::p2::bindings::random::{insecure, insecure_seed, random};
    linker.allow_shadowing(true);
    preopens::add_to_linker::<_, HasSelf<_>>(linker, |guest| guest)?;
    types::add_to_linker::<_, HasSelf<_>>(linker, |guest| guest)?;
    random::add_to_linker::<_, HasSelf<_>>(linker, |guest| guest)?;
    insecure::add_to_linker::<_, HasSelf<_>>(linker, |guest| guest)?;
    insecure_seed::add_to_linker::<_, HasSelf<_>>(linker, |guest| guest)?;
    linker.allow_shadowing(false);
    Ok(())
}

/// The name of an import without its version.
pub(crate) fn interface(import: &str) -> &str {
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
