//! Everything that a step reaches when its case is run: servers, tools, and whoever keeps its calls. It answers as
//! the case says and notes what it was asked.

use std::future::ready;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lockstep_core::case::{Answer, Mismatch, NoResponse, NoResult, Request, Sent, Tool, ToolAnswer};
use lockstep_core::effect::{CallId, Denial, Ending, Intent, Leave};
use lockstep_core::event::Json;
use lockstep_core::grant::tools;
use lockstep_sandbox::{
    Calling, Carrier, Carrying, Deciding, Effects, Incoming, NotCarried, Outgoing, ToolCall, ToolFault,
    ToolServer,
};

use crate::inert::inert;

/// What a guest is told that asks for what its case does not answer.
const NO_ANSWER: &str = "the case has no answer for it";

/// Stands in for the world while a case is run.
#[derive(Debug, Default)]
pub(crate) struct Scene(Mutex<Playing>);

#[derive(Debug, Default)]
struct Playing {
    /// Answers, and how often each was given.
    http: Vec<(Request, u32)>,
    tools: Vec<(Tool, u32)>,
    asked: Asked,
}

/// What a step asked for while its case was run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    /// The calls that left, as `POST https://…` and `tool brew`.
    pub(crate) calls: Vec<String>,
    /// Those among them that the case does not answer.
    pub(crate) unanswered: Vec<Unanswered>,
    /// What its grant does not allow.
    pub(crate) denied: Vec<Denial>,
}

/// A call that the case does not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unanswered {
    /// The call.
    pub(crate) call: String,
    /// Answers of the case that are nearly for it: their lines, and why they are not.
    pub(crate) nearly: Vec<(u32, String)>,
    /// What to add to the case.
    pub(crate) add: Vec<String>,
}

impl Scene {
    /// A case begins.
    pub(crate) fn begin(&self, http: &[Request], tools: &[Tool]) {
        let http = http.iter().map(|request| (request.clone(), 0)).collect();
        let tools = tools.iter().map(|tool| (tool.clone(), 0)).collect();
        *self.playing() = Playing { http, tools, asked: Asked::default() };
    }

    /// It has ended.
    pub(crate) fn end(&self) -> Asked {
        std::mem::take(&mut *self.playing()).asked
    }

    fn playing(&self) -> MutexGuard<'_, Playing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Playing {
    fn request(&mut self, sent: &Outgoing) -> Result<Incoming, NotCarried> {
        let call = format!("{} {}", sent.method, sent.url);
        let seen = Sent { method: &sent.method, url: &sent.url, headers: &sent.headers, body: &sent.body };
        let mut nearly = Vec::new();
        for (request, given) in &mut self.http {
            match request.fits(&seen, *given) {
                Ok(()) => {
                    *given += 1;
                    let is_kept_back = matches!(request.answer, Answer::Denied(_) | Answer::Refused(_));
                    self.asked.calls.extend((!is_kept_back).then_some(call));
                    return respond(&request.answer);
                }
                Err(Mismatch::Url(url)) if path(&url) != path(&sent.url) => {}
                Err(why) => nearly.push((request.line, why.to_string())),
            }
        }
        self.asked.calls.push(call.clone());
        self.asked.unanswered.push(Unanswered { call, nearly, add: request_to_add(sent) });
        Err(NotCarried::Connect(NO_ANSWER.into()))
    }

    fn tool(&mut self, call: &ToolCall) -> Result<Json, ToolFault> {
        let mut nearly = Vec::new();
        for (tool, given) in &mut self.tools {
            match tool.fits(&call.name, call.arguments.as_str(), *given) {
                Ok(()) => match &tool.answer {
                    Some(answer) => {
                        *given += 1;
                        let is_kept_back = matches!(answer, ToolAnswer::Denied(_) | ToolAnswer::Refused(_));
                        let told = format!("tool {}", call.name);
                        self.asked.calls.extend((!is_kept_back).then_some(told));
                        return result(answer);
                    }
                    None => nearly.push((tool.line, "it has no `answer`".into())),
                },
                Err(Mismatch::Name(_)) => {}
                Err(why) => nearly.push((tool.line, why.to_string())),
            }
        }
        self.no_tool(&call.name, call.arguments.as_str(), nearly);
        Err(ToolFault::NotMade(NO_ANSWER.into()))
    }

    fn no_tool(&mut self, name: &str, arguments: &str, nearly: Vec<(u32, String)>) {
        self.asked.calls.push(format!("tool {name}"));
        let call = format!("tool {name} {arguments}");
        self.asked.unanswered.push(Unanswered { call, nearly, add: tool_to_add(name) });
    }
}

