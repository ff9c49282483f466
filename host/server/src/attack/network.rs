//! Attacks 17 to 23, on the network: what a guest asks for, where names lead, what servers answer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use lockstep_core::grant::http::{Approve, Host, HttpGrant, Network, PathPattern, Rule, Scheme, Segment};
use lockstep_core::grant::{Grant, Limits};
use lockstep_hostile::fetch::{self, get, with};
use lockstep_hostile::sockets::{self, Reach};
use lockstep_sandbox::{EgressSettings, Proxy, Secrets, Wall};
use serde_json::{Value, json};

use super::server::{Answer, Names, Server};
use super::stage::{Played, Stage};
use super::{Case, Opposite, Trial, case};

/// A name server's answer that is of the internet. Nobody is asked there: a proxy of the case's is.
const PUBLIC: &str = "93.184.216.34";
const GIB: u64 = 1 << 30;
/// Longer than an answer takes.
const LONG: Duration = Duration::from_secs(10);

pub(super) fn cases() -> Vec<Case> {
    let mut all = redirects();
    all.extend(addresses());
    all.extend(spellings());
    all.extend(paths());
    all.extend(headers());
    all.extend(answers());
    all.extend(raw());
    all
}

fn redirects() -> Vec<Case> {
    vec![
        case("17a", "a redirect to a metadata address", "302, 1 request", Wall::Redirects, |trial| {
            Box::pin(redirected(trial, "http://169.254.169.254/latest/meta-data"))
        }),
        case("17b", "a redirect to another path", "302, 1 request", Wall::Redirects, |trial| {
            Box::pin(redirected(trial, "/inner"))
        }),
    ]
}

fn addresses() -> Vec<Case> {
    const DENIED: &str = "denied (network), nobody dialed";
    vec![
        case("18a", "names that mean loopback", DENIED, Wall::Network, |trial| {
            Box::pin(named(trial, &["127.0.0.1", "127.8.8.8", "::1", "0.0.0.0"]))
        }),
        case("18b", "names that mean a private network", DENIED, Wall::Network, |trial| {
            Box::pin(named(trial, &["10.0.0.1", "172.16.0.1", "192.168.1.1", "fd00::1"]))
        }),
        case("18c", "names that mean a link-local address", DENIED, Wall::Network, |trial| {
            Box::pin(named(trial, &["169.254.1.1", "fe80::1"]))
        }),
        case("18d", "names that mean a metadata address", DENIED, Wall::Network, |trial| {
            Box::pin(named(trial, &["169.254.169.254", "168.63.129.16", "fd00:ec2::254"]))
        }),
        case("18e", "addresses that carry another one", DENIED, Wall::Network, |trial| {
            Box::pin(named(
                trial,
                &["::ffff:127.0.0.1", "64:ff9b::7f00:1", "::ffff:169.254.169.254", "2002:7f00:1::"],
            ))
        }),
        case("18f", "literals of loopback in any spelling", DENIED, Wall::Network, |trial| {
            Box::pin(literal(trial, &["127.0.0.1", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "[::1]"]))
        }),
        case("18g", "literals of a metadata address", DENIED, Wall::Network, |trial| {
            Box::pin(literal(trial, &["169.254.169.254", "0xa9fea9fe", "2852039166", "[::ffff:a9fe:a9fe]"]))
        }),
        case("18h", "one bad address among several", DENIED, Wall::Network, |trial| {
            Box::pin(named(trial, &["93.184.216.34 10.0.0.1"]))
        }),
        case(
            "19",
            "a name that is public when checked, private when dialed",
            "the checked address was dialed",
            Wall::Pinning,
            |trial| Box::pin(rebound(trial)),
        ),
    ]
}

