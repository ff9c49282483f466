//! A server of tools as the sandbox sees it: there when it is needed. It has one session at a time, begins
//! it at the first use, and after the end of one waits before it begins another.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lockstep_core::grant::tools::Tool;
use lockstep_sandbox::{Calling, Deciding, Scrubber, ToolCall, ToolFault, ToolServer, Unreadable};
use tokio::sync::Semaphore;

use crate::Declared;
use crate::answer::told;
use crate::session::{Ended, STOPPED, Session};

/// So many calls are with a server at once; others wait.
const AT_ONCE: usize = 64;
/// A session that lasted so long was a good one: what failed before it counts no more.
const GOOD: Duration = Duration::from_secs(60);

/// A server of tools. Dropped, it is ended.
pub struct Server(Arc<Inner>);

struct Inner {
    declared: Declared,
    scrubber: Arc<Scrubber>,
    state: Mutex<State>,
    /// Held by whoever begins a session.
    beginning: tokio::sync::Mutex<()>,
    places: Semaphore,
}

#[derive(Default)]
struct State {
    session: Option<Arc<Session>>,
    failures: u32,
    failed: Option<Failed>,
    is_stopped: bool,
}

/// What went wrong last, and until when the server is left alone.
#[derive(Clone)]
struct Failed {
    why: Arc<str>,
    until: Instant,
}

/// How a server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// Nobody has needed it yet.
    NotStarted,
    /// It runs.
    Running {
        /// Since when.
        since: Instant,
    },
    /// It does not.
    Failed {
        /// Why.
        why: Arc<str>,
        /// It is not tried again before.
        until: Instant,
    },
}

impl Server {
    /// One that is not yet started.
    pub fn new(declared: Declared) -> Server {
        let secrets = declared.secrets();
        let scrubber = Arc::new(Scrubber::new(secrets.iter().map(|secret| secret.text().as_bytes())));
        Server(Arc::new(Inner {
            scrubber,
            state: Mutex::default(),
            beginning: tokio::sync::Mutex::default(),
            places: Semaphore::new(AT_ONCE),
            declared,
        }))
    }

    /// Ends it for good, and waits until it has gone. It is told to end, and killed if it does not.
    pub async fn stop(&self) {
        let session = {
            let mut state = self.0.state();
            state.is_stopped = true;
            state.session.take()
        };
        if let Some(session) = session {
            session.end().await;
        }
    }

    /// How it is.
    pub fn health(&self) -> Health {
        let mut state = self.0.state();
        match (state.live(&self.0.declared), &state.failed) {
            (Some(session), _) => Health::Running { since: session.since },
            (None, Some(failed)) => Health::Failed { why: failed.why.clone(), until: failed.until },
            (None, None) => Health::NotStarted,
        }
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The session, begun if there is none; or why there is none.
    async fn session(self: &Arc<Self>) -> Result<Arc<Session>, String> {
        if let Some(session) = self.state().live(&self.declared) {
            return Ok(session);
        }
        // Whoever waits for it may give up; then it is there for the next one.
        let inner = self.clone();
        let begun = tokio::spawn(async move { inner.begin().await }).await;
        begun.unwrap_or_else(|_| Err("it could not be started".into()))
    }

    async fn begin(&self) -> Result<Arc<Session>, String> {
        let _alone = self.beginning.lock().await;
        {
            let mut state = self.state();
            if let Some(session) = state.live(&self.declared) {
                return Ok(session);
            }
            state.rests(Instant::now())?;
        }
        let timeout = self.declared.start_timeout;
        let starting = Session::start(&self.declared, self.scrubber.clone());
        let started = tokio::time::timeout(timeout, starting).await;
        let started =
            started.unwrap_or_else(|_| Err(format!("it was not ready within {} s", timeout.as_secs_f64())));
        let mut state = self.state();
        match started {
            Ok(_) if state.is_stopped => Err(STOPPED.into()),
            Ok(session) => {
                tracing::info!(server = self.declared.name, "a server of tools has been started");
                Ok(state.session.insert(Arc::new(session)).clone())
            }
            Err(why) => {
                let why = told(&why, &self.scrubber);
                state.fail(&Ended { why: why.as_str().into(), at: Instant::now() }, &self.declared);
                Err(why)
            }
        }
    }

    async fn list(self: &Arc<Self>) -> Result<Arc<[Tool]>, String> {
        let session = self.session().await?;
        let timeout = self.declared.start_timeout;
        let late = |_| Err(format!("it did not tell of its tools within {} s", timeout.as_secs_f64()));
        tokio::time::timeout(timeout, session.tools()).await.unwrap_or_else(late)
    }
}

impl State {
    /// The session, if it is not over.
    fn live(&mut self, declared: &Declared) -> Option<Arc<Session>> {
        let session = self.session.as_ref()?;
        let Some(ended) = session.ended() else { return Some(session.clone()) };
        if ended.at.saturating_duration_since(session.since) >= GOOD {
            self.failures = 0;
        }
        self.session = None;
        self.fail(&ended, declared);
        None
    }

    fn fail(&mut self, ended: &Ended, declared: &Declared) {
        self.failures = self.failures.saturating_add(1);
        let until = ended.at + declared.backoff.after(self.failures);
        self.failed = Some(Failed { why: ended.why.clone(), until });
        tracing::warn!(server = declared.name, why = %ended.why.escape_debug(), "a server of tools has failed");
    }

    /// An error while the server is left alone.
    fn rests(&self, now: Instant) -> Result<(), String> {
        match &self.failed {
            _ if self.is_stopped => Err(STOPPED.into()),
            Some(Failed { why, until }) if *until > now => {
                let wait = until.duration_since(now).as_secs_f64().ceil();
                Err(format!("{why}; it is tried again in {wait} s"))
            }
            _ => Ok(()),
        }
    }
}

impl ToolServer for Server {
    fn list(&self) -> Deciding<'_, Arc<[Tool]>> {
        Box::pin(async move {
            let listed = self.0.list().await;
            listed.map_err(|why| Unreadable(format!("the server `{}`: {why}", self.0.declared.name)))
        })
    }

    fn call<'a>(&'a self, call: &'a ToolCall) -> Calling<'a> {
        Box::pin(async move {
            let place = self.0.places.acquire().await;
            let _place = place.map_err(|_| ToolFault::NotMade("the host stops".into()))?;
            let session = self.0.session().await.map_err(ToolFault::NotMade)?;
            session.call(call).await
        })
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Server").field(&self.0.declared.name).finish()
    }
}
