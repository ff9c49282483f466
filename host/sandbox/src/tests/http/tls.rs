//! Servers that prove who they are, by an authority of the operator's, and those that do not.

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::TlsAcceptor;

use super::server::{converse, echo};
use super::*;

/// A server for this name, and the certificate of its authority.
async fn secure(name: &str) -> (Server, Vec<u8>) {
    let authority_key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = params.self_signed(&authority_key).unwrap();
    let issuer = Issuer::from_params(&params, &authority_key);
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let server = Server::with(move |stream, heard| {
        let acceptor = acceptor.clone();
        async move {
            if let Ok(stream) = acceptor.accept(stream).await {
                converse(stream, &heard, &echo).await;
            }
        }
    })
    .await;
    (server, authority.pem().into_bytes())
}

fn lab(server: &Server, authorities: Vec<Vec<u8>>) -> Lab {
    Lab { authorities, ..Lab::new([Rule { scheme: Scheme::Https, ..rule(server.port) }]) }
}

#[tokio::test]
async fn a_server_proves_who_it_is_or_gets_nothing() {
    let (server, authority) = secure("server.test").await;
    let url = server.url("/").replace("http:", "https:");
    let told = lab(&server, vec![authority.clone()]).ask(get(&url)).await;
    assert!(body(&told).contains("host: server.test"));
    let stranger = lab(&server, Vec::new());
    assert!(stranger.refused(get(&url)).await.contains(r#"{"tls":"#));
    assert!(matches!(stranger.notes.ended.lock().unwrap()[..], [Ending::NotMade { .. }]));
    let (other, authority) = secure("other.test").await;
    let url = other.url("/").replace("http:", "https:");
    assert!(lab(&other, vec![authority]).refused(get(&url)).await.contains(r#"{"tls":"#), "another's name");
    assert_eq!((server.heard().len(), other.heard().len()), (1, 0));
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_gets_no_secret() {
    let plain = Server::with(|mut stream, heard| async move {
        let mut first = [0; 1024];
        let length = tokio::io::AsyncReadExt::read(&mut stream, &mut first).await.unwrap();
        heard.lock().unwrap().push(String::from_utf8_lossy(&first[..length]).into_owned());
        tokio::io::AsyncWriteExt::write_all(&mut stream, b"HTTP/1.1 400 X\r\n\r\n").await.unwrap();
    })
    .await;
    let url = plain.url("/").replace("http:", "https:");
    let secret = Rule { scheme: Scheme::Https, secret: Some(secrets::bearer()), ..rule(plain.port) };
    let lab = Lab { secrets: secrets::secrets(), ..Lab::new([secret]) };
    let told = lab.refused(get(&url)).await;
    assert!(plain.heard().iter().all(|heard| !heard.contains(secrets::SECRET)));
    assert!(told.contains(r#"{"tls":"#), "{told}");
}