fn spellings() -> Vec<Case> {
    const REFUSED: &str = "refused, nobody dialed";
    const HOST: &str = "denied (host), nobody dialed";
    vec![
        case("20a", "a user before the host", REFUSED, Opposite::Harmless, |trial| {
            Box::pin(asked(trial, "http://server.test@127.0.0.1:PORT/v1"))
        }),
        case("20b", "a backslash before the host", REFUSED, Opposite::Harmless, |trial| {
            Box::pin(asked(trial, "http://evil.test\\@server.test:PORT/v1"))
        }),
        case("20c", "a tab in the address", REFUSED, Opposite::Harmless, |trial| {
            Box::pin(asked(trial, "http://server.test:PORT/v\t1"))
        }),
        case("20d", "a NUL in the address", REFUSED, Opposite::Harmless, |trial| {
            Box::pin(asked(trial, "http://server.test:PORT/v1\0"))
        }),
        case("20e", "a dot behind the host", REFUSED, Opposite::Harmless, |trial| {
            Box::pin(asked(trial, "http://server.test.:PORT/v1"))
        }),
        case("20f", "a host that looks alike", HOST, Wall::Rules, |trial| {
            Box::pin(asked(trial, "http://sеrver.test:PORT/v1"))
        }),
        case("20g", "the host as the beginning of another", HOST, Wall::Rules, |trial| {
            Box::pin(asked(trial, "http://server.test.evil.test:PORT/v1"))
        }),
        case("20h", "the host as the end of another", HOST, Wall::Rules, |trial| {
            Box::pin(asked(trial, "http://evilserver.test:PORT/v1"))
        }),
    ]
}

fn paths() -> Vec<Case> {
    const PATH: &str = "denied (path), nobody dialed";
    vec![
        case("20i", "`..` in the path", PATH, Wall::Rules, |trial| {
            Box::pin(asked(trial, "http://server.test:PORT/v1/../v2"))
        }),
        case("20j", "`%2e%2e` in the path", PATH, Wall::Rules, |trial| {
            Box::pin(asked(trial, "http://server.test:PORT/v1/%2e%2e/v2"))
        }),
        case("20k", "`//` in the path", PATH, Wall::Rules, |trial| {
            Box::pin(asked(trial, "http://server.test:PORT//v1//v2"))
        }),
        case("20l", "`%2F` in the path", "refused, nobody dialed", Opposite::Harmless, |trial| {
            Box::pin(asked(trial, "http://server.test:PORT/v1%2Fv2"))
        }),
        case("20m", "another spelling of a path that is allowed", "sent as `/v1`", Wall::Rules, |trial| {
            Box::pin(normalised(trial))
        }),
    ]
}

fn headers() -> Vec<Case> {
    const REFUSED: &str = "refused, nothing sent";
    vec![
        case("21a", "a `Host` of the guest's", REFUSED, Wall::Headers, |trial| {
            Box::pin(header(trial, "Host", "evil.test"))
        }),
        case("21b", "an `authorization` beside the secret's", REFUSED, Wall::Headers, |trial| {
            Box::pin(header(trial, "Authorization", "mine"))
        }),
        case("21c", "a `transfer-encoding` of the guest's", REFUSED, Wall::Headers, |trial| {
            Box::pin(header(trial, "transfer-encoding", "chunked"))
        }),
        case("21d", "a line break in a header's value", REFUSED, Opposite::Harmless, |trial| {
            Box::pin(header(trial, "a", trial.pick("b\r\nx: y", "b")))
        }),
        case("21e", "a line break in a header's name", REFUSED, Opposite::Harmless, |trial| {
            Box::pin(header(trial, trial.pick("a\r\nx", "a"), "y"))
        }),
        case("21f", "a second request in the method", REFUSED, Opposite::Harmless, |trial| {
            Box::pin(smuggled(trial))
        }),
    ]
}

fn answers() -> Vec<Case> {
    vec![
        case("22a", "an answer of 10 GiB", "too large", Wall::ResponseBytes, |trial| {
            let chunk = 64 << 10;
            let times = trial.sized(10 * GIB, 5 * chunk) / chunk;
            Box::pin(answered(trial, LONG, move |_| {
                Answer::long(vec![b'a'; 64 << 10], times, Duration::ZERO)
            }))
        }),
        case("22b", "a gzip bomb", "200, as it came", Opposite::Harmless, |trial| Box::pin(packed(trial))),
        case("22c", "a million headers", "too large", Opposite::Harmless, |trial| {
            let headers = "a: b\r\n".repeat(trial.pick(1_000_000, 10));
            Box::pin(answered(trial, LONG, move |_| Answer::whole(200, &headers, b"")))
        }),
        case("22d", "an answer byte by byte", "timeout", Wall::CallTimeout, |trial| {
            let pause = Duration::from_millis(40);
            Box::pin(answered(trial, pause * 3, move |_| Answer::long(b"a".to_vec(), 10, pause)))
        }),
    ]
}

