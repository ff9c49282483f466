//! Deeds of scripted guests under a grant that was read from its text: what came of them, on one line.

use std::collections::BTreeMap;
use std::fs;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lockstep_core::effect::{CallId, Denial, Ending, Intent, Leave, Window};
use lockstep_core::event::{Json, Timestamp};
use lockstep_core::grant::Grant;
use lockstep_core::grant::tools::pin_of;
use lockstep_core::outcome::{Interruption, Outcome};
use lockstep_core::run::Given;
use lockstep_core::workflow::HandlerNode;
use lockstep_hostile::{fetch, reach, stores, tools};
use lockstep_test_support::script;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;

use crate::tests::http::Names;
use crate::tests::http::server::{Server, answer, echo, next};
use crate::tests::stores::Kept;
use crate::tests::tools::{Bank, Slow, tool};
use crate::tests::{LONG, contracted, hostile, identity, settings};
use crate::{
    Allocator, Call, Deciding, Effects, EgressSettings, Identity, Release, Report, Sandbox, Secrets,
    Settings, Toolbox, View,
};

/// What a guest is to do.
pub(super) enum Deed {
    /// One request, in an attempt of its own each time.
    Ask(Ask),
    /// Files, clocks and chance, in so many attempts.
    Reach(u32, fn() -> Vec<reach::Deed>),
    /// Stores and configuration.
    Keep(fn() -> Vec<stores::Deed>),
    /// One call of a tool, in an attempt of its own each time: its name and arguments, how often it is made in
    /// an attempt, and how many attempts are made.
    Tool(&'static str, &'static str, u32, u32),
    /// State and updates.
    Script(fn() -> Vec<script::Deed>),
    /// A hostile guest, and how much it does.
    Guest(&'static str, u32),
}

/// A request to the server.
pub(super) struct Ask {
    pub(super) path: &'static str,
    /// In base64; if there is one, it is posted.
    pub(super) body: &'static str,
    /// How often it is sent in an attempt.
    pub(super) times: u32,
    pub(super) attempts: u32,
}

/// Asks once for what is said back.
pub(super) const ASK: Ask = Ask { path: "/echo", body: "", times: 1, attempts: 1 };

/// What a rule says in each row, unless the row says it.
const RULE: [(&str, &str); 4] =
    [("host", "\"server.test\""), ("scheme", "\"http\""), ("port", "PORT"), ("network", "\"loopback:PORT\"")];

/// What the rows tell of a request's headers.
const TOLD: [&str; 2] = ["authorization", "x-pay"];

/// A server, folders and a store, as grants of one row name them.
pub(super) struct Ground {
    folders: TempDir,
    server: Server,
    kept: Arc<Kept>,
}

impl Ground {
    pub(super) async fn new() -> Ground {
        let folders = tempfile::tempdir().unwrap();
        for (folder, text) in [("granted", "inside"), ("other", "outside")] {
            fs::create_dir(folders.path().join(folder)).unwrap();
            fs::write(folders.path().join(folder).join("file"), text).unwrap();
        }
        fs::create_dir(folders.path().join("scratch")).unwrap();
        let server = Server::with(converse).await;
        Ground { folders, server, kept: Kept::with(&[("mine/a", "1"), ("b", "2")]) }
    }

    /// The text of a grant, with what the row leaves out and the places of this ground in it.
    pub(super) fn text(&self, deed: &Deed, text: &str) -> String {
        let text = match deed {
            Deed::Ask(_) => rule(text),
            Deed::Tool(..) if !text.starts_with('[') => format!("[[tools]]\n{text}\n"),
            _ => text.to_owned(),
        };
        let ground = self.folders.path().canonicalize().unwrap();
        let port = self.server.port.to_string();
        let text = text.replace("PIN", &pin_of(&[tool("pay")]).to_string());
        format!("\n{}", text.replace("PORT", &port).replace("GROUND", &ground.display().to_string()))
    }

    /// What comes of a deed.
    pub(super) async fn told(&self, deed: &Deed, grant: &Grant) -> String {
        match deed {
            Deed::Ask(ask) => self.asked(ask, grant).await,
            Deed::Reach(attempts, deeds) => {
                let release = self.load(&reach::component(), grant);
                let mut all = Vec::new();
                for _ in 0..*attempts {
                    all.extend(answers(
                        &release.attempt(self.call(reach::work(&deeds()))).await,
                        reach::told,
                    ));
                }
                plain(&all)
            }
            Deed::Keep(deeds) => {
                let release = self.load(&stores::component(), grant);
                plain(&answers(&release.attempt(self.call(stores::work(&deeds()))).await, stores::told))
            }
            Deed::Script(deeds) => {
                let release = self.load(&script::component(), grant);
                let event = script::event(&deeds()).to_string();
                ended(&release.attempt(self.call(event)).await)
            }
            Deed::Tool(name, arguments, times, attempts) => {
                let event = tools::times(tools::call_text(name, arguments), *times).to_string();
                self.called(&event, *attempts, grant).await
            }
            Deed::Guest(guest, n) => self.attacked(guest, *n, grant).await,
        }
    }

