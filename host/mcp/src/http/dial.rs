//! Connections to one server: plain ones to this machine alone, all others in TLS with the authorities that
//! are trusted.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio_rustls::TlsConnector;
use tower_service::Service;
use url::Host;

use crate::Http;

/// So long a connection may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What bytes go through.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Connects to one server.
pub(super) struct Dialer {
    host: String,
    port: u16,
    host_header: String,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    /// What connections in TLS go through, and where it is to lead.
    tunnel: Option<(Tunnel<HttpConnector>, Uri)>,
}

impl Dialer {
    pub(super) fn new(http: &Http) -> Result<Dialer, String> {
        let url = &http.url;
        let host = match url.host().ok_or("its address names no host")? {
            Host::Domain(name) => name.to_owned(),
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => address.to_string(),
        };
        let port = url.port_or_known_default().ok_or("its address names no port")?;
        let tls = match url.scheme() {
            "https" => {
                let name = ServerName::try_from(host.clone()).map_err(|error| error.to_string())?;
                Some((TlsConnector::from(Arc::new(trust(&http.authorities)?)), name))
            }
            _ => None,
        };
        let host_header = url[url::Position::BeforeHost..url::Position::AfterPort].to_owned();
        let tunnel = http.proxy.as_ref().filter(|_| tls.is_some()).map(|proxy| {
            let proxy = proxy.as_str().parse().map_err(|_| "its proxy has no address")?;
            let to = url.as_str().parse().map_err(|_| "its address cannot be told to a proxy")?;
            Ok::<_, &str>((Tunnel::new(proxy, HttpConnector::new()), to))
        });
        Ok(Dialer { host, port, host_header, tls, tunnel: tunnel.transpose()? })
    }

    /// The server as requests name it.
    pub(super) fn host_header(&self) -> &str {
        &self.host_header
    }

    /// Connects.
    pub(super) async fn dial(&self) -> Result<Box<dyn Stream>, String> {
        let dialed = tokio::time::timeout(PATIENCE, self.connect()).await;
        match dialed {
            Ok(stream) => stream.map_err(|error| error.to_string()),
            Err(_) => Err(format!("it did not answer within {} s", PATIENCE.as_secs())),
        }
    }

    async fn connect(&self) -> io::Result<Box<dyn Stream>> {
        let Some((connector, name)) = &self.tls else { return Ok(Box::new(self.plain().await?)) };
        let stream = match &self.tunnel {
            Some((tunnel, to)) => {
                let through = tunnel.clone().call(to.clone()).await;
                through.map_err(io::Error::other)?.into_inner()
            }
            None => self.plain().await?,
        };
        Ok(Box::new(connector.connect(name.clone(), stream).await?))
    }

    async fn plain(&self) -> io::Result<TcpStream> {
        let addresses: Vec<_> = lookup_host((self.host.as_str(), self.port)).await?.collect();
        if self.tls.is_none() && !addresses.iter().all(|address| address.ip().is_loopback()) {
            return Err(io::Error::other("only this machine is spoken to without TLS; use https"));
        }
        let stream = TcpStream::connect(&addresses[..]).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

/// The public authorities and these.
fn trust(authorities: &[Vec<u8>]) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    for certificate in authorities.iter().flat_map(|pem| CertificateDer::pem_slice_iter(pem)) {
        let certificate = certificate.map_err(|error| format!("an authority cannot be read: {error}"))?;
        roots.add(certificate).map_err(|error| format!("an authority cannot be used: {error}"))?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let mut config =
        versions.map_err(|error| error.to_string())?.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
