//! What all releases share to reach other servers: the operator's secrets, authorities, resolver and
//! proxy, made ready once when the sandbox starts.

use std::sync::Arc;

use hyper::Uri;
use hyper::header::HeaderValue;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;

use super::dial::{Resolver, SystemResolver};
use crate::{Carrier, Error, Secrets};

/// What the operator sets for all calls to other servers.
#[derive(Clone, Debug)]
pub struct EgressSettings {
    /// What rules name as `secret`.
    pub secrets: Arc<Secrets>,
    /// Certificates, as PEM, of authorities that are trusted beside those of the web.
    pub authorities: Vec<Vec<u8>>,
    /// Who finds the addresses of names.
    pub resolver: Arc<dyn Resolver>,
    /// Through whom all connections go; none: straight. The environment has no say.
    pub proxy: Option<Proxy>,
    /// Who carries requests in the place of the network; none: they leave.
    pub carrier: Option<Arc<dyn Carrier>>,
}

/// A proxy of the operator's that knows CONNECT.
#[derive(Clone)]
pub struct Proxy {
    /// Its host.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The value of `proxy-authorization`.
    pub authorization: Option<String>,
}

impl Default for EgressSettings {
    fn default() -> Self {
        EgressSettings {
            secrets: Arc::default(),
            authorities: Vec::new(),
            resolver: Arc::new(SystemResolver),
            proxy: None,
            carrier: None,
        }
    }
}

impl std::fmt::Debug for Proxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// The same, made ready.
pub(crate) struct Means {
    pub(super) secrets: Arc<Secrets>,
    pub(super) resolver: Arc<dyn Resolver>,
    pub(super) tls: TlsConnector,
    pub(super) proxy: Option<Tunnel<HttpConnector>>,
    pub(super) carrier: Option<Arc<dyn Carrier>>,
}

impl Means {
    pub(crate) fn new(settings: &EgressSettings) -> Result<Means, Error> {
        let EgressSettings { secrets, authorities, resolver, proxy, carrier } = settings.clone();
        let tls = TlsConnector::from(Arc::new(tls(&authorities)?));
        let proxy = proxy.as_ref().map(tunnel).transpose()?;
        Ok(Means { secrets, resolver, tls, proxy, carrier })
    }
}

fn tls(authorities: &[Vec<u8>]) -> Result<ClientConfig, Error> {
    let fail = |why: &dyn std::fmt::Display| Error::Start(format!("an authority cannot be read: {why}"));
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    for pem in authorities {
        for certificate in CertificateDer::pem_slice_iter(pem) {
            roots.add(certificate.map_err(|why| fail(&why))?).map_err(|why| fail(&why))?;
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let versions = versions.map_err(|why| Error::Start(why.to_string()))?;
    Ok(versions.with_root_certificates(roots).with_no_client_auth())
}

fn tunnel(proxy: &Proxy) -> Result<Tunnel<HttpConnector>, Error> {
    let fail = |what: &str| Error::Start(format!("{what} of the proxy cannot be used"));
    let uri: Uri = format!("http://{proxy:?}").parse().map_err(|_| fail("the host"))?;
    let tunnel = Tunnel::new(uri, HttpConnector::new());
    match &proxy.authorization {
        None => Ok(tunnel),
        Some(value) => {
            let value = HeaderValue::from_str(value).map_err(|_| fail("the authorization"))?;
            Ok(tunnel.with_auth(value))
        }
    }
}