    async fn asked(&self, ask: &Ask, grant: &Grant) -> String {
        let (release, keeper) = (self.load(&fetch::component(), grant), Arc::new(Keeper::default()));
        let before = self.server.heard().len();
        let mut last = String::new();
        for attempt in 1..=ask.attempts {
            let identity = Identity { attempt, ..identity() };
            let event = ask.event(&self.server).to_string();
            let call = Call { identity, effects: Some(keeper.clone()), ..self.call(event) };
            last = answered(&release.attempt(call).await);
        }
        let heard = self.server.heard().split_off(before);
        let headers = heard.last().map(|request| headers(request)).unwrap_or_default();
        format!("{last}, {} heard{headers}{}", heard.len(), keeper.asked())
    }

    /// A bank whose tools give back what they are given, one that is slow, and two components.
    async fn called(&self, event: &str, attempts: u32, grant: &Grant) -> String {
        let (bank, component) = (Bank::new(), tools::caller());
        let sandbox = Sandbox::new(&settings(Allocator::OnDemand)).unwrap();
        let mut toolbox = Toolbox::default();
        toolbox.servers.insert("bank".into(), bank.clone());
        toolbox.servers.insert("slow".into(), Arc::new(Slow));
        for (name, key) in [("kit", "7"), ("other", "8")] {
            let own = lockstep_core::grant::parse(&format!("grant = 1\n[config]\nkey = {key}\n")).unwrap();
            let kit = sandbox.load_tool(name, &tools::tool(), &own, &Toolbox::default()).await.unwrap();
            toolbox.components.insert(name.into(), kit);
        }
        let node = contracted(&component, "done");
        let release = sandbox.load_with(&component, &[&node], grant, &toolbox).unwrap();
        let (keeper, mut last) = (Arc::new(Keeper::default()), String::new());
        for attempt in 1..=attempts {
            let identity = Identity { attempt, ..identity() };
            let call = Call { identity, effects: Some(keeper.clone()), ..self.call(event.to_owned()) };
            last = answered(&release.attempt(call).await);
        }
        format!("{last}, {} heard{}", bank.heard().len(), keeper.asked())
    }

    async fn attacked(&self, guest: &str, n: u32, grant: &Grant) -> String {
        let bytes = hostile::component(guest);
        let node = hostile::handler(&lockstep_core::contract::Contract::read(&bytes).unwrap());
        let release = self.load_handler(&bytes, &node, grant);
        let report = release.attempt(self.call(format!("{{\"n\":{n}}}"))).await;
        let said = report.log.iter().filter(|line| line.message.starts_with("aa"));
        let log: usize = said.map(|line| line.message.len()).sum();
        match log {
            0 if grant.limits.log_bytes > 0 => hostile::told(&report),
            log => format!("{}, {log} bytes of log", hostile::told(&report)),
        }
    }

    fn load(&self, bytes: &[u8], grant: &Grant) -> Release {
        self.load_handler(bytes, &contracted(bytes, "done"), grant)
    }

    fn load_handler(&self, bytes: &[u8], node: &HandlerNode, grant: &Grant) -> Release {
        let secrets = [("one", b"the-first-secret".to_vec()), ("two", b"the-second-secret".to_vec())];
        let secrets = Secrets::new(secrets.map(|(name, value)| (name.to_owned(), value)).into()).unwrap();
        let resolver = Names::all_mean(&["127.0.0.1"]);
        let egress = EgressSettings { secrets: Arc::new(secrets), resolver, ..EgressSettings::default() };
        let scratch = Some(self.folders.path().join("scratch"));
        let settings = Settings { egress, scratch, ..settings(Allocator::OnDemand) };
        Sandbox::new(&settings).unwrap().load(bytes, &[node], grant).unwrap()
    }

