//! The calls of one attempt to tools.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use lockstep_core::effect::{CallId, Denial, Intent, Proposal};
use lockstep_core::event::Json;
use lockstep_core::grant::tools::{self, Arguments, Tool, ToolsRule, Why, pin_of, shown_schema};
use lockstep_core::grant::{Denied, Grant};

use super::component::Caller;
use super::{NAME, Origin, Tools, answer};
use crate::fault::{Ended, bytes};
use crate::leaving::{Leaving, Left};
use crate::log::Log;
use crate::{Identity, KeyValue, Level, ToolCall, ToolFault, Wall};

/// Of the arguments so much is told with a call.
const SHOWN: usize = 160;

/// What one attempt has to call tools with.
pub(crate) struct Session {
    tools: Arc<Tools>,
    leaving: Arc<Leaving>,
    kv: Option<Arc<dyn KeyValue>>,
    log: Log,
    /// The caller's: no tool is called with it.
    grant: Arc<Grant>,
    /// How long the host has computed for the calls since that was last asked.
    spent: Mutex<Duration>,
}

/// Why a guest gets no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CallError {
    #[error("denied: {}", .0.why)]
    Denied(Denial),
    #[error("refused: {0}")]
    Refused(String),
    #[error("no arguments for this tool: {0}")]
    Invalid(String),
    #[error("{0}")]
    Failed(String),
    #[error("no result in time")]
    Timeout,
    #[error("the result is too large")]
    TooLarge,
    #[error("{0}")]
    Unavailable(String),
}

/// What becomes of a call without a result.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum NoResult {
    /// The guest is told and goes on.
    #[error(transparent)]
    Told(#[from] CallError),
    /// The attempt ends.
    #[error(transparent)]
    Ended(#[from] Ended),
}

/// A call that may be made, as far as the host is asked.
struct Cleared<'t> {
    rule: ToolsRule,
    origin: &'t Origin,
    tool: Tool,
    arguments: Arguments,
    /// Why a person is asked, if one is.
    asks: Option<String>,
}

impl Session {
    pub(crate) fn new(
        tools: Arc<Tools>,
        leaving: Arc<Leaving>,
        kv: Option<Arc<dyn KeyValue>>,
        log: Log,
        grant: Arc<Grant>,
    ) -> Session {
        Session { tools, leaving, kv, log, grant, spent: Mutex::default() }
    }

