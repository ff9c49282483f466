//! A server that is a process: its messages are lines of its input and output. It is started in a group of
//! its own, with the environment that it is given and no other, and the whole group is ended with it.

use std::io;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use lockstep_sandbox::Scrubber;
use rmcp::RoleClient;
use rmcp::model::{ClientJsonRpcMessage, GetExtensions, JsonRpcMessage, ServerJsonRpcMessage};
use rmcp::transport::Transport;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;

use crate::lines::{Chunks, Line, Lines};
use crate::session::{Changes, Fate, Sent};
use crate::sieve::{self, Sorted};
use crate::stderr::{self, Last};
use crate::{LONGEST, Process, Value};

/// So much is read at once.
const CHUNK: usize = 64 << 10;
/// So many answers wait to be taken.
const WAITING: usize = 16;
/// So long a server may leave what it is sent unread.
const UNREAD: Duration = Duration::from_secs(30);
/// So long a server that was told to end may take.
const GRACE: Duration = Duration::from_secs(2);
/// So long after the end of its output a process is given to end, so that it can be said how it did.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// The way to a process.
pub(crate) struct Way {
    stdin: Input,
    answers: mpsc::Receiver<ServerJsonRpcMessage>,
    fate: Fate,
}

/// Starts it. It runs until its fate is sealed, and holds `holds` as long as something of it is left.
pub(crate) fn start(
    name: &str,
    process: &Process,
    fate: &Fate,
    changes: &Changes,
    scrubber: &Arc<Scrubber>,
    holds: mpsc::Sender<()>,
) -> Result<Way, String> {
    let program = process.argv.first().cloned().unwrap_or_default();
    let mut child =
        command(process).spawn().map_err(|error| format!("`{program}` cannot be started: {error}"))?;
    let group = Group::of(&child);
    let stdin = Input(Arc::new(Mutex::new(child.stdin.take())));
    let (give, answers) = mpsc::channel(WAITING);
    let last = Last::default();
    let words = child.stderr.take();
    let words = words
        .map(|stderr| tokio::spawn(stderr::follow(name.to_owned(), stderr, scrubber.clone(), last.clone())));
    if let Some(stdout) = child.stdout.take() {
        let reading = Reading { stdin: stdin.clone(), give, changes: changes.clone() };
        tokio::spawn(read(reading, stdout, fate.clone()));
    }
    let fate_of_it = fate.clone();
    tokio::spawn(async move {
        watch(program, child, group, fate_of_it, Words { last, words }).await;
        drop(holds);
    });
    Ok(Way { stdin, answers, fate: fate.clone() })
}

fn command(process: &Process) -> Command {
    let mut command = Command::new(process.argv.first().map(String::as_str).unwrap_or_default());
    command.args(process.argv.iter().skip(1)).current_dir(&process.cwd);
    command.env_clear().envs(process.env.iter().map(|(name, value)| (name, Value::text(value))));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.process_group(0).kill_on_drop(true);
    command
}

/// Sees to it that a process ends with its session, and the session with its process.
async fn watch(program: String, mut child: Child, group: Group, fate: Fate, words: Words) {
    tokio::select! {
        status = child.wait() => fate.seal(&ended(&program, status, &words.last().await)),
        () = fate.end() => {
            group.signal(Signal::TERM);
            let _ = tokio::time::timeout(GRACE, child.wait()).await;
        }
    }
    drop(group);
}

fn ended(program: &str, status: io::Result<ExitStatus>, last: &str) -> String {
    let how = status.map_or_else(|error| error.to_string(), |status| status.to_string());
    match last {
        "" => format!("`{program}` ended: {how}"),
        last => format!("`{program}` ended: {how}; the last it said was: {last}"),
    }
}

/// What a process says beside its messages.
struct Words {
    last: Last,
    words: Option<JoinHandle<()>>,
}

impl Words {
    /// The last of them; what was said just before the end is still on its way.
    async fn last(self) -> String {
        if let Some(words) = self.words {
            let _ = tokio::time::timeout(LAST_WORDS, words).await;
        }
        self.last.get()
    }
}

/// The processes of a server. Dropped, they are killed.
struct Group(Option<Pid>);

impl Group {
    fn of(child: &Child) -> Group {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Group(id.and_then(Pid::from_raw))
    }