    fn call(&self, event: String) -> Call {
        Call {
            moment: None,
            handler: 0,
            inputs: vec![Given::One(Json::trusted(event))],
            identity: Identity { now_ms: 5_000, ..identity() },
            state: View::default(),
            watcher: None,
            blobs: None,
            effects: None,
            kv: Some(self.kept.clone()),
            timeout: LONG,
        }
    }
}

impl Ask {
    fn event(&self, server: &Server) -> Value {
        let url = server.url(self.path);
        let event = match self.body {
            "" => fetch::get(&url),
            body => fetch::with(fetch::request("POST", &url), "body", body.into()),
        };
        fetch::times(event, self.times)
    }
}

/// A rule with what it says of its own, and for the rest what every row says.
fn rule(own: &str) -> String {
    let is_said =
        |key: &str| own.lines().any(|line| line.split_once(" = ").is_some_and(|(said, _)| said == key));
    let rest = RULE.iter().filter(|(key, _)| !is_said(key)).map(|(key, value)| format!("{key} = {value}\n"));
    format!("[[http]]\n{}{own}", rest.collect::<String>())
}

/// Says back what it is asked, but for `/silent`, which is heard and not answered; `/slow`, which is answered
/// after a second; `/four`, which is answered with four bytes; and `/away`, which leads elsewhere.
async fn converse(mut stream: tokio::net::TcpStream, heard: Arc<Mutex<Vec<String>>>) {
    while let Some(request) = next(&mut stream).await {
        heard.lock().unwrap().push(request.clone());
        let bytes = match request.split(' ').nth(1) {
            Some("/silent") => return,
            Some("/four") => answer(200, "", "1234"),
            Some("/away") => answer(302, "location: /echo\r\n", ""),
            Some("/slow") => {
                tokio::time::sleep(Duration::from_secs(1)).await;
                answer(200, "", "late")
            }
            _ => echo(&request),
        };
        if stream.write_all(&bytes).await.is_err() {
            return;
        }
    }
}

/// Those headers that rows are about; a key of a call is told without its value.
fn headers(request: &str) -> String {
    let of = |line: &str| match line.split_once(": ")? {
        (name, value) if TOLD.contains(&name) => Some(format!(", {name}: {value}")),
        ("idempotency-key", _) => Some(", with a key".into()),
        _ => None,
    };
    request.lines().filter_map(of).collect()
}

/// How an attempt ended.
fn ended(report: &Report) -> String {
    match &report.outcome {
        Outcome::Emitted(_) => "emitted".into(),
        Outcome::Failed(failure) => format!("{} {}", failure.class, failure.code),
        Outcome::Interrupted(Interruption::NotBefore(at)) => format!("not before {}", at.0),
        Outcome::Interrupted(why) => format!("{why:?}"),
    }
}

/// The status of an answer, or one word for what is there instead.
fn answered(report: &Report) -> String {
    let Outcome::Emitted(emitted) = &report.outcome else { return ended(report) };
    let told: Value = serde_json::from_str(emitted.events[0].payload.as_str()).unwrap();
    match &told["answer"]["err"] {
        Value::Null => match &told["answer"]["ok"] {
            Value::String(result) => result.clone(),
            response => response["status"].to_string(),
        },
        Value::String(word) => word.clone(),
        error => {
            let (word, more) = error.as_object().unwrap().iter().next().unwrap();
            format!("{word} {}", more["why"].as_str().unwrap_or_default()).trim().to_owned()
        }
    }
}

fn answers(report: &Report, read: fn(&str) -> Vec<String>) -> Vec<String> {
    match &report.outcome {
        Outcome::Emitted(emitted) => read(emitted.events[0].payload.as_str()),
        _ => vec![ended(report)],
    }
}

/// On one line; a number that nobody can know is told as the first such one, the second and so on.
fn plain(all: &[String]) -> String {
    let mut numbers = Vec::new();
    let mut told = |word: &str| match word.parse::<u64>() {
        Ok(number) if number > 1_000_000_000 => {
            let place = numbers.iter().position(|known| *known == number).unwrap_or(numbers.len());
            numbers.extend((place == numbers.len()).then_some(number));
            format!("#{}", place + 1)
        }
        _ => word.to_owned(),
    };
    let lines = all.iter().map(|line| line.split(' ').map(&mut told).collect::<Vec<_>>().join(" "));
    lines.collect::<Vec<_>>().join(" | ")
}

/// Keeps the calls of a delivery over its attempts, and the rate of a rule, at the beginning of time.
#[derive(Debug, Default)]
struct Keeper {
    left: Mutex<Window>,
    /// How many calls have left.
    count: Mutex<u32>,
    /// How long a person was asked for.
    within: Mutex<Option<Duration>>,
    answers: Mutex<BTreeMap<CallId, Json>>,
}

impl Keeper {
    fn asked(&self) -> String {
        let within = self.within.lock().unwrap();
        within.map_or(String::new(), |within| format!(", for {within:?}"))
    }

    fn leave(&self, intent: &Intent) -> Leave {
        if let Some(answer) = self.answers.lock().unwrap().get(&intent.id) {
            return Leave::Recorded(answer.clone());
        }
        if intent.calls.is_some_and(|most| *self.count.lock().unwrap() >= most) {
            return Leave::OverBudget;
        }
        *self.count.lock().unwrap() += 1;
        if let Some(ask) = &intent.ask {
            *self.within.lock().unwrap() = Some(ask.within);
            return Leave::Ask;
        }
        let (mut left, now) = (self.left.lock().unwrap(), Timestamp(0));
        match intent.rate.and_then(|rate| left.opens(rate, now)) {
            Some(opens) => Leave::NotBefore(opens),
            None => {
                left.count(now);
                Leave::Go
            }
        }
    }
}

impl Effects for Keeper {
    fn begin(&self, intent: Intent) -> Deciding<'_, Leave> {
        Box::pin(std::future::ready(Ok(self.leave(&intent))))
    }

    fn end(&self, id: CallId, ending: Ending) -> Deciding<'_, ()> {
        if let Ending::Answered { answer: Some(answer), .. } = ending {
            self.answers.lock().unwrap().insert(id, answer);
        }
        Box::pin(std::future::ready(Ok(())))
    }

    fn denied(&self, _: Denial) {}
}