    /// How long the host has computed for the calls since this was last asked: what strangers' schemas make of
    /// strangers' arguments is the guest's time.
    pub(crate) fn spent(&self) -> Duration {
        std::mem::take(&mut *self.spent.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn computing<T>(&self, work: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        let done = work();
        *self.spent.lock().unwrap_or_else(PoisonError::into_inner) += begun.elapsed();
        done
    }

    /// The tools that the grant allows, as their servers have them now.
    pub(crate) async fn list(&self) -> Result<Vec<Tool>, Ended> {
        self.leaving.calls.leaves()?;
        let mut listed = Vec::new();
        for (rule, origin) in self.tools.rules() {
            match origin.list().await {
                Ok(tools) if self.is_pinned(rule, &tools) => {
                    let shown = |tool: Tool| Tool { schema: shown_schema(rule, &tool), ..tool };
                    listed.extend(rule.allowed(&tools).into_iter().map(shown));
                }
                Ok(_) => self.left_out(rule, "they are not those that were accepted"),
                Err(why) => self.left_out(rule, &why.to_string()),
            }
        }
        listed.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(listed)
    }

    fn left_out(&self, rule: &ToolsRule, why: &str) {
        self.log.line(Level::Warn, format!("the tools of {} are not to be had: {why}", rule.from));
    }

    fn is_pinned(&self, rule: &ToolsRule, tools: &[Tool]) -> bool {
        let holds = |pin| self.computing(|| pin_of(&rule.allowed(tools)) == pin);
        rule.pin.is_none_or(holds) || !self.tools.walls.stands(Wall::Pin)
    }

    /// Calls one.
    pub(crate) async fn call(&self, me: &Identity, name: &str, arguments: &str) -> Result<Json, NoResult> {
        self.leaving.calls.leaves()?;
        let arguments = self.computing(|| Arguments::read(arguments));
        let arguments = arguments.map_err(|why| CallError::Invalid(why.to_string()))?;
        let mut cleared = self.cleared(name, arguments).await?;
        let id = self.leaving.id(&named(&cleared));
        let intent = self.intent(id, &cleared)?;
        match self.leaving.begin(&intent).await? {
            Left::Go => {}
            Left::GoWith(changed) => cleared.arguments = self.changed(&intent, &cleared, &changed).await?,
            Left::Recorded(recorded) => return Ok(answer::kept(&recorded)?),
            Left::Refused(reason) => return Err(CallError::Refused(reason.to_string()).into()),
            Left::OverBudget => return Err(self.denied(cleared.rule.what(name), Why::Budget)),
        }
        self.make(me, &intent, cleared).await
    }

    /// Whether the grant lets it out, or lets a person say so.
    async fn cleared(&self, name: &str, arguments: Arguments) -> Result<Cleared<'_>, NoResult> {
        let (mut rule, origin, tool, mut asks) = self.chosen(name, &arguments).await?;
        let arguments = match rule.settle(name, arguments.clone()) {
            Ok(arguments) => arguments,
            Err(_) if !self.tools.walls.stands(Wall::ToolArguments) => arguments,
            Err(not) => {
                let refused = || self.denied(not.what(&rule, name), Why::Argument);
                let may_ask = self.tools.on_denied == Denied::Ask;
                let proposed =
                    may_ask.then(|| self.tools.grant.proposed(&rule.from, name, &arguments)).flatten();
                let proposed = proposed.ok_or_else(refused)?;
                let settled = proposed.settle(name, arguments).map_err(|_| refused())?;
                (rule, asks) = (proposed, Some(no_rule(Why::Argument)));
                settled
            }
        };
        self.computing(|| tools::check(&tool.schema, &arguments)).map_err(CallError::Invalid)?;
        let asks = asks.filter(|_| self.tools.walls.stands(Wall::Approval));
        Ok(Cleared { rule, origin, tool, arguments, asks })
    }

    /// The rule of a tool, whose it is, how it is described, and why a person is asked about calling it.
    async fn chosen(
        &self,
        name: &str,
        arguments: &Arguments,
    ) -> Result<(ToolsRule, &Origin, Tool, Option<String>), NoResult> {
        let allowed = self.tools.rules().find(|(rule, _)| rule.allows(name));
        if let Some((rule, origin)) = allowed {
            let asks = rule.asks(name).then(|| "its rule says `approve`".to_owned());
            let tool = self.described(rule, origin, name, arguments).await?;
            return Ok((rule.clone(), origin, tool, asks));
        }
        for (rule, origin) in self.tools.rules() {
            let is_open = !self.tools.walls.stands(Wall::Tools);
            let asked = (self.tools.on_denied == Denied::Ask)
                .then(|| self.tools.grant.proposed(&rule.from, name, arguments))
                .flatten();
            let asks = asked.is_some().then(|| no_rule(Why::Tool));
            let Some(proposed) = asked.or_else(|| is_open.then(|| rule.clone())) else { continue };
            if let Ok(tools) = origin.list().await
                && let Some(tool) = origin.find(&tools, name, arguments)
            {
                return Ok((proposed, origin, tool, asks));
            }
        }
        Err(self.denied(self.unknown(name), Why::Tool))
    }

    /// A tool that no rule has, as denials name it: with the server only if there is just one.
    fn unknown(&self, name: &str) -> String {
        let mut rules = self.tools.rules().map(|(rule, _)| rule);
        match rules.next() {
            Some(first) if rules.all(|rule| rule.from == first.from) => first.what(name),
            _ => format!("/{name}"),
        }
    }

    async fn described(
        &self,
        rule: &ToolsRule,
        origin: &Origin,
        name: &str,
        arguments: &Arguments,
    ) -> Result<Tool, NoResult> {
        let tools = origin.list().await.map_err(|why| CallError::Unavailable(why.to_string()))?;
        if !self.is_pinned(rule, &tools) {
            return Err(self.denied(rule.what(name), Why::Pin));
        }
        let gone = || CallError::Unavailable(format!("{} has no tool `{name}`", rule.from));
        Ok(origin.find(&tools, name, arguments).ok_or_else(gone)?)
    }

    fn denied(&self, what: String, why: Why) -> NoResult {
        match self.leaving.denials.refuse(NAME, &what, why.as_str(), self.tools.on_denied) {
            Ok(denial) => CallError::Denied(denial).into(),
            Err(ended) => ended.into(),
        }
    }

    fn intent(&self, id: CallId, cleared: &Cleared<'_>) -> Result<Intent, Ended> {
        let Cleared { rule, tool, arguments, asks, .. } = cleared;
        let proposal = |why: &String| {
            let schema = Json::trusted(shown_schema(rule, tool).to_string());
            let arguments = Json::trusted(arguments.text());
            self.leaving.ask(why, Proposal { arguments, schema: Some(schema) })
        };
        Ok(Intent {
            id,
            capability: NAME.into(),
            what: told(rule, &tool.name, arguments).into(),
            rule: rule.name().into(),
            at_most_once: rule.at_most_once,
            keep: self.leaving.keep(rule.reuse),
            rate: rule.rate,
            calls: rule.calls.filter(|_| self.tools.walls.stands(Wall::ToolCalls)),
            within: self.leaving.within(),
            ask: asks.as_ref().map(proposal).transpose()?,
        })
    }

    /// What a person has made of the arguments is held against grant and schema like any. What does not fit
    /// them is not sent.
    async fn changed(
        &self,
        intent: &Intent,
        Cleared { rule, tool, .. }: &Cleared<'_>,
        changed: &Json,
    ) -> Result<Arguments, NoResult> {
        match self.computing(|| fitting(rule, tool, changed.as_str())) {
            Ok(arguments) => Ok(arguments),
            Err(why) => {
                let why = format!("what a person has made of them: {why}");
                self.leaving.broke(intent, why.as_str().into(), false).await?;
                Err(CallError::Invalid(why).into())
            }
        }
    }

    async fn make(&self, me: &Identity, intent: &Intent, cleared: Cleared<'_>) -> Result<Json, NoResult> {
        let Cleared { rule, origin, tool, arguments, .. } = cleared;
        let call = ToolCall {
            name: tool.name,
            arguments: Json::trusted(arguments.text()),
            key: self.leaving.key(None, &intent.id),
            most: rule.result_bytes,
        };
        let limit = if self.tools.walls.stands(Wall::CallTimeout) { rule.timeout } else { Duration::MAX };
        let calling = async {
            match origin {
                Origin::Server(server) => server.call(&call).await.map_err(Faulted::Fault),
                Origin::Component(component) => {
                    let (leaving, grant, log) = (&*self.leaving, &self.grant, &self.log);
                    let caller = Caller { me, leaving, grant, log, kv: self.kv.clone(), call: intent };
                    component.call(caller, &call).await
                }
            }
        };
        match tokio::time::timeout(limit, calling).await {
            Ok(Ok(result)) if result.as_str().len() <= rule.result_bytes => {
                let told = bytes(result.as_str().len()).to_string().into();
                self.leaving.answered(intent, || answer::result(&result), told).await?;
                Ok(result)
            }
            Ok(Ok(_)) => self.faulted(intent, &rule, &call, ToolFault::TooLarge).await,
            Ok(Err(Faulted::Fault(fault))) => self.faulted(intent, &rule, &call, fault).await,
            // What others have to decide first ends this attempt too. The call is made again then; what it has
            // called so far is kept.
            Ok(Err(Faulted::Ended(ended))) => {
                self.leaving.broke(intent, ended.to_string().into(), false).await?;
                Err(ended.into())
            }
            Err(_) => {
                self.leaving.broke(intent, "no result in time".into(), true).await?;
                Err(CallError::Timeout.into())
            }
        }
    }

    /// An error that the tool itself gave is an answer; whatever else went wrong is none.
    async fn faulted(
        &self,
        intent: &Intent,
        rule: &ToolsRule,
        call: &ToolCall,
        fault: ToolFault,
    ) -> Result<Json, NoResult> {
        let (error, may_have_left) = match fault {
            ToolFault::Failed(why) => (CallError::Failed(why), true),
            ToolFault::TooLarge => (CallError::TooLarge, true),
            ToolFault::NotMade(why) => (CallError::Unavailable(why), false),
            ToolFault::Lost(why) => (CallError::Unavailable(why), true),
            ToolFault::Timeout => (CallError::Timeout, true),
            ToolFault::Invalid(why) => (CallError::Invalid(why), false),
            ToolFault::Refused(reason) => (CallError::Refused(reason), false),
            ToolFault::Denied(why) => {
                self.leaving.broke(intent, fault.to_string().into(), false).await?;
                return Err(self.denied(rule.what(&call.name), why));
            }
        };
        let told: Arc<str> = error.to_string().into();
        match answer::error(&error) {
            Some(kept) => self.leaving.answered(intent, || kept, told).await?,
            None => self.leaving.broke(intent, told, may_have_left).await?,
        }
        Err(error.into())
    }
}

/// Why a call has no result, or why the attempt that made it must end with it.
pub(super) enum Faulted {
    Fault(ToolFault),
    Ended(Ended),
}

/// Arguments that a rule and a tool let through.
fn fitting(rule: &ToolsRule, tool: &Tool, text: &str) -> Result<Arguments, String> {
    let arguments = Arguments::read(text).map_err(|why| why.to_string())?;
    let denied = |not: tools::NotAllowed| format!("the grant does not allow `{}` so", not.argument);
    let arguments = rule.settle(&tool.name, arguments).map_err(denied)?;
    tools::check(&tool.schema, &arguments)?;
    Ok(arguments)
}

fn no_rule(why: Why) -> String {
    format!("no rule of its grant allows it: {}", why.as_str())
}

/// What a call is named by: whose tool, which, and with what. Names hold no NUL.
fn named(cleared: &Cleared<'_>) -> Vec<u8> {
    let Cleared { rule, tool, arguments, .. } = cleared;
    format!("tool\0{}\0{}\0{}", rule.from, tool.name, arguments.text()).into_bytes()
}

/// ``files/read_file {"path":"a"}``
fn told(rule: &ToolsRule, tool: &str, arguments: &Arguments) -> String {
    let text = arguments.text();
    let shown = &text[..text.floor_char_boundary(SHOWN)];
    let cut = if shown.len() < text.len() { "…" } else { "" };
    format!("{} {shown}{cut}", rule.what(tool))
}
