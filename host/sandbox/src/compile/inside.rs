//! The child's side: takes its limits upon itself, reads a component, compiles it, answers, and is done. It
//! opens no file and no socket.

use std::io::{self, Read, Write};

use rustix::process::{Resource, Rlimit, setrlimit};
use serde::{Deserialize, Serialize};

use crate::engine::{self, Fuel};

/// The answer is machine code, behind the digest of its engine.
pub(super) const COMPILED: u8 = 0;
/// The answer is why there is none.
pub(super) const REFUSED: u8 = 1;
/// Files that the child may have open: its three pipes, and what the system opens for a moment.
const OPEN_FILES: u64 = 16;

/// What a child is to do, as the one argument that tells it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Order {
    /// Whether the code counts what it executes.
    pub(super) fuel: bool,
    /// Bytes of memory; none: no limit.
    pub(super) memory: Option<u64>,
    /// Seconds of computing; none: no limit.
    pub(super) cpu: Option<u64>,
}

/// Compiles one component: all of `input`, to `output`, as `order` says. This is what the program of a
/// [`ChildCompiler`](super::ChildCompiler) does, and nothing beside it: the limits are the process's own.
pub fn serve(order: &str, mut input: impl Read, mut output: impl Write) -> io::Result<()> {
    let order: Order = serde_json::from_str(order)?;
    std::panic::set_hook(Box::new(|panic| end_without_memory(&panic.to_string())));
    confine(&order)?;
    let mut component = Vec::new();
    input.read_to_end(&mut component)?;
    let fuel = if order.fuel { Fuel::Counted } else { Fuel::Uncounted };
    let engine = engine::compiler(fuel).map_err(io::Error::other)?;
    match engine.precompile_component(&component) {
        Ok(code) => tell(&mut output, COMPILED, &[&engine::digest(&engine), &code]),
        Err(why) => tell(&mut output, REFUSED, &[format!("{why:#}").as_bytes()]),
    }
}

/// Some of what a compiler is made of panics where there is no memory, and the rest aborts: to whoever
/// reads how this process ended, it is the same.
fn end_without_memory(why: &str) {
    if why.contains("out of memory") {
        std::process::abort();
    }
}

fn confine(order: &Order) -> io::Result<()> {
    let set = |resource, most| setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) });
    set(Resource::Core, 0)?;
    set(Resource::Fsize, 0)?;
    set(Resource::Nofile, OPEN_FILES)?;
    if let Some(memory) = order.memory {
        set(Resource::As, memory)?;
    }
    if let Some(cpu) = order.cpu {
        // The soft limit comes first, and has a signal of its own.
        let limit = Rlimit { current: Some(cpu), maximum: Some(cpu + 1) };
        setrlimit(Resource::Cpu, limit)?;
    }
    Ok(())
}

fn tell(output: &mut impl Write, kind: u8, parts: &[&[u8]]) -> io::Result<()> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    output.write_all(&[kind])?;
    output.write_all(&(length as u64).to_le_bytes())?;
    parts.iter().try_for_each(|part| output.write_all(part))?;
    output.flush()
}
