//! Workflows as tools, for agents outside: the side of MCP that answers. What there is to offer and whoever
//! does what is asked goes in, as [`Workflows`]; what comes out is spoken over lines or over HTTP. It knows
//! no run but by its name, and nothing of what moves one. Approvals are shown and cannot be decided here: an
//! agent must not say yes to what a person is asked.

mod handler;
mod http;
mod lines;
mod schema;
mod seam;
mod tools;

#[cfg(test)]
mod tests;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;

pub use http::Listening;
pub use seam::{Answering, Call, Offer, Refused, Standing, Start, Workflows};

use handler::Handler;

/// Why workflows are not offered.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Two tools would have one name.
    #[error("two workflows are named `{0}`, and a tool needs a name of its own; serve one of them by itself")]
    Twice(String),
    /// The name belongs to a tool that is always there.
    #[error("a workflow named `{0}` hides the tool of this name that Lockstep offers; rename it")]
    Reserved(String),
    /// No client takes it.
    #[error(
        "a workflow named `{0}` cannot be a tool; rename it with at most 128 letters, digits, `-`, `_` or `.`"
    )]
    Name(String),
    /// It is open to other machines.
    #[error(
        "{0} is not an address of this machine alone, and whoever reaches it could use the tools, for there are no \
         tokens yet; give 127.0.0.1:PORT or [::1]:PORT"
    )]
    NotLoopback(SocketAddr),
    /// Nobody can listen there.
    #[error("cannot listen on {address}: {why}")]
    Bind {
        /// Where.
        address: SocketAddr,
        /// What the system said.
        why: io::Error,
    },
}

/// Workflows that are offered.
pub struct Server {
    handler: Handler,
    over: Over,
}

/// Ends the serving: whoever waits for a run is answered with how it stands.
#[derive(Clone, Debug)]
pub struct Over(Arc<watch::Sender<bool>>);

impl Over {
    /// Ends it.
    pub fn end(&self) {
        self.0.send_replace(true);
    }

    async fn ended(&self) {
        // The sender is this one's own, so it does not go away.
        let _ = self.0.subscribe().wait_for(|over| *over).await;
    }
}

impl Server {
    /// Offers workflows; a call waits so long for a run unless it says otherwise.
    pub fn new(workflows: Arc<dyn Workflows>, patience: Duration) -> Result<Server, Error> {
        let over = Over(Arc::new(watch::Sender::new(false)));
        Ok(Server { handler: Handler::new(workflows, patience, &over)?, over })
    }

    /// What ends it.
    pub fn over(&self) -> Over {
        self.over.clone()
    }

    /// Speaks with one client, a message a line, until the client has nothing more to say or it is over.
    pub async fn lines<R, W>(&self, reader: R, writer: W)
    where
        R: AsyncRead + Send + Unpin + 'static,
        W: AsyncWrite + Send + Unpin + 'static,
    {
        lines::serve(&self.handler, &self.over, reader, writer).await;
    }

    /// Listens on an address of this machine.
    pub async fn listen(&self, address: SocketAddr) -> Result<Listening, Error> {
        if !address.ip().is_loopback() {
            return Err(Error::NotLoopback(address));
        }
        Listening::begin(&self.handler, &self.over, address).await.map_err(|why| Error::Bind { address, why })
    }
}
