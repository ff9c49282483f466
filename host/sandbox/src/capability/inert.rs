//! WASI 0.2 as toolchains drag it in, without anything behind it: no environment, no arguments,
//! no sockets, no names; stdin is closed, stdout and stderr go into the step's log, the wall clock is
//! the grant's. Files and chance have files of their own.

use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use super::clock::Told;
use crate::attempt::Guest;
use crate::log::{Log, Output};
use crate::{Wall, Walls};

/// Handles that a guest may hold at once.
const HANDLES: usize = 256;
/// What an output stream takes at once.
const CHUNK: usize = 4096;

/// Made when the guest first asks for it: most guests never do.
#[derive(Default)]
pub(crate) struct Inert(Option<(WasiCtx, ResourceTable)>);

impl WasiView for Guest {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let (log, clock) = (&self.log, self.clock());
        let (ctx, table) = both(&mut self.wasi, log, clock, self.walls);
        WasiCtxView { ctx, table }
    }
}

/// The handles of a guest, which all interfaces of WASI share.
pub(super) fn table<'g>(wasi: &'g mut Inert, log: &Log, clock: Told, walls: Walls) -> &'g mut ResourceTable {
    both(wasi, log, clock, walls).1
}

fn both<'g>(
    wasi: &'g mut Inert,
    log: &Log,
    clock: Told,
    walls: Walls,
) -> (&'g mut WasiCtx, &'g mut ResourceTable) {
    let (ctx, table) = wasi.0.get_or_insert_with(|| (context(log, clock, walls), handles(walls)));
    (ctx, table)
}

fn context(log: &Log, clock: Told, walls: Walls) -> WasiCtx {
    let open = !walls.stands(Wall::Sockets);
    let mut context = WasiCtx::builder();
    if open {
        context.inherit_network();
    }
    context
        .stdout(Stream { log: log.clone(), output: Output::Stdout })
        .stderr(Stream { log: log.clone(), output: Output::Stderr })
        .wall_clock(clock)
        .allow_tcp(open)
        .allow_udp(open)
        .allow_ip_name_lookup(open)
        .build()
}

fn handles(walls: Walls) -> ResourceTable {
    let mut table = ResourceTable::new();
    if walls.stands(Wall::Handles) {
        table.set_max_capacity(HANDLES);
    }
    table
}

#[derive(Clone)]
struct Stream {
    log: Log,
    output: Output,
}

impl IsTerminal for Stream {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Stream {
    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }

    // WASI 0.3 asks for this one, and no guest of WASI 0.3 is linked.
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(tokio::io::sink())
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Stream {
    async fn ready(&mut self) {}
}

impl OutputStream for Stream {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.log.output(self.output, &bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(CHUNK)
    }
}
