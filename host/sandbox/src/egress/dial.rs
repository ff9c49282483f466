//! The one dialer: from an address to a connection, for one rule. A name is resolved once; every address
//! that it means is held against the rule's network; and one of those is dialed, so that a name server
//! has no second say. Behind the operator's proxy it is the same: the proxy is asked, by CONNECT, for the
//! address that was checked, whatever the scheme, and never gets to resolve the name itself.

use std::fmt;
use std::future::ready;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::Uri;
use hyper::http::uri::Scheme;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use lockstep_core::grant::http::Network;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tower_service::Service;

use super::means::Means;
use crate::{Wall, Walls};

/// How long one of several addresses may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// Addresses of one name that are dialed, one after the other.
const MOST_ADDRESSES: usize = 8;

/// Finds the addresses of names.
///
/// **Promise:** all addresses that the name means, asked for anew each time.
pub trait Resolver: fmt::Debug + Send + Sync {
    /// The addresses of a name.
    fn resolve<'a>(&'a self, name: &'a str) -> Resolving<'a>;
}

/// Addresses, when they come.
pub type Resolving<'a> = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'a>>;

/// Asks the system.
#[derive(Clone, Copy, Debug)]
pub struct SystemResolver;

impl Resolver for SystemResolver {
    fn resolve<'a>(&'a self, name: &'a str) -> Resolving<'a> {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// Why there is no connection. No byte of a request has left.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoConnection {
    /// The name means an address outside the rule's network.
    #[error("the address is not in the rule's network")]
    Denied,
    /// Nobody answers.
    #[error("{0}")]
    Connect(String),
    /// Whoever answers does not prove to be the one.
    #[error("{0}")]
    Tls(String),
}

/// Connects for one rule.
#[derive(Clone)]
pub(super) struct Dialer {
    pub(super) means: Arc<Means>,
    pub(super) network: Network,
    pub(super) walls: Walls,
}

impl Dialer {
    async fn dial(self, uri: Uri) -> Result<Line, NoConnection> {
        let secure = uri.scheme() == Some(&Scheme::HTTPS);
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let host = uri.host().unwrap_or_default();
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let checked = self.checked(host, port).await?;
        let stream = self.reach(checked, port).await?;
        if secure { self.secure(host, stream).await } else { Ok(Line(Box::pin(TokioIo::new(stream)))) }
    }

    /// The addresses of a host, all of which the rule allows.
    async fn checked(&self, host: &str, port: u16) -> Result<Vec<IpAddr>, NoConnection> {
        let found = self.resolve(host).await?;
        let allowed = |address: &IpAddr| self.network.allows(*address, port);
        if self.walls.stands(Wall::Network) && !found.iter().all(allowed) {
            return Err(NoConnection::Denied);
        }
        if self.walls.stands(Wall::Pinning) { Ok(found) } else { self.resolve(host).await }
    }

    async fn resolve(&self, host: &str) -> Result<Vec<IpAddr>, NoConnection> {
        if let Ok(address) = host.parse() {
            return Ok(vec![address]);
        }
        match self.means.resolver.resolve(host).await {
            Ok(found) if found.is_empty() => Err(NoConnection::Connect("the name has no address".into())),
            Ok(found) => Ok(found),
            Err(_) => Err(NoConnection::Connect("the name cannot be resolved".into())),
        }
    }

    /// The first address that answers.
    async fn reach(&self, addresses: Vec<IpAddr>, port: u16) -> Result<TcpStream, NoConnection> {
        let mut last = NoConnection::Connect("there is no address".into());
        for address in addresses.into_iter().take(MOST_ADDRESSES) {
            match tokio::time::timeout(PATIENCE, self.open(address, port)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(why)) => last = why,
                Err(_) => last = NoConnection::Connect("the server does not answer".into()),
            }
        }
        Err(last)
    }

    async fn open(&self, address: IpAddr, port: u16) -> Result<TcpStream, NoConnection> {
        let stream = match self.means.proxy.clone() {
            None => TcpStream::connect((address, port)).await.map_err(|error| told(error.kind())),
            Some(mut proxy) => {
                let tunnel = proxy.call(at(address, port)).await;
                tunnel.map(TokioIo::into_inner).map_err(|error| format!("the proxy: {error}"))
            }
        };
        let stream = stream.map_err(NoConnection::Connect)?;
        // A request is one write; where the option cannot be set it is only slower.
        stream.set_nodelay(true).ok();
        Ok(stream)
    }

    async fn secure(&self, host: &str, stream: TcpStream) -> Result<Line, NoConnection> {
        let tls = |error: &dyn fmt::Display| NoConnection::Tls(error.to_string());
        let name = ServerName::try_from(host.to_owned()).map_err(|error| tls(&error))?;
        let stream = self.means.tls.connect(name, stream).await.map_err(|error| tls(&error))?;
        Ok(Line(Box::pin(TokioIo::new(stream))))
    }
}

/// An error of the system without the addresses that its text may hold.
fn told(kind: io::ErrorKind) -> String {
    kind.to_string()
}

fn at(address: IpAddr, port: u16) -> Uri {
    let address = std::net::SocketAddr::new(address, port);
    format!("https://{address}").parse().expect("an address and a port are an authority")
}

impl Service<Uri> for Dialer {
    type Response = Line;
    type Error = NoConnection;
    type Future = Pin<Box<dyn Future<Output = Result<Line, NoConnection>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), NoConnection>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        match uri.host() {
            Some(_) => Box::pin(self.clone().dial(uri)),
            None => Box::pin(ready(Err(NoConnection::Connect("the address has no host".into())))),
        }
    }
}

/// A connection.
pub(super) struct Line(Pin<Box<dyn ReadWrite>>);

trait ReadWrite: Read + Write + Send {}

impl<T: Read + Write + Send> ReadWrite for T {}

impl Connection for Line {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl Read for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        self.0.as_mut().poll_read(cx, buffer)
    }
}

impl Write for Line {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.0.as_mut().poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.as_mut().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.as_mut().poll_shutdown(cx)
    }
}
