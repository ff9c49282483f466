//! Names, addresses and proxies: what is dialed is what was checked (attacks 18 and 19).

use super::server::{answer, echo};
use super::*;
use crate::Wall;

const DENIED: &str = r#""why":"network""#;

#[tokio::test]
async fn a_name_that_means_an_address_outside_the_network_is_denied_and_nobody_is_dialed() {
    let server = Server::new(echo).await;
    let public = || Lab::new([Rule { network: Network::Public, ..rule(server.port) }]);
    for means in ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"] {
        let lab = Lab { names: Names::all_mean(&[means]), ..public() };
        let told = lab.refused(get(&server.url("/a?key=1"))).await;
        assert!(told.contains(DENIED), "{means}: {told}");
        assert!(matches!(lab.notes.ended.lock().unwrap()[..], [Ending::NotMade { .. }]));
        assert_eq!(lab.notes.denied.lock().unwrap().len(), 1);
    }
    assert_eq!(server.connected(), 0);
    let through = public().without(Wall::Network).ask(get(&server.url("/"))).await;
    assert_eq!(through["ok"]["status"], 200);
}

#[tokio::test]
async fn one_address_outside_the_network_is_one_too_many() {
    let server = Server::new(echo).await;
    let lab = Lab { names: Names::all_mean(&["127.0.0.1 10.0.0.1"]), ..Lab::new([rule(server.port)]) };
    assert!(lab.refused(get(&server.url("/"))).await.contains(DENIED));
    assert_eq!(server.connected(), 0);
}

#[tokio::test]
async fn another_port_of_this_machine_is_another_network() {
    let server = Server::new(echo).await;
    let network = Network::Loopback(server.port.wrapping_add(1));
    let lab = Lab::new([Rule { network, ..rule(server.port) }]);
    assert!(lab.refused(get(&server.url("/"))).await.contains(DENIED));
}

#[tokio::test]
async fn literal_addresses_in_any_spelling_are_held_against_the_network() {
    let server = Server::new(echo).await;
    for host in ["127.0.0.1", "2130706433", "0x7f.1", "0177.0.0.1"] {
        let literal =
            Rule { host: Host::Exactly("127.0.0.1".into()), network: Network::Public, ..rule(server.port) };
        let lab = Lab::new([literal]);
        let told = lab.refused(get(&format!("http://{host}:{}/", server.port))).await;
        assert!(told.contains(DENIED), "{host}: {told}");
        assert_eq!(lab.names.asked.lock().unwrap().len(), 0);
    }
    assert_eq!(server.connected(), 0);
}

#[tokio::test]
async fn a_name_that_means_another_address_when_it_is_dialed_gains_nothing() {
    let (server, inner) = (Server::new(echo).await, Server::new(|_| answer(200, "", "inner")).await);
    let rebound = || {
        let names = Names::all_mean(&["127.0.0.1", "127.0.0.2"]);
        Lab { names, ..Lab::new([rule(server.port)]) }
    };
    let lab = rebound();
    lab.ask(get(&server.url("/"))).await;
    assert_eq!(*lab.names.asked.lock().unwrap(), ["server.test"], "it is resolved once");
    let lab = rebound().without(Wall::Pinning);
    let told = lab.refused(get(&server.url("/"))).await;
    assert!(told.contains("connect"), "without the wall the second address is dialed: {told}");
    assert_eq!((lab.names.asked.lock().unwrap().len(), inner.connected()), (2, 0));
}

#[tokio::test]
async fn a_proxy_is_asked_for_the_address_that_was_checked() {
    let server = Server::new(echo).await;
    let to = server.port;
    let proxy = Server::with(move |mut stream, heard| async move {
        let asked = server::next(&mut stream).await.unwrap();
        heard.lock().unwrap().push(asked);
        tokio::io::AsyncWriteExt::write_all(&mut stream, b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        let mut onward = tokio::net::TcpStream::connect(("127.0.0.1", to)).await.unwrap();
        tokio::io::copy_bidirectional(&mut stream, &mut onward).await.ok();
    })
    .await;
    let through =
        Proxy { host: "127.0.0.1".into(), port: proxy.port, authorization: Some("Basic eA==".into()) };
    let lab = Lab { proxy: Some(through), ..Lab::new([rule(server.port)]) };
    assert!(body(&lab.ask(get(&server.url("/"))).await).contains("host: server.test"));
    let asked = format!("127.0.0.1:{to}");
    let expected =
        format!("CONNECT {asked} HTTP/1.1\r\nHost: {asked}\r\nProxy-Authorization: Basic eA==\r\n\r\n");
    assert_eq!(proxy.heard(), [expected]);
    let outside = Lab { names: Names::all_mean(&["10.0.0.1"]), ..lab };
    assert!(outside.refused(get(&server.url("/"))).await.contains(DENIED));
    assert_eq!(proxy.connected(), 1);
}
