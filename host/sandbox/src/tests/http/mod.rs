//! Requests to real servers on loopback, by a guest that sends what its event says: what gets through
//! and what is stopped, and that with the wall moved away it gets through too.

mod answers;
mod approvals;
mod bounds;
mod carried;
mod effects;
mod network;
mod redirects;
mod requests;
mod secrets;
pub(super) mod server;
mod tls;

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lockstep_core::effect::{CallId, Denial, Ending, Intent, Keep, Leave};
use lockstep_core::event::Json;
use lockstep_core::grant::http::{Approve, Host, HttpGrant, Network, PathPattern, Rule, Scheme};
use lockstep_core::grant::{Denied, Grant, Limits, OnDenied};
use lockstep_core::run::Given;
use lockstep_hostile::fetch::{self, body, get, request, times, with};
use serde_json::{Value, json};

use super::script::answer;
use super::{LONG, identity, loaded, settings};
use crate::{
    Allocator, Call, Carrier, Deciding, Effects, EgressSettings, Error, Proxy, Release, Report, Resolver,
    Resolving, Secrets, Settings, View, Walls,
};

use server::Server;

/// A rule for `server.test` on this port of this machine, without TLS.
pub(super) fn rule(port: u16) -> Rule {
    Rule {
        host: Host::Exactly("server.test".into()),
        scheme: Scheme::Http,
        port,
        methods: vec!["GET".into(), "HEAD".into(), "POST".into()],
        paths: vec![PathPattern::all()],
        query: None,
        network: Network::Loopback(port),
        secret: None,
        idempotency: None,
        at_most_once: false,
        redirects: false,
        request_bytes: 1 << 20,
        response_bytes: 1 << 20,
        timeout: Duration::from_secs(20),
        rate: None,
        reuse: false,
        approve: Approve::Never,
    }
}

/// What an operator has set, and what came of a release's calls.
struct Lab {
    rules: Vec<Rule>,
    walls: Walls,
    limits: Limits,
    denied: Denied,
    secrets: BTreeMap<String, Vec<u8>>,
    authorities: Vec<Vec<u8>>,
    proxy: Option<Proxy>,
    carrier: Option<Arc<dyn Carrier>>,
    names: Arc<Names>,
    notes: Arc<Notes>,
}

impl Lab {
    /// Where every name means this machine.
    fn new(rules: impl IntoIterator<Item = Rule>) -> Lab {
        Lab {
            rules: rules.into_iter().collect(),
            walls: Walls::default(),
            limits: Limits { cpu: LONG, memory: 512 << 20, event_bytes: 64 << 20, ..Limits::default() },
            denied: Denied::Error,
            secrets: BTreeMap::new(),
            authorities: Vec::new(),
            proxy: None,
            carrier: None,
            names: Names::all_mean(&["127.0.0.1"]),
            notes: Arc::default(),
        }
    }

    fn without(self, wall: crate::Wall) -> Lab {
        Lab { walls: Walls::without(wall), ..self }
    }

    fn load(&self) -> Result<Release, Error> {
        self.load_component(&fetch::component())
    }

    fn load_component(&self, bytes: &[u8]) -> Result<Release, Error> {
        let egress = EgressSettings {
            secrets: Arc::new(Secrets::new(self.secrets.clone()).unwrap()),
            authorities: self.authorities.clone(),
            resolver: self.names.clone(),
            proxy: self.proxy.clone(),
            carrier: self.carrier.clone(),
        };
        let settings = Settings { egress, walls: self.walls, ..settings(Allocator::OnDemand) };
        let grant = Grant {
            http: HttpGrant { rules: self.rules.clone(), ceiling: None },
            on_denied: OnDenied { http: self.denied, ..OnDenied::default() },
            limits: self.limits,
            ..Grant::default()
        };
        loaded(bytes, "done", &grant, &settings)
    }

    fn call(&self, event: &Value) -> Call {
        Call {
            moment: None,
            handler: 0,
            inputs: vec![Given::One(Json::trusted(event.to_string()))],
            identity: identity(),
            state: View::default(),
            watcher: None,
            blobs: None,
            effects: Some(self.notes.clone()),
            kv: None,
            timeout: LONG,
        }
    }

    /// What comes of one attempt in a release of its own.
    async fn report(&self, event: Value) -> Report {
        self.load().unwrap().attempt(self.call(&event)).await
    }

    /// What the guest is answered.
    async fn ask(&self, event: Value) -> Value {
        let told: Value = serde_json::from_str(&answer(self.report(event).await)).unwrap();
        told["answer"].clone()
    }

    /// The error that the guest gets, on one line.
    async fn refused(&self, event: Value) -> String {
        let answer = self.ask(event).await;
        assert!(answer["err"] != Value::Null, "{answer}");
        answer["err"].to_string()
    }
}

/// Notes what it is told of calls, and answers as it was set to, then with `Go`.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub(super) answers: Mutex<Vec<Leave>>,
    pub(super) begun: Mutex<Vec<Intent>>,
    pub(super) ended: Mutex<Vec<Ending>>,
    pub(super) denied: Mutex<Vec<Denial>>,
}

impl Notes {
    /// What was denied, as a line each.
    pub(super) fn denials(&self) -> Vec<String> {
        let denied = self.denied.lock().unwrap();
        denied
            .iter()
            .map(|Denial { capability, what, why, .. }| format!("{capability} {what}: {why}"))
            .collect()
    }
}

impl Effects for Notes {
    fn begin(&self, intent: Intent) -> Deciding<'_, Leave> {
        self.begun.lock().unwrap().push(intent);
        let next = self.answers.lock().unwrap().pop();
        Box::pin(std::future::ready(Ok(next.unwrap_or(Leave::Go))))
    }

    fn end(&self, _: CallId, ending: Ending) -> Deciding<'_, ()> {
        self.ended.lock().unwrap().push(ending);
        Box::pin(std::future::ready(Ok(())))
    }

    fn denied(&self, denial: Denial) {
        self.denied.lock().unwrap().push(denial);
    }
}

/// A name server: each question gets the next answer, the last one again and again.
#[derive(Debug)]
pub(super) struct Names {
    answers: Vec<Vec<IpAddr>>,
    asked: Mutex<Vec<String>>,
}

impl Names {
    pub(super) fn all_mean(answers: &[&str]) -> Arc<Names> {
        let addresses = |text: &&str| text.split(' ').map(|one| one.parse().unwrap()).collect();
        Arc::new(Names { answers: answers.iter().map(addresses).collect(), asked: Mutex::default() })
    }
}

impl Resolver for Names {
    fn resolve<'a>(&'a self, name: &'a str) -> Resolving<'a> {
        let mut asked = self.asked.lock().unwrap();
        let answer = self.answers.get(asked.len()).or(self.answers.last()).cloned();
        asked.push(name.to_owned());
        Box::pin(std::future::ready(answer.ok_or_else(|| io::ErrorKind::NotFound.into())))
    }
}
