//! Servers on loopback that speak no more HTTP than a test has them say, and remember what they heard.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// A server, for as long as the test's runtime lives.
pub(in crate::tests) struct Server {
    pub(in crate::tests) port: u16,
    /// Requests as they came, head and body.
    pub(in crate::tests) heard: Arc<Mutex<Vec<String>>>,
    /// How often somebody connected.
    pub(in crate::tests) connected: Arc<Mutex<usize>>,
}

impl Server {
    /// Gives the bytes that `answer` makes of each request.
    pub(in crate::tests) async fn new(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Server {
        let answer = Arc::new(answer);
        Server::with(move |stream, heard| {
            let answer = answer.clone();
            async move { converse(stream, &heard, &*answer).await }
        })
        .await
    }

    /// Does with each connection what it is told.
    pub(in crate::tests) async fn with<F>(
        talk: impl Fn(TcpStream, Arc<Mutex<Vec<String>>>) -> F + Send + 'static,
    ) -> Server
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (heard, connected): (Arc<Mutex<Vec<String>>>, Arc<Mutex<usize>>) = Default::default();
        let (hears, counts) = (heard.clone(), connected.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                *counts.lock().unwrap() += 1;
                tokio::spawn(talk(stream, hears.clone()));
            }
        });
        Server { port, heard, connected }
    }

    pub(in crate::tests) fn url(&self, path: &str) -> String {
        format!("http://server.test:{}{path}", self.port)
    }

    pub(in crate::tests) fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    pub(in crate::tests) fn connected(&self) -> usize {
        *self.connected.lock().unwrap()
    }
}

/// Answers all requests of a connection.
pub(in crate::tests) async fn converse(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    heard: &Mutex<Vec<String>>,
    answer: &(dyn Fn(&str) -> Vec<u8> + Send + Sync),
) {
    while let Some(request) = next(&mut stream).await {
        let bytes = answer(&request);
        heard.lock().unwrap().push(request);
        if bytes.is_empty() || stream.write_all(&bytes).await.is_err() {
            return;
        }
    }
}

/// The next request, once it is whole.
pub(in crate::tests) async fn next(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n")
            && body.len() >= length(head)
        {
            return Some(text);
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

fn length(head: &str) -> usize {
    let line = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    line.map_or(0, |length| length.parse().unwrap())
}

/// An answer with this status, these lines of headers and this body.
pub(in crate::tests) fn answer(status: u16, headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status} X\r\n{headers}content-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// An answer that says back what was asked.
pub(in crate::tests) fn echo(request: &str) -> Vec<u8> {
    answer(200, "", request)
}
