//! One session with a server, from its start to its end. It asks for tools and calls them, and knows when
//! it is over; it does not begin anew.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use lockstep_core::event::Json;
use lockstep_core::grant::tools::Tool;
use lockstep_sandbox::{Scrubber, ToolCall, ToolFault};
use rmcp::model::{
    CallToolRequest, CallToolRequestParams, CancelledNotificationParam, ClientCapabilities, ClientConfig,
    ClientRequest, Implementation, ListToolsRequest, MetaObject, PaginatedRequestParams, RequestId,
    RequestMetaObject, ServerResult,
};
use rmcp::service::{ClientInitializeError, PeerRequestOptions, RunningService};
use rmcp::{Peer, RoleClient, ServiceError, serve_client};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};

use crate::{Declared, Transport, answer, http, process};

/// The most tools that a server may have.
const TOOLS: usize = 1000;
/// Their names, descriptions and schemas together, in bytes of JSON.
const LIST: usize = 4 << 20;
/// The most parts in which it may tell of them.
const PAGES: usize = 1000;
/// So long the reason of an end is waited for, where an end was seen.
const REASON: Duration = Duration::from_secs(1);
/// Why a session ended that nobody needs any more.
pub(crate) const STOPPED: &str = "the host has stopped it";
/// The key of a call, among what goes along with it.
pub(crate) const KEY: &str = "lockstep/idempotency-key";

/// Whether a request may have reached the server. It travels with the request, and whoever writes it sets
/// it before the last byte.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sent(Arc<AtomicBool>);

impl Sent {
    pub(crate) fn set(&self, sent: bool) {
        self.0.store(sent, Ordering::SeqCst);
    }

    fn get(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// When and why a session ended, if it has: the first reason stands.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fate(Arc<watch::Sender<Option<Ended>>>);

/// The end of a session.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    pub(crate) why: Arc<str>,
    pub(crate) at: Instant,
}

impl Fate {
    /// It is over, if it was not before.
    pub(crate) fn seal(&self, why: &str) {
        self.0.send_if_modified(|ended| {
            let is_first = ended.is_none();
            if is_first {
                *ended = Some(Ended { why: why.into(), at: Instant::now() });
            }
            is_first
        });
    }

    pub(crate) fn ended(&self) -> Option<Ended> {
        self.0.borrow().clone()
    }

    /// Waits for the end.
    pub(crate) async fn end(&self) {
        // It cannot be closed while it is borrowed here.
        let _ = self.0.subscribe().wait_for(Option::is_some).await;
    }