fn raw() -> Vec<Case> {
    const DENIED: &str = "access-denied";
    vec![
        case("23a", "a socket that connects", DENIED, Wall::Sockets, |trial| Box::pin(connects(trial))),
        case("23b", "a socket that is bound", DENIED, Wall::Sockets, |trial| {
            Box::pin(reached(trial, Reach::Bind))
        }),
        case("23c", "a name that is looked up", "permanent-resolver-failure", Wall::Sockets, |trial| {
            Box::pin(reached(trial, Reach::Lookup))
        }),
    ]
}

/// A rule for `server.test`, without TLS.
pub(super) fn rule(port: u16, network: Network) -> Rule {
    Rule {
        host: Host::Exactly("server.test".into()),
        scheme: Scheme::Http,
        port,
        methods: vec!["GET".into()],
        paths: vec![PathPattern::all()],
        query: None,
        network,
        secret: None,
        idempotency: None,
        at_most_once: false,
        redirects: false,
        request_bytes: 1 << 20,
        response_bytes: 1 << 20,
        timeout: LONG,
        rate: None,
        reuse: false,
        approve: Approve::Never,
    }
}

/// A pattern of one segment.
pub(super) fn path(segment: &str) -> Vec<PathPattern> {
    vec![PathPattern(vec![Segment::Text(segment.into())])]
}

/// What a guest that asks others has, and where it leads.
pub(super) struct Lab {
    pub(super) rules: Vec<Rule>,
    pub(super) secrets: BTreeMap<String, Vec<u8>>,
    pub(super) names: Arc<Names>,
    pub(super) proxy: Option<Proxy>,
}

impl Lab {
    /// Where every name means this machine.
    pub(super) fn new(rules: Vec<Rule>) -> anyhow::Result<Lab> {
        Ok(Lab { rules, secrets: BTreeMap::new(), names: Names::new(&["127.0.0.1"])?, proxy: None })
    }

    pub(super) fn stage(&self, trial: Trial, component: Vec<u8>) -> anyhow::Result<Stage> {
        let mut stage = Stage::new(trial, component);
        let http = HttpGrant { rules: self.rules.clone(), ceiling: None };
        let limits = Limits { memory: 256 << 20, event_bytes: 8 << 20, ..Limits::default() };
        stage.grant = Grant { http, limits, ..Grant::default() };
        stage.sandbox.egress = EgressSettings {
            secrets: Arc::new(Secrets::new(self.secrets.clone())?),
            authorities: Vec::new(),
            resolver: self.names.clone(),
            proxy: self.proxy.clone(),
            carrier: None,
        };
        Ok(stage)
    }

    pub(super) async fn play(&self, trial: Trial, event: &Value) -> anyhow::Result<Played> {
        self.stage(trial, fetch::component())?.play(event.to_string()).await
    }

    /// What the guest is answered.
    pub(super) async fn ask(&self, trial: Trial, event: &Value) -> anyhow::Result<Value> {
        let told: Value = serde_json::from_str(&self.play(trial, event).await?.given()?)?;
        Ok(told["answer"].clone())
    }
}

/// `200`, `denied (host)`, `refused`, `too large`.
pub(super) fn word(answer: &Value) -> String {
    let err = &answer["err"];
    match err.as_str().or_else(|| err.as_object()?.keys().next().map(String::as_str)) {
        None => answer["ok"]["status"].to_string(),
        Some("denied") => format!("denied ({})", err["denied"]["why"].as_str().unwrap_or_default()),
        Some("invalid-request") => "refused".to_owned(),
        Some(other) => other.replace('-', " "),
    }
}

pub(super) fn url(port: u16, path: &str) -> String {
    format!("http://server.test:{port}{path}")
}

