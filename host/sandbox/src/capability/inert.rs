//! WASI 0.2 as toolchains drag it in, without anything behind it: no environment, no arguments,
//! no files, no sockets, no names; stdin is closed, stdout and stderr go into the step's log, the
//! wall clock is the delivery's.

use std::time::Duration;

use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};
use wasmtime_wasi::{HostWallClock, WasiCtx, WasiCtxView, WasiView};

use crate::attempt::Guest;
use crate::log::{Log, Output};

/// Handles that a guest may hold at once.
const HANDLES: usize = 256;
/// The most random bytes of one call.
const MOST_RANDOM: u64 = 65_536;
/// What an output stream takes at once.
const CHUNK: usize = 4096;

/// Made when the guest first asks for it: most guests never do.
#[derive(Default)]
pub(crate) struct Inert(Option<(WasiCtx, ResourceTable)>);

impl WasiView for Guest {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let (log, now) = (&self.log, Duration::from_millis(self.identity.now_ms));
        let (ctx, table) = self.wasi.0.get_or_insert_with(|| (context(log, now), handles()));
        WasiCtxView { ctx, table }
    }
}

fn context(log: &Log, now: Duration) -> WasiCtx {
    WasiCtx::builder()
        .stdout(Stream { log: log.clone(), output: Output::Stdout })
        .stderr(Stream { log: log.clone(), output: Output::Stderr })
        .wall_clock(Stopped(now))
        .max_random_size(MOST_RANDOM)
        .allow_tcp(false)
        .allow_udp(false)
        .allow_ip_name_lookup(false)
        .build()
}

fn handles() -> ResourceTable {
    let mut table = ResourceTable::new();
    table.set_max_capacity(HANDLES);
    table
}

struct Stopped(Duration);

impl HostWallClock for Stopped {
    fn resolution(&self) -> Duration {
        Duration::from_millis(1)
    }

    fn now(&self) -> Duration {
        self.0
    }
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
