//! `lockstep mcp serve`: stdin and stdout carry the protocol and nothing else, or it listens over HTTP; what is
//! going on goes to stderr.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use lockstep_mcp::serve::{Over, Server};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::offered::Offered;
use super::office::Office;
use crate::exit::Exit;
use crate::project::{Loading, Project, Refused};
use crate::report;

/// Serve workflows as tools of an MCP server
#[derive(Debug, Args)]
#[command(after_help = "\
Each workflow is a tool of its name: it takes the start event, begins a run, waits for it, and gives
{run_id, status, result | questions | error}. lockstep_wait, lockstep_answer and lockstep_cancel go on
with a run. Runs are kept in their store and outlive the client, the call and this program, which
goes on with those of these workflows when it starts again. Calls that a grant lets a person decide
on are shown; no client can decide, but `lockstep approve` and `lockstep refuse` do. Questions that
are to be answered by somebody are shown too; a client answers them with --answer-for alone.

The protocol goes over stdin and stdout, and what is going on to stderr. It ends when stdin does, or
with SIGTERM or Ctrl-C; runs stand where they are. With --http, every program of this machine can
use the tools, pages in a browser cannot; other machines cannot, for there are no tokens yet.

A client that starts its servers itself is told:
  {\"mcpServers\": {\"refunds\": {\"command\": \"lockstep\", \"args\": [\"mcp\", \"serve\", \"plugins/refunds\"]}}}

Examples:
  lockstep mcp serve plugins/refunds
  lockstep mcp serve plugins/refunds plugins/approvals --store runs.db --wait 10
  lockstep mcp serve plugins/refunds --http 127.0.0.1:8080")]
pub(super) struct Serve {
    /// Each a workflow.toml, or the folder it is in
    #[arg(required = true, value_name = "WORKFLOW")]
    workflows: Vec<PathBuf>,
    /// Where runs are kept: a file, or `memory` [default: lockstep.db beside each workflow]
    #[arg(long, value_name = "FILE|memory")]
    store: Option<PathBuf>,
    /// Listen on an address of this machine instead; with port 0, on any that is free
    #[arg(long, value_name = "ADDRESS:PORT")]
    http: Option<SocketAddr>,
    /// Let clients answer questions that are to be answered by NAME, as `by` of `[human.EVENT]` says; others
    /// that are for somebody are left to people
    #[arg(long, value_name = "NAME")]
    answer_for: Vec<String>,
    /// How long a call waits for its run, unless it says otherwise
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(..=3600))]
    wait: u64,
}

/// What ends the program.
struct Interrupts {
    interrupt: Signal,
    terminate: Signal,
}

impl Interrupts {
    fn new() -> std::io::Result<Interrupts> {
        let (interrupt, terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        Ok(Interrupts { interrupt, terminate })
    }

    async fn end(mut self, over: Over) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        over.end();
    }
}

impl Serve {
    pub(super) fn run(self, config: Option<&Path>) -> anyhow::Result<Exit> {
        let runtime = tokio::runtime::Runtime::new()?;
        let ended = runtime.block_on(self.perform(config));
        // A read of stdin that nothing comes of must not hold the program.
        runtime.shutdown_background();
        ended
    }

    async fn perform(&self, config: Option<&Path>) -> anyhow::Result<Exit> {
        let loading = Loading::under(config)?;
        let projects = self.projects(&loading)?;
        let offered = Arc::new(
            Offered::open(&projects, &loading, self.store.as_deref(), Office::new(&self.answer_for)).await?,
        );
        let interrupts = Interrupts::new()?;
        let server = Server::new(offered.clone(), Duration::from_secs(self.wait)).map_err(refused)?;
        let ending = tokio::spawn(interrupts.end(server.over()));
        let served = self.serve(&server, &offered).await;
        ending.abort();
        offered.stop().await;
        served.map(|()| Exit::Done)
    }

    fn projects(&self, loading: &Loading) -> Result<Vec<Project>, Refused> {
        let mut projects = Vec::new();
        for workflow in &self.workflows {
            let project = Project::read(workflow, loading)?;
            report::warnings(&project.warnings);
            projects.push(project);
        }
        Ok(projects)
    }

    async fn serve(&self, server: &Server, offered: &Offered) -> anyhow::Result<()> {
        let names = offered.names();
        match self.http {
            Some(address) => {
                let listening = server.listen(address).await.map_err(refused)?;
                offered.take_up().await?;
                report::progress(&format!("serving {names} at {}", listening.url()));
                listening.serve().await;
            }
            None => {
                offered.take_up().await?;
                report::progress(&format!("serving {names} over stdin and stdout{}", hint()));
                server.lines(tokio::io::stdin(), tokio::io::stdout()).await;
            }
        }
        Ok(())
    }
}

/// Whoever types the command waits for something.
fn hint() -> &'static str {
    match std::io::stdin().is_terminal() {
        true => ", where a client of MCP is awaited; `lockstep mcp serve --help` says how one starts it",
        false => "",
    }
}

fn refused(error: lockstep_mcp::serve::Error) -> Refused {
    Refused::one(error.to_string())
}