async fn redirected(trial: Trial, to: &'static str) -> anyhow::Result<String> {
    let server = Server::new(move |request| match request.contains(" /away ") {
        true => Answer::whole(302, &format!("location: {to}\r\n"), b""),
        false => Answer::whole(200, "", b""),
    })
    .await?;
    let lab = Lab::new(vec![rule(server.port, Network::Loopback(server.port))])?;
    let answer = lab.ask(trial, &get(&url(server.port, "/away"))).await?;
    let requests = server.heard().len();
    let plural = if requests == 1 { "" } else { "s" };
    Ok(format!("{}, {requests} request{plural}", word(&answer)))
}

/// What came of each of several, which should be the same.
fn same(mut words: Vec<String>) -> String {
    words.dedup();
    words.join(" and ")
}

fn dialed(proxy: &Server) -> &'static str {
    if proxy.heard().is_empty() { "nobody dialed" } else { "dialed" }
}

/// A name of the internet that means each of these.
async fn named(trial: Trial, means: &'static [&'static str]) -> anyhow::Result<String> {
    let mut words = Vec::new();
    for means in means {
        let server = Server::echo().await?;
        let proxy = Server::leading_to(server.port).await?;
        let lab = Lab {
            names: Names::new(&[means])?,
            proxy: Some(proxy.as_proxy()),
            ..Lab::new(vec![rule(80, Network::Public)])?
        };
        let answer = lab.ask(trial, &get("http://server.test/")).await?;
        words.push(format!("{}, {}", word(&answer), dialed(&proxy)));
    }
    Ok(same(words))
}

/// Each of these in the place of a name.
async fn literal(trial: Trial, hosts: &'static [&'static str]) -> anyhow::Result<String> {
    let mut words = Vec::new();
    for host in hosts {
        let address = url::Url::parse(&format!("http://{host}/"))?;
        let known = Host::Exactly(address.host_str().unwrap_or_default().to_owned());
        let server = Server::echo().await?;
        let proxy = Server::leading_to(server.port).await?;
        let rules = vec![Rule { host: known, ..rule(80, Network::Public) }];
        let lab = Lab { proxy: Some(proxy.as_proxy()), ..Lab::new(rules)? };
        let answer = lab.ask(trial, &get(&format!("http://{host}/"))).await?;
        words.push(format!("{}, {}", word(&answer), dialed(&proxy)));
    }
    Ok(same(words))
}

async fn rebound(trial: Trial) -> anyhow::Result<String> {
    let server = Server::echo().await?;
    let proxy = Server::leading_to(server.port).await?;
    let lab = Lab {
        names: Names::new(&[PUBLIC, "10.0.0.1"])?,
        proxy: Some(proxy.as_proxy()),
        ..Lab::new(vec![rule(80, Network::Public)])?
    };
    lab.ask(trial, &get("http://server.test/")).await?;
    let dialed = proxy.heard().first().cloned().unwrap_or_default();
    let checked = dialed.starts_with(&format!("CONNECT {PUBLIC}:80 "));
    Ok(if checked {
        "the checked address was dialed".to_owned()
    } else {
        format!("another was dialed: {dialed:?}")
    })
}

/// A server, and a guest that may ask it for `/v1` alone.
async fn narrow() -> anyhow::Result<(Server, Lab)> {
    let server = Server::echo().await?;
    let narrow = Rule { paths: path("v1"), ..rule(server.port, Network::Loopback(server.port)) };
    let lab = Lab::new(vec![narrow])?;
    Ok((server, lab))
}

/// An address, or the plain one.
async fn asked(trial: Trial, address: &'static str) -> anyhow::Result<String> {
    let (server, lab) = narrow().await?;
    let address = trial.pick(address, "http://server.test:PORT/v1").replace("PORT", &server.port.to_string());
    let answer = lab.ask(trial, &get(&address)).await?;
    Ok(format!("{}, {}", word(&answer), dialed(&server)))
}

