//! Answers that are too much (attack 22): reading stops, and what the host holds stays small.

use tokio::io::AsyncWriteExt as _;

use super::server::{answer, next};
use super::*;
use crate::Wall;

const TOO_LARGE: &str = r#""too-large""#;

#[tokio::test]
async fn an_answer_is_as_large_as_the_rule_says_whether_it_says_so_or_not() {
    let told = Server::new(|_| answer(200, "", "12345")).await;
    let chunked = |_: &str| {
        b"HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n3\r\n123\r\n2\r\n45\r\n0\r\n\r\n".to_vec()
    };
    let chunks = Server::new(chunked).await;
    for server in [told, chunks] {
        let bounded = |most| Lab::new([Rule { response_bytes: most, ..rule(server.port) }]);
        assert_eq!(bounded(4).refused(get(&server.url("/"))).await, TOO_LARGE);
        assert_eq!(body(&bounded(5).ask(get(&server.url("/"))).await), "12345");
        let through = bounded(4).without(Wall::ResponseBytes).ask(get(&server.url("/"))).await;
        assert_eq!(body(&through), "12345");
    }
}

#[tokio::test]
async fn an_answer_without_end_is_read_no_further_than_its_bound() {
    let server = Server::with(|mut stream, heard| async move {
        next(&mut stream).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 X\r\ncontent-length: 10737418240\r\n\r\n").await.unwrap();
        let mut sent = 0;
        while stream.write_all(&[b'a'; 64 << 10]).await.is_ok() {
            sent += 64 << 10;
        }
        heard.lock().unwrap().push(format!("{sent}"));
    })
    .await;
    assert_eq!(Lab::new([rule(server.port)]).refused(get(&server.url("/"))).await, TOO_LARGE);
    while server.heard().is_empty() {
        tokio::task::yield_now().await;
    }
    let sent: usize = server.heard()[0].parse().unwrap();
    assert!(sent < 64 << 20, "the connection is closed: {sent}");
}

#[tokio::test]
async fn a_million_headers_or_one_without_end_are_too_much() {
    for headers in
        ["a: b\r\n".repeat(1_000_000), "a: b\r\n".repeat(101), format!("a: {}\r\n", "b".repeat(64 << 10))]
    {
        let server = Server::new(move |_| answer(200, &headers, "")).await;
        let told = Lab::new([rule(server.port)]).refused(get(&server.url("/"))).await;
        assert_eq!(told, TOO_LARGE);
    }
}

#[tokio::test]
async fn what_is_packed_stays_packed() {
    let server = Server::new(|_| answer(200, "content-encoding: gzip\r\n", "bomb")).await;
    assert_eq!(body(&Lab::new([rule(server.port)]).ask(get(&server.url("/"))).await), "bomb");
}

/// Says `times` bytes, one a second.
async fn slow(times: usize) -> Server {
    Server::with(move |mut stream, _| async move {
        next(&mut stream).await.unwrap();
        let head = format!("HTTP/1.1 200 X\r\ncontent-length: {times}\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        for _ in 0..times {
            tokio::time::sleep(Duration::from_millis(20)).await;
            if stream.write_all(b"a").await.is_err() {
                return;
            }
        }
    })
    .await
}

#[tokio::test]
async fn a_server_that_dribbles_is_left_when_the_time_is_over() {
    let server = slow(50).await;
    let hurried = || Lab::new([Rule { timeout: Duration::from_millis(200), ..rule(server.port) }]);
    assert_eq!(hurried().refused(get(&server.url("/"))).await, r#""timeout""#);
    let through = hurried().without(Wall::CallTimeout).ask(get(&server.url("/"))).await;
    assert_eq!(body(&through).len(), 50);
}

#[tokio::test]
async fn a_guest_may_have_less_patience_than_its_rule_and_not_more() {
    let server = slow(1000).await;
    let patient = with(get(&server.url("/")), "timeout_ms", (u64::MAX).into());
    let hurried = with(get(&server.url("/")), "timeout_ms", 1.into());
    assert_eq!(Lab::new([rule(server.port)]).refused(hurried).await, r#""timeout""#);
    let short = Rule { timeout: Duration::from_millis(50), ..rule(server.port) };
    assert_eq!(Lab::new([short]).refused(patient).await, r#""timeout""#);
}
