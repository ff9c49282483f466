//! Secrets (attacks 24 to 26): they reach the server that a rule names, and nothing else.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use lockstep_core::grant::http::SecretUse;

use super::server::{answer, echo};
use super::*;
use crate::Wall;

pub(super) const SECRET: &str = "sk/live+4eC39HqLyjWD";

pub(super) fn bearer() -> SecretUse {
    SecretUse { name: "key".into(), header: "authorization".into(), format: "Bearer {}".into() }
}

pub(super) fn secrets() -> BTreeMap<String, Vec<u8>> {
    [("key".to_owned(), SECRET.as_bytes().to_vec())].into()
}

fn lab(server: &Server) -> Lab {
    Lab { secrets: secrets(), ..Lab::new([Rule { secret: Some(bearer()), ..rule(server.port) }]) }
}

#[tokio::test]
async fn the_server_gets_the_secret_and_the_guest_does_not() {
    let server = Server::new(echo).await;
    let told = body(&lab(&server).ask(get(&server.url("/"))).await);
    assert!(server.heard()[0].contains(&format!("authorization: Bearer {SECRET}\r\n")));
    assert!(told.contains("authorization: Bearer [secret]\r\n"), "{told}");
    let leaked = body(&lab(&server).without(Wall::Scrub).ask(get(&server.url("/"))).await);
    assert!(leaked.contains(SECRET), "without the wall: {leaked}");
}

#[tokio::test]
async fn whatever_way_a_server_spells_it_nobody_gets_to_see_it() {
    let form: String = url::form_urlencoded::byte_serialize(SECRET.as_bytes()).collect();
    let mut spellings = vec![
        SECRET.to_owned(),
        SECRET.replace('/', "\\/"),
        form,
        SECRET.bytes().map(|byte| format!("{byte:02X}")).collect(),
    ];
    for before in ["", "a", "ab", "user:"] {
        spellings.push(STANDARD.encode(format!("{before}{SECRET}!")));
        spellings.push(URL_SAFE.encode(format!("{before}{SECRET}")));
    }
    for spelled in spellings {
        let says = spelled.clone();
        let server = Server::new(move |_| answer(200, &format!("x-a: {says}\r\n"), &says)).await;
        let lab = Lab { rules: vec![Rule { reuse: true, ..lab(&server).rules[0].clone() }], ..lab(&server) };
        let event = with(get(&server.url("/")), "headers", json!([]));
        let report = lab.report(event).await;
        let told: Value = serde_json::from_str(&answer_of(&report)).unwrap();
        assert!(body(&told["answer"]).contains("[secret]"), "{spelled}: {told}");
        assert!(told.to_string().contains(r#"["x-a","#) && told.to_string().contains("[secret]"));
        let everything = format!("{report:?} {:?} {:?}", lab.notes.begun, lab.notes.ended);
        assert!(!everything.contains(&spelled), "{everything}");
    }
}

fn answer_of(report: &Report) -> String {
    crate::tests::emitted(report)[0].to_owned()
}

#[tokio::test]
async fn a_guest_that_asks_for_what_it_cannot_know_is_told_without_it() {
    let server = Server::new(echo).await;
    let lab = lab(&server);
    let told = lab.refused(get(&format!("http://evil.test/{SECRET}"))).await;
    assert!(told.contains("[secret]") && !told.contains(SECRET), "{told}");
    assert!(lab.notes.denied.lock().unwrap()[0].what.contains("[secret]"));
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_for_secrets_is_refused() {
    for headers in ["content-encoding: gzip\r\n", "content-encoding: br, identity\r\n"] {
        let server = Server::new(move |_| answer(200, headers, "x")).await;
        let asks = || with(get(&server.url("/")), "headers", json!([["Accept-Encoding", "gzip"]]));
        assert!(lab(&server).refused(asks()).await.contains("the answer is encoded"));
        assert!(!server.heard()[0].contains("accept-encoding"), "{:?}", server.heard());
        lab(&server).without(Wall::Scrub).ask(asks()).await;
        assert!(server.heard()[1].contains("accept-encoding: gzip"));
    }
}

#[tokio::test]
async fn a_path_of_another_rule_gets_no_secret() {
    let server = Server::new(echo).await;
    let segment = lockstep_core::grant::http::Segment::Text("v1".into());
    let narrow = Rule { paths: vec![PathPattern(vec![segment])], ..lab(&server).rules[0].clone() };
    let lab = Lab { rules: vec![narrow, rule(server.port)], ..lab(&server) };
    for (path, gets) in [("/v1", true), ("/v2", false), ("/v1/../v2", false)] {
        lab.ask(get(&server.url(path))).await;
        assert_eq!(server.heard().pop().unwrap().contains(SECRET), gets, "{path}");
    }
}

#[test]
fn a_rule_whose_secret_is_not_there_or_does_not_fit_is_refused_at_load() {
    let with = |secret: Option<&[u8]>| {
        let secrets = secret.map(|secret| ("key".to_owned(), secret.to_vec())).into_iter().collect();
        let lab = Lab { secrets, ..Lab::new([Rule { secret: Some(bearer()), ..rule(80) }]) };
        lab.load().err().map(|error| error.to_string())
    };
    expect_test::expect!["the rule for http://server.test:80 uses the secret `key`, which is not set; set it in `[secrets]` of lockstep.toml"]
        .assert_eq(&with(None).unwrap());
    expect_test::expect!["the secret `key` cannot be sent in the header `authorization`; it must be one line, and the header a name"]
        .assert_eq(&with(Some(b"two lines\nof text")).unwrap());
    assert_eq!(with(Some(b"one line of text")), None);
}