    fn signal(&self, signal: Signal) {
        if let Some(group) = self.0 {
            // Whoever is gone cannot be told.
            let _ = kill_process_group(group, signal);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
    }
}

/// Where the server reads. It takes one message after the other, and none after one that it took in part.
#[derive(Clone)]
struct Input(Arc<Mutex<Option<ChildStdin>>>);

impl Input {
    async fn write(&self, message: &[u8], sent: Option<Sent>) -> io::Result<()> {
        let mut input = self.0.lock().await;
        let Some(mut stdin) = input.take() else { return Err(io::ErrorKind::BrokenPipe.into()) };
        let writing = tokio::time::timeout(UNREAD, write(&mut stdin, message, sent));
        writing.await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))?;
        *input = Some(stdin);
        Ok(())
    }
}

/// A message without its end is none: only with the last byte it is sent.
async fn write(stdin: &mut ChildStdin, message: &[u8], sent: Option<Sent>) -> io::Result<()> {
    stdin.write_all(message).await?;
    stdin.flush().await?;
    let sent = sent.unwrap_or_default();
    sent.set(true);
    let ended = stdin.write_all(b"\n").await;
    sent.set(ended.is_ok());
    ended?;
    stdin.flush().await
}

/// What a reader of a server's output has.
struct Reading {
    stdin: Input,
    give: mpsc::Sender<ServerJsonRpcMessage>,
    changes: Changes,
}

async fn read(reading: Reading, stdout: ChildStdout, fate: Fate) {
    let mut lines = Lines::new(Output(stdout, BytesMut::new()), LONGEST);
    let over = loop {
        let line = lines.next().await;
        if let Err(over) = reading.take(line).await {
            break over;
        }
    };
    // From here on nobody gets an answer.
    drop(reading);
    if let Over::Closed = over {
        let _ = tokio::time::timeout(LAST_WORDS, fate.end()).await;
    }
    fate.seal(&over.to_string());
}

/// Why nothing more is read of a server.
#[derive(Debug, thiserror::Error)]
enum Over {
    /// Most likely it has ended.
    #[error("it has closed its output")]
    Closed,
    /// It has closed it by force.
    #[error("its output cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    /// Nothing can be told apart after that.
    #[error("it sent a message without an end")]
    Endless,
    /// What it is owed would heap up.
    #[error("it does not read what it asked for")]
    Unread,
    /// The session is over.
    #[error("nobody listens to it any more")]
    Unheard,
}

impl Reading {
    /// Takes a line, or says why there is no other.
    async fn take(&self, line: io::Result<Line>) -> Result<(), Over> {
        match line? {
            Line::Whole(line) => self.message(&line).await,
            Line::TooLong(Some(id)) => self.answer(sieve::too_long(id)).await,
            Line::TooLong(None) => Ok(()),
            Line::Endless => Err(Over::Endless),
            Line::End => Err(Over::Closed),
        }
    }

    async fn message(&self, line: &[u8]) -> Result<(), Over> {
        match sieve::sort(line) {
            Sorted::Answer(answer) => self.answer(*answer).await,
            Sorted::Asks(reply) => self.stdin.write(reply.as_bytes(), None).await.map_err(|_| Over::Unread),
            Sorted::Changed => {
                self.changes.add();
                Ok(())
            }
            Sorted::Other => Ok(()),
        }
    }

    async fn answer(&self, answer: ServerJsonRpcMessage) -> Result<(), Over> {
        self.give.send(answer).await.map_err(|_| Over::Unheard)
    }
}

/// What a process writes.
struct Output(ChildStdout, BytesMut);

impl Chunks for Output {
    async fn chunk(&mut self) -> io::Result<Option<Bytes>> {
        self.1.reserve(CHUNK);
        let length = self.0.read_buf(&mut self.1).await?;
        Ok((length > 0).then(|| self.1.split().freeze()))
    }
}

impl Transport<RoleClient> for Way {
    type Error = io::Error;

    fn send(
        &mut self,
        message: ClientJsonRpcMessage,
    ) -> impl Future<Output = io::Result<()>> + Send + 'static {
        let (stdin, fate) = (self.stdin.clone(), self.fate.clone());
        let sent = match &message {
            JsonRpcMessage::Request(request) => request.request.extensions().get::<Sent>().cloned(),
            _ => None,
        };
        async move {
            let written = stdin.write(&serde_json::to_vec(&message)?, sent).await;
            if written.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::TimedOut) {
                fate.seal("it does not read what it is sent");
            }
            written
        }
    }

    async fn receive(&mut self) -> Option<ServerJsonRpcMessage> {
        self.answers.recv().await
    }

    async fn close(&mut self) -> io::Result<()> {
        drop(self.stdin.0.lock().await.take());
        Ok(())
    }
}