async fn normalised(trial: Trial) -> anyhow::Result<String> {
    let (server, lab) = narrow().await?;
    let spelled = trial.sized("/v2/.././%76%31", "/v2");
    lab.ask(trial, &get(&url(server.port, spelled))).await?;
    let sent = server.heard().first().and_then(|heard| Some(heard.split(' ').nth(1)?.to_owned()));
    Ok(format!("sent as `{}`", sent.unwrap_or_default()))
}

async fn sent(trial: Trial, lab: &Lab, server: &Server, event: &Value) -> anyhow::Result<String> {
    let answer = lab.ask(trial, event).await?;
    Ok(match server.heard().len() {
        0 => format!("{}, nothing sent", word(&answer)),
        _ => format!("{}, sent", word(&answer)),
    })
}

async fn header(trial: Trial, name: &'static str, value: &'static str) -> anyhow::Result<String> {
    let server = Server::echo().await?;
    let secret = Some(super::secrets::bearer());
    let rule = Rule { secret, ..rule(server.port, Network::Loopback(server.port)) };
    let lab = Lab { secrets: super::secrets::canary(), ..Lab::new(vec![rule])? };
    let event = with(get(&url(server.port, "/")), "headers", json!([[name, value]]));
    sent(trial, &lab, &server, &event).await
}

async fn smuggled(trial: Trial) -> anyhow::Result<String> {
    let server = Server::echo().await?;
    let lab = Lab::new(vec![rule(server.port, Network::Loopback(server.port))])?;
    let method = trial.pick("GET /x HTTP/1.1\r\nhost: y\r\n\r\nGET", "GET");
    sent(trial, &lab, &server, &fetch::request(method, &url(server.port, "/"))).await
}

/// What comes of an answer that may take so long.
async fn answered(
    trial: Trial,
    timeout: Duration,
    answer: impl Fn(&str) -> Answer + Send + Sync + 'static,
) -> anyhow::Result<String> {
    let server = Server::new(answer).await?;
    let lab = Lab::new(vec![Rule {
        timeout,
        response_bytes: 256 << 10,
        ..rule(server.port, Network::Loopback(server.port))
    }])?;
    Ok(word(&lab.ask(trial, &get(&url(server.port, "/"))).await?))
}

/// What comes of an answer that is small until it is unpacked.
async fn packed(trial: Trial) -> anyhow::Result<String> {
    let bytes = trial.pick(gzip_bomb(), b"plain".to_vec());
    let server = Server::new(move |_| Answer::whole(200, "content-encoding: gzip\r\n", &bytes)).await?;
    let lab = Lab::new(vec![rule(server.port, Network::Loopback(server.port))])?;
    let answer = lab.ask(trial, &get(&url(server.port, "/"))).await?;
    let body = answer["ok"]["body"].as_str().unwrap_or_default().len() / 4 * 3;
    let as_it_came = body.abs_diff(gzip_bomb().len()) < 4;
    Ok(format!(
        "{}, {}",
        word(&answer),
        if as_it_came { "as it came".to_owned() } else { format!("{body} bytes") }
    ))
}

/// 100 KiB of which a reader that unpacks them makes 16 MiB of nothing: RFC 1951, one block of fixed codes,
/// a zero and then the longest match at distance 1 again and again.
fn gzip_bomb() -> Vec<u8> {
    let mut bits = vec![true, true, false];
    bits.extend("00110000".chars().map(|bit| bit == '1'));
    for _ in 0..65_536 {
        bits.extend("1100010100000".chars().map(|bit| bit == '1'));
    }
    bits.extend([false; 7]);
    let packed = bits.chunks(8).map(|byte| (0..).zip(byte).map(|(at, bit)| u8::from(*bit) << at).sum());
    [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255].into_iter().chain(packed).collect()
}

async fn reached(trial: Trial, reach: Reach) -> anyhow::Result<String> {
    let stage = Stage { grant: Grant::default(), ..Stage::new(trial, sockets::component()) };
    let played = stage.play(sockets::work(reach)).await?;
    Ok(sockets::told(&played.given()?))
}

async fn connects(trial: Trial) -> anyhow::Result<String> {
    let server = Server::echo().await?;
    reached(trial, Reach::Connect(server.port)).await
}
