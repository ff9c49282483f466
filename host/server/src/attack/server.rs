//! Servers on loopback that speak no more HTTP than a case has them say and remember what they heard, a
//! proxy that leads every connection to one of them, and names that mean what a case wants. Thanks to the
//! proxy a case can ask for any address of the world, and nothing leaves this machine.

use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lockstep_sandbox::{Proxy, Resolver, Resolving};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What a server says to a request, bit by bit.
pub(super) struct Answer {
    /// At once.
    pub(super) head: Vec<u8>,
    /// After it, again and again, and how long it waits before each.
    pub(super) then: Vec<u8>,
    pub(super) times: u64,
    pub(super) pause: Duration,
}

impl Answer {
    /// With this status, these lines of headers and this body.
    pub(super) fn whole(status: u16, headers: &str, body: &[u8]) -> Answer {
        let mut head =
            format!("HTTP/1.1 {status} X\r\n{headers}content-length: {}\r\n\r\n", body.len()).into_bytes();
        head.extend_from_slice(body);
        Answer { head, then: Vec::new(), times: 0, pause: Duration::ZERO }
    }

    /// So many times the same bytes.
    pub(super) fn long(then: Vec<u8>, times: u64, pause: Duration) -> Answer {
        let length = then.len() as u64 * times;
        let head = format!("HTTP/1.1 200 X\r\ncontent-length: {length}\r\n\r\n").into_bytes();
        Answer { head, then, times, pause }
    }
}

/// A server, for as long as the runtime lives.
pub(super) struct Server {
    pub(super) port: u16,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Answers each request.
    pub(super) async fn new(answer: impl Fn(&str) -> Answer + Send + Sync + 'static) -> io::Result<Server> {
        let answer = Arc::new(answer);
        Server::with(move |stream, heard| {
            let answer = answer.clone();
            async move { converse(stream, &heard, &*answer).await }
        })
        .await
    }

    /// Says back what is asked.
    pub(super) async fn echo() -> io::Result<Server> {
        Server::new(|request| Answer::whole(200, "", request.as_bytes())).await
    }

    /// A proxy by CONNECT: hears where to, and leads there to this port.
    pub(super) async fn leading_to(port: u16) -> io::Result<Server> {
        Server::with(move |mut stream, heard| async move {
            if let Some(request) = next(&mut stream).await? {
                locked(&heard).push(request);
                stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
                let mut onward = TcpStream::connect(("127.0.0.1", port)).await?;
                tokio::io::copy_bidirectional(&mut stream, &mut onward).await?;
            }
            Ok(())
        })
        .await
    }

    async fn with<F>(
        talk: impl Fn(TcpStream, Arc<Mutex<Vec<String>>>) -> F + Send + 'static,
    ) -> io::Result<Server>
    where
        F: Future<Output = io::Result<()>> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let hears = heard.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(talk(stream, hears.clone()));
            }
        });
        Ok(Server { port, heard })
    }

    /// Requests as they came, head and body.
    pub(super) fn heard(&self) -> Vec<String> {
        locked(&self.heard).clone()
    }

    /// As a proxy of the operator's.
    pub(super) fn as_proxy(&self) -> Proxy {
        Proxy { host: "127.0.0.1".into(), port: self.port, authorization: None }
    }
}

async fn converse(
    mut stream: TcpStream,
    heard: &Mutex<Vec<String>>,
    answer: &(dyn Fn(&str) -> Answer + Send + Sync),
) -> io::Result<()> {
    while let Some(request) = next(&mut stream).await? {
        let told = answer(&request);
        locked(heard).push(request);
        stream.write_all(&told.head).await?;
        for _ in 0..told.times {
            if !told.pause.is_zero() {
                tokio::time::sleep(told.pause).await;
            }
            stream.write_all(&told.then).await?;
        }
    }
    Ok(())
}

/// The next request, once it is whole.
async fn next(stream: &mut TcpStream) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n")
            && body.len() >= length(head)
        {
            return Ok(Some(text));
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
    }
}

fn length(head: &str) -> usize {
    let line = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    line.and_then(|length| length.parse().ok()).unwrap_or(0)
}

/// A name server: each question gets the next answer, the last one again and again.
#[derive(Debug)]
pub(super) struct Names {
    answers: Vec<Vec<IpAddr>>,
    asked: Mutex<usize>,
}

impl Names {
    /// Addresses of one answer stand between spaces.
    pub(super) fn new(answers: &[&str]) -> anyhow::Result<Arc<Names>> {
        let addresses = |text: &&str| text.split(' ').map(str::parse).collect();
        let answers = answers.iter().map(addresses).collect::<Result<_, _>>()?;
        Ok(Arc::new(Names { answers, asked: Mutex::new(0) }))
    }
}

impl Resolver for Names {
    fn resolve<'a>(&'a self, _: &'a str) -> Resolving<'a> {
        let mut asked = locked(&self.asked);
        let answer = self.answers.get(*asked).or(self.answers.last()).cloned();
        *asked += 1;
        Box::pin(std::future::ready(answer.ok_or_else(|| io::ErrorKind::NotFound.into())))
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
