//! Servers at an address elsewhere: in TLS, by an authority of the operator's, through a proxy.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use lockstep_mcp::{Declared, Http, Server, Transport};
use lockstep_sandbox::ToolFault;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::http::{Running, start};
use crate::support::{declared, made, works};

/// A server behind TLS, at the name `tools.test` and at `localhost`.
struct Secure {
    _behind: Running,
    port: u16,
    authority: Vec<u8>,
}

async fn secure() -> Secure {
    let behind = start(&[]);
    let (config, authority) = certified(&["localhost", "tools.test"]);
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let to = behind.url.socket_addrs(|| None).unwrap()[0];
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                // Whoever does not trust it goes away.
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let _ = copy_bidirectional(&mut stream, &mut TcpStream::connect(to).await.unwrap()).await;
            });
        }
    });
    Secure { _behind: behind, port, authority }
}

/// Who a server with these names is, and the certificate of its authority.
fn certified(names: &[&str]) -> (ServerConfig, Vec<u8>) {
    let authority_key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = params.self_signed(&authority_key).unwrap();
    let issuer = Issuer::from_params(&params, &authority_key);
    let key = KeyPair::generate().unwrap();
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &issuer).unwrap();
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)
        .unwrap();
    (config, authority.pem().into_bytes())
}

/// A proxy that leads everywhere to this port of this machine, and how often it was asked.
async fn proxy(port: u16) -> (SocketAddr, Arc<AtomicU32>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, asked) = (listener.local_addr().unwrap(), Arc::new(AtomicU32::default()));
    let count = asked.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            let head = String::from_utf8(head).unwrap();
            assert!(head.starts_with("CONNECT tools.test:443 "), "{head}");
            count.fetch_add(1, Ordering::SeqCst);
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
            let mut to = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            tokio::spawn(async move { drop(copy_bidirectional(&mut stream, &mut to).await) });
        }
    });
    (address, asked)
}

fn at(url: &str, authorities: Vec<Vec<u8>>, proxy: Option<SocketAddr>) -> Declared {
    let proxy = proxy.map(|proxy| format!("http://{proxy}").parse().unwrap());
    let url = url.parse().unwrap();
    declared(Transport::Http(Http { url, secret: None, authorities, proxy }))
}

#[tokio::test]
async fn a_server_in_tls_is_called_if_its_authority_is_trusted_and_not_otherwise() {
    let secure = secure().await;
    let url = format!("https://localhost:{}/mcp", secure.port);
    let server = Server::new(at(&url, vec![secure.authority.clone()], None));
    works(made(&server, "echo", json!({ "a": 1 })).await);
    let stranger = Server::new(at(&url, Vec::new(), None));
    let not_made = made(&stranger, "echo", json!({})).await.unwrap_err();
    let ToolFault::NotMade(why) = not_made else { panic!("{not_made:?}") };
    assert!(why.contains("certificate"), "{why}");
}

#[tokio::test]
async fn the_proxy_of_the_operator_leads_to_servers_elsewhere_and_not_to_those_of_this_machine() {
    let secure = secure().await;
    let (proxy, asked) = proxy(secure.port).await;
    let server = Server::new(at("https://tools.test/mcp", vec![secure.authority.clone()], Some(proxy)));
    works(made(&server, "echo", json!({ "a": 1 })).await);
    let before = asked.load(Ordering::SeqCst);
    assert!(before > 0);
    let near = start(&[]);
    let server = Server::new(at(near.url.as_str(), Vec::new(), Some(proxy)));
    works(made(&server, "echo", json!({ "a": 1 })).await);
}
