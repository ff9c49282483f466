//! One client over a pair of streams, a message a line, each bounded before it is read. What is no message
//! is left out, with a line in the log; one that is too long is answered with why, if it says to whom.

use std::io;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use rmcp::RoleServer;
use rmcp::model::{ClientJsonRpcMessage, ErrorData, RequestId, ServerJsonRpcMessage};
use rmcp::service::{ServerInitializeError, serve_server};
use rmcp::transport::Transport;
use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::{Mutex, mpsc, watch};

use super::Over;
use super::handler::Handler;
use crate::LONGEST;
use crate::lines::{Chunks, Line, Lines};

/// So much is read at once.
const CHUNK: usize = 64 << 10;
/// So many messages wait to be taken.
const WAITING: usize = 4;
/// While so many wait to be read by the client, nothing more is read of it.
const UNREAD: usize = 256;

/// Speaks with a client until it has nothing more to say or it is over.
pub(super) async fn serve<R, W>(handler: &Handler, over: &Over, reader: R, writer: W)
where
    R: AsyncRead + Send + Unpin + 'static,
    W: AsyncWrite + Send + Unpin + 'static,
{
    let output = Output { writer: Arc::new(Mutex::new(Box::new(writer))), unread: Arc::default() };
    let (give, messages) = mpsc::channel(WAITING);
    let reading = tokio::spawn(read(reader, give, output.clone()));
    let way = Way { messages: Arc::new(Mutex::new(messages)), output, over: over.clone() };
    // A client that begins in the wrong way may begin anew: each time takes a message from it.
    while begun_wrongly(handler, &way).await {}
    reading.abort();
}

/// Serves a client to its end, unless it says something else before it introduces itself.
async fn begun_wrongly(handler: &Handler, way: &Way) -> bool {
    match serve_server(handler.clone(), way.clone()).await {
        Ok(running) => {
            // However it ended, it has.
            let _ = running.waiting().await;
            false
        }
        Err(
            ServerInitializeError::ExpectedInitializeRequest(_) | ServerInitializeError::InitializeFailed(_),
        ) => true,
        Err(_) => false,
    }
}

/// The way to a client. It ends when the client says no more, and when it is over.
#[derive(Clone)]
struct Way {
    messages: Arc<Mutex<mpsc::Receiver<ClientJsonRpcMessage>>>,
    output: Output,
    over: Over,
}

impl Transport<RoleServer> for Way {
    type Error = io::Error;

    fn send(
        &mut self,
        message: ServerJsonRpcMessage,
    ) -> impl Future<Output = io::Result<()>> + Send + 'static {
        self.output.write(&message)
    }

    async fn receive(&mut self) -> Option<ClientJsonRpcMessage> {
        let mut messages = self.messages.lock().await;
        let message = tokio::select! {
            message = messages.recv() => message,
            () = self.over.ended() => None,
        };
        if message.is_none() {
            // Whoever still waits for a run is answered before the end.
            self.over.end();
        }
        message
    }

    async fn close(&mut self) -> io::Result<()> {
        self.output.writer.lock().await.flush().await
    }
}

/// Where the client reads.
#[derive(Clone)]
struct Output {
    writer: Arc<Mutex<Box<dyn AsyncWrite + Send + Unpin>>>,
    /// How many messages wait to be written.
    unread: Arc<watch::Sender<usize>>,
}

impl Output {
    fn write(&self, message: &ServerJsonRpcMessage) -> impl Future<Output = io::Result<()>> + Send + use<> {
        let (line, output) = (serde_json::to_vec(message), self.clone());
        output.unread.send_modify(|unread| *unread += 1);
        async move {
            let written = output.write_line(line).await;
            output.unread.send_modify(|unread| *unread -= 1);
            written
        }
    }

    async fn write_line(&self, line: serde_json::Result<Vec<u8>>) -> io::Result<()> {
        let mut line = line?;
        line.push(b'\n');
        let mut writer = self.writer.lock().await;
        writer.write_all(&line).await?;
        writer.flush().await
    }

    /// Comes back when the client has read enough.
    async fn has_room(&self) {
        // The sender is this one's own, so it does not go away.
        let _ = self.unread.subscribe().wait_for(|unread| *unread < UNREAD).await;
    }
}

/// Reads messages until there are no more.
async fn read(
    reader: impl AsyncRead + Send + Unpin,
    give: mpsc::Sender<ClientJsonRpcMessage>,
    output: Output,
) {
    let mut lines = Lines::new(Input(reader, BytesMut::new()), LONGEST);
    loop {
        output.has_room().await;
        let taken = match lines.next().await {
            Ok(Line::Whole(line)) => Taken::of(&line),
            Ok(Line::TooLong(id)) => Taken::Answer(Box::new(too_long(id))),
            Ok(Line::End | Line::Endless) | Err(_) => return,
        };
        let over = match taken {
            Taken::Nothing => false,
            Taken::Message(message) => give.send(*message).await.is_err(),
            Taken::Answer(answer) => output.write(&answer).await.is_err(),
        };
        if over {
            return;
        }
    }
}

/// What a line is.
enum Taken {
    /// Nothing that anybody could answer.
    Nothing,
    /// A message.
    Message(Box<ClientJsonRpcMessage>),
    /// What a client gets whose message is none of MCP.
    Answer(Box<ServerJsonRpcMessage>),
}

#[derive(Deserialize)]
struct Head {
    id: Option<RequestId>,
}

impl Taken {
    fn of(line: &[u8]) -> Taken {
        if line.trim_ascii().is_empty() {
            return Taken::Nothing;
        }
        match (serde_json::from_slice(line), serde_json::from_slice::<Head>(line)) {
            (Ok(message), _) => Taken::Message(Box::new(message)),
            (Err(error), Ok(Head { id: Some(id) })) => Taken::Answer(Box::new(unreadable(&error, id))),
            // Two that answer what they do not understand would never end.
            (Err(error), _) => {
                tracing::warn!("the client sent a line that is no message: {error}");
                Taken::Nothing
            }
        }
    }
}

fn unreadable(error: &serde_json::Error, id: RequestId) -> ServerJsonRpcMessage {
    let why = format!("it is no message of MCP: {error}");
    ServerJsonRpcMessage::error(ErrorData::invalid_request(why, None), Some(id))
}

fn too_long(id: Option<i64>) -> ServerJsonRpcMessage {
    let why = format!("it is longer than {} MiB", LONGEST >> 20);
    ServerJsonRpcMessage::error(ErrorData::invalid_request(why, None), id.map(RequestId::Number))
}

/// What a client writes.
struct Input<R>(R, BytesMut);

impl<R: AsyncRead + Send + Unpin> Chunks for Input<R> {
    async fn chunk(&mut self) -> io::Result<Option<Bytes>> {
        self.1.reserve(CHUNK);
        let length = self.0.read_buf(&mut self.1).await?;
        Ok((length > 0).then(|| self.1.split().freeze()))
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn nothing_more_is_read_while_answers_heap_up() {
        let (here, mut there) = tokio::io::duplex(1);
        let output = Output { writer: Arc::new(Mutex::new(Box::new(here))), unread: Arc::default() };
        let answers: Vec<_> = (0..UNREAD).map(|_| output.write(&too_long(None))).collect();
        assert!(output.has_room().now_or_never().is_none());
        let writing = tokio::spawn(futures::future::join_all(answers));
        let reading = tokio::spawn(async move { while there.read_u8().await.is_ok() {} });
        output.has_room().await;
        writing.await.unwrap();
        drop(output);
        reading.await.unwrap();
    }
}
