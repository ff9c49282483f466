//! What a component may import: one file a capability. A release's linker gets only what its
//! component asks for, so an interface that is not asked for is not there to be called.

mod inert;
mod log;
mod run;

pub(crate) use inert::Inert;

use wasmtime::component::{HasSelf, Linker};

use crate::attempt::Guest;

mod bindings {
    #![allow(missing_docs, reason = "generated from wit/, where the words stand")]
    wasmtime::component::bindgen!({
        path: "../../wit/lockstep-step",
        world: "imports",
        require_store_data_send: true,
    });
}

/// Defines the interfaces among `imports` that this host knows. One that it does not know stays
/// undefined, and the component cannot be linked.
pub(crate) fn link<'i>(
    linker: &mut Linker<Guest>,
    imports: impl Iterator<Item = &'i str>,
) -> wasmtime::Result<()> {
    let mut has_wasi = false;
    for import in imports {
        match import.split_once('@').map_or(import, |(name, _)| name) {
            "lockstep:step/log" => {
                bindings::lockstep::step::log::add_to_linker::<_, HasSelf<_>>(linker, |guest| guest)?;
            }
            "lockstep:step/run" => {
                bindings::lockstep::step::run::add_to_linker::<_, HasSelf<_>>(linker, |guest| guest)?;
            }
            name if name.starts_with("wasi:") && !has_wasi => {
                has_wasi = true;
                wasmtime_wasi::p2::add_to_linker_async(linker)?;
            }
            _ => {}
        }
    }
    Ok(())
}