    /// Why it ended; it is about to, if it has not.
    async fn why(&self) -> Arc<str> {
        let _ = tokio::time::timeout(REASON, self.end()).await;
        self.ended().map_or("the connection broke".into(), |ended| ended.why)
    }
}

/// How often a server has said that its tools are others now.
#[derive(Clone, Debug, Default)]
pub(crate) struct Changes(Arc<AtomicU64>);

impl Changes {
    pub(crate) fn add(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    fn count(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// A session.
pub(crate) struct Session {
    service: RunningService<RoleClient, ClientConfig>,
    pub(crate) fate: Fate,
    pub(crate) since: Instant,
    changes: Changes,
    scrubber: Arc<Scrubber>,
    /// Its tools, as of so many changes.
    tools: Mutex<Option<(u64, Arc<[Tool]>)>>,
    /// Closed when its process has gone.
    left: tokio::sync::Mutex<mpsc::Receiver<()>>,
}

impl Session {
    /// Begins one; whoever gives up waiting ends what was begun.
    pub(crate) async fn start(declared: &Declared, scrubber: Arc<Scrubber>) -> Result<Session, String> {
        let (fate, changes) = (Fate::default(), Changes::default());
        let (holds, left) = mpsc::channel(1);
        let unfinished = Unfinished(Some(fate.clone()));
        let started = match &declared.transport {
            Transport::Process(process) => {
                let way = process::start(&declared.name, process, &fate, &changes, &scrubber, holds)?;
                serve_client(about(), way).await
            }
            Transport::Http(http) => serve_client(about(), http::open(http, &changes)?).await,
        };
        let service = match started {
            Ok(service) => service,
            Err(error) => return Err(not_started(&declared.transport, &fate, &error).await),
        };
        unfinished.finish();
        let since = Instant::now();
        let (tools, left) = (Mutex::default(), tokio::sync::Mutex::new(left));
        Ok(Session { service, fate, since, changes, scrubber, tools, left })
    }

    /// Why it is over, if it is.
    pub(crate) fn ended(&self) -> Option<Ended> {
        if self.service.is_closed() || self.service.peer().is_transport_closed() {
            self.fate.seal("the connection broke");
        }
        self.fate.ended()
    }

    /// Its tools: those that were told last, unless it has said since that there are others.
    pub(crate) async fn tools(&self) -> Result<Arc<[Tool]>, String> {
        let changes = self.changes.count();
        let known = self.tools.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((_, tools)) = known.filter(|(as_of, _)| *as_of == changes) {
            return Ok(tools);
        }
        let tools = self.ask_for_tools().await?;
        *self.tools.lock().unwrap_or_else(PoisonError::into_inner) = Some((changes, tools.clone()));
        Ok(tools)
    }

    async fn ask_for_tools(&self) -> Result<Arc<[Tool]>, String> {
        let (mut tools, mut cursor) = (List::default(), None);
        for _ in 0..PAGES {
            let params = PaginatedRequestParams::default().with_cursor(cursor);
            let request = ListToolsRequest { params: Some(params), ..ListToolsRequest::default() };
            let asked = self.ask(ClientRequest::ListToolsRequest(request), None).await;
            let page = match asked {
                Ok(ServerResult::ListToolsResult(page)) => page,
                Ok(_) => return Err("it answered with what is no list of tools".into()),
                Err(error) => return Err(self.unlisted(&error).await),
            };
            tools.add(&page.tools, &self.scrubber)?;
            cursor = page.next_cursor;
            if cursor.is_none() {
                return tools.finish();
            }
        }
        Err(format!("it tells of its tools in more than {PAGES} parts"))
    }

    /// Calls a tool.
    pub(crate) async fn call(&self, call: &ToolCall) -> Result<Json, ToolFault> {
        let arguments = serde_json::from_str(call.arguments.as_str());
        let arguments = arguments.map_err(|_| ToolFault::NotMade("its arguments are no object".into()))?;
        let params = CallToolRequestParams::new(call.name.clone()).with_arguments(arguments);
        let mut request = CallToolRequest::new(params);
        let sent = Sent::default();
        request.extensions.insert(sent.clone());
        request.extensions.insert(Most(call.most));
        let mut meta = MetaObject::default();
        meta.insert(KEY.into(), call.key.clone().into());
        match self.ask(ClientRequest::CallToolRequest(request), Some(RequestMetaObject(meta))).await {
            Ok(answer) => answer::result(answer, call.most, &self.scrubber),
            Err(ServiceError::McpError(error)) => Err(answer::refused(&error, &self.scrubber)),
            Err(error) => Err(self.broken(&error, &sent).await),
        }
    }

    /// Asks and waits; a question that is dropped is taken back.
    async fn ask(
        &self,
        request: ClientRequest,
        meta: Option<RequestMetaObject>,
    ) -> Result<ServerResult, ServiceError> {
        let mut options = PeerRequestOptions::no_options();
        options.meta = meta;
        let peer = self.service.peer();
        let handle = peer.send_cancellable_request(request, options).await?;
        let mut open = Open { peer: peer.clone(), id: Some(handle.id.clone()) };
        let answer = handle.await_response().await;
        open.id = None;
        answer
    }

    /// A call to which there is no answer.
    async fn broken(&self, error: &ServiceError, sent: &Sent) -> ToolFault {
        let why = self.over(error).await;
        match sent.get() {
            true => ToolFault::Lost(why),
            false => ToolFault::NotMade(why),
        }
    }

    async fn unlisted(&self, error: &ServiceError) -> String {
        match error {
            ServiceError::McpError(error) => answer::told(&error.message, &self.scrubber),
            error => self.over(error).await,
        }
    }

    /// Says why there is no answer, and ends the session if there will be none to other questions either.
    async fn over(&self, error: &ServiceError) -> String {
        let http = match error {
            ServiceError::TransportSend(error) => http::fault(error),
            _ => None,
        };
        let Some(fault) = http else {
            let why = self.fate.why().await;
            self.fate.seal(&why);
            return why.to_string();
        };
        let why = answer::told(&fault.to_string(), &self.scrubber);
        if http::ends_session(fault) {
            self.fate.seal(&why);
        }
        why
    }

    /// Ends it, and waits until nothing is left of it.
    pub(crate) async fn end(&self) {
        self.fate.seal(STOPPED);
        // Nothing is ever sent: it is closed when the last who holds the other end has gone.
        let _ = self.left.lock().await.recv().await;
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.fate.seal(STOPPED);
    }
}

/// The longest result of a call, for whoever reads the answer to it alone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Most(pub(crate) usize);

/// A session that is not yet one: dropped, what was begun for it is ended.
struct Unfinished(Option<Fate>);

impl Unfinished {
    fn finish(mut self) {
        self.0 = None;
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(fate) = self.0.take() {
            fate.seal("it was not ready");
        }
    }
}

/// A question without an answer. Dropped, the server is told that nobody waits for one.
struct Open {
    peer: Peer<RoleClient>,
    id: Option<RequestId>,
}

impl Drop for Open {
    fn drop(&mut self) {
        let (Some(id), Ok(runtime)) = (self.id.take(), Handle::try_current()) else { return };
        let peer = self.peer.clone();
        let notice = CancelledNotificationParam::new(Some(id), Some("nobody waits for it any more".into()));
        // Whoever cannot be told has ended.
        runtime.spawn(async move { drop(peer.notify_cancelled(notice).await) });
    }
}

/// Tools as they are told, in bounds.
#[derive(Default)]
struct List {
    tools: Vec<Tool>,
    bytes: usize,
}

impl List {
    fn add(&mut self, tools: &[rmcp::model::Tool], scrubber: &Scrubber) -> Result<(), String> {
        for tool in tools {
            let told = answer::tool(tool, scrubber);
            let tool = told.ok_or("it gives out a secret of the operator in the schema of a tool")?;
            self.bytes += tool.name.len() + tool.description.len() + tool.schema.to_string().len();
            self.tools.push(tool);
            if self.tools.len() > TOOLS || self.bytes > LIST {
                return Err(format!(
                    "it has more than {TOOLS} tools, or tells more than {LIST} bytes of them"
                ));
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Arc<[Tool]>, String> {
        self.tools.sort_by(|a, b| a.name.cmp(&b.name));
        let mut names = BTreeSet::new();
        match self.tools.iter().find(|tool| !names.insert(&tool.name)) {
            Some(twice) => Err(format!("it has two tools of the name `{}`", twice.name)),
            None => Ok(self.tools.into()),
        }
    }
}

/// Who the host is. It can do nothing for a server.
fn about() -> ClientConfig {
    ClientConfig::new(
        ClientCapabilities::default(),
        Implementation::new("lockstep", env!("CARGO_PKG_VERSION")),
    )
}

/// Why a session has not begun: the end of its process says more than the error that followed from it.
async fn not_started(transport: &Transport, fate: &Fate, error: &ClientInitializeError) -> String {
    if let Transport::Process(_) = transport {
        let _ = tokio::time::timeout(REASON, fate.end()).await;
    }
    match (fate.ended(), error) {
        (Some(ended), _) => ended.why.to_string(),
        (None, ClientInitializeError::TransportError { error, .. }) => {
            http::fault(error).map_or_else(|| format!("it cannot be spoken to: {error}"), ToString::to_string)
        }
        (None, error) => format!("it cannot be spoken to: {error}"),
    }
}