/// An address without its query.
fn path(url: &str) -> &str {
    url.split_once('?').map_or(url, |(path, _)| path)
}

fn respond(answer: &Answer) -> Result<Incoming, NotCarried> {
    Err(match answer {
        Answer::Response { status, headers, body } => {
            let headers =
                headers.iter().map(|(name, value)| (name.clone(), value.clone().into_bytes())).collect();
            return Ok(Incoming { status: *status, headers, body: body.clone().into_bytes() });
        }
        Answer::Denied(why) => NotCarried::Denied(*why),
        Answer::Refused(reason) => NotCarried::Refused(reason.clone()),
        Answer::Error(NoResponse::Timeout) => NotCarried::Timeout,
        Answer::Error(NoResponse::TooLarge) => NotCarried::TooLarge,
        Answer::Error(NoResponse::Connect(why)) => NotCarried::Connect(why.clone()),
        Answer::Error(NoResponse::Tls(why)) => NotCarried::Tls(why.clone()),
        Answer::Error(NoResponse::Protocol(why)) => NotCarried::Protocol(why.clone()),
        Answer::Error(NoResponse::Invalid(why)) => NotCarried::Invalid(why.clone()),
    })
}

fn result(answer: &ToolAnswer) -> Result<Json, ToolFault> {
    Err(match answer {
        ToolAnswer::Output(text) => return Ok(Json::trusted(text.as_str())),
        ToolAnswer::Failed(why) => ToolFault::Failed(why.clone()),
        ToolAnswer::Denied(why) => ToolFault::Denied(*why),
        ToolAnswer::Refused(reason) => ToolFault::Refused(reason.clone()),
        ToolAnswer::Error(NoResult::Timeout) => ToolFault::Timeout,
        ToolAnswer::Error(NoResult::TooLarge) => ToolFault::TooLarge,
        ToolAnswer::Error(NoResult::Unavailable(why)) => ToolFault::NotMade(why.clone()),
        ToolAnswer::Error(NoResult::Invalid(why)) => ToolFault::Invalid(why.clone()),
    })
}

fn request_to_add(sent: &Outgoing) -> Vec<String> {
    let text = |text: &str| toml::Value::from(text).to_string();
    let lines = [
        "[[http]]".to_owned(),
        format!("method = {}", text(&sent.method)),
        format!("url = {}", text(&sent.url)),
        "answer = { status = 200, body = \"\" }".to_owned(),
    ];
    lines.map(|line| inert(&line).into_owned()).to_vec()
}

fn tool_to_add(name: &str) -> Vec<String> {
    let name = format!("name = {}", toml::Value::from(name));
    ["[[tools]]".to_owned(), name, "answer = { output = {} }".to_owned()]
        .map(|line| inert(&line).into_owned())
        .to_vec()
}

impl Carrier for Scene {
    fn carry(&self, sent: Outgoing) -> Carrying<'_> {
        Box::pin(ready(self.playing().request(&sent)))
    }
}

impl ToolServer for Scene {
    fn list(&self) -> Deciding<'_, Arc<[tools::Tool]>> {
        let playing = self.playing();
        let mut listed: Vec<tools::Tool> = Vec::new();
        for (tool, _) in &playing.tools {
            if !listed.iter().any(|known| known.name == tool.name) {
                let (name, description, schema) =
                    (tool.name.clone(), tool.description.clone(), tool.schema.clone());
                listed.push(tools::Tool { name, description, schema });
            }
        }
        listed.sort_by(|one, other| one.name.cmp(&other.name));
        Box::pin(ready(Ok(listed.into())))
    }

    fn lacks(&self, name: &str, arguments: &str) {
        self.playing().no_tool(name, arguments, Vec::new());
    }

    fn call<'a>(&'a self, call: &'a ToolCall) -> Calling<'a> {
        Box::pin(ready(self.playing().tool(call)))
    }
}

/// Whoever keeps the calls of the attempt lets all of them go: what a person would say to one is its answer in the
/// case.
impl Effects for Scene {
    fn begin(&self, _: Intent) -> Deciding<'_, Leave> {
        Box::pin(ready(Ok(Leave::Go)))
    }

    fn end(&self, _: CallId, _: Ending) -> Deciding<'_, ()> {
        Box::pin(ready(Ok(())))
    }

    fn denied(&self, denial: Denial) {
        self.playing().asked.denied.push(denial);
    }
}
