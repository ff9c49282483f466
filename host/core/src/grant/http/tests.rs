//! Addresses, rules and networks as data; then what must hold for any of them.

use core::net::IpAddr;
use std::time::Duration;

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::choose::is_below;
use super::line::rule_for;
use super::*;
use crate::effect::Denial;

/// A rule for `GET https://HOST/PATHS`.
fn rule(host: &str, paths: &[&str]) -> Rule {
    let host = match host.strip_prefix("*.") {
        Some(apex) => Host::Below(apex.into()),
        None => Host::Exactly(host.into()),
    };
    Rule {
        host,
        scheme: Scheme::Https,
        port: 443,
        methods: vec!["GET".into()],
        paths: paths.iter().map(|text| PathPattern::parse(text).unwrap()).collect(),
        query: None,
        network: Network::Public,
        secret: None,
        idempotency: None,
        at_most_once: false,
        redirects: false,
        request_bytes: 1000,
        response_bytes: 1000,
        timeout: Duration::from_secs(10),
        rate: None,
        reuse: false,
        approve: Approve::Never,
    }
}

fn secret(name: &str) -> Option<SecretUse> {
    Some(SecretUse { name: name.into(), header: "authorization".into(), format: "Bearer {}".into() })
}

fn asked(asked: &str) -> Asked {
    let (method, url) = asked.split_once(' ').unwrap();
    Asked::parse(method, url).unwrap_or_else(|refused| panic!("{url}: {refused}"))
}

/// What each address becomes, or why it is none.
fn parsed(urls: &[&str], expected: Expect) {
    let told = urls.iter().map(|url| match Asked::parse("GET", url) {
        Ok(asked) => format!("{url:?} -> {}\n", asked.url),
        Err(refused) => format!("{url:?}: {refused}\n"),
    });
    expected.assert_eq(&told.collect::<String>());
}

/// What comes of each request under these rules.
fn chosen(grant: &HttpGrant, requests: &[&str], expected: Expect) {
    let told = requests.iter().map(|request| match grant.choose(&asked(request)) {
        Ok((at, rule)) => format!("{request}: rule {at}, {}\n", rule.name()),
        Err(why) => format!("{request}: {}\n", why.as_str()),
    });
    expected.assert_eq(&told.collect::<String>());
}

#[test]
fn one_spelling_of_an_address_is_matched_and_sent() {
    parsed(
        &[
            "https://Api.Example",
            "HTTPS://api.example:443/a#fragment",
            "http://api.example:80/?",
            "http://api.example:8080/a?b=c%2Fd&e",
            "https://bücher.example/ü",
            "https://api。example/",
            "https://ex%61mple.com/",
            "https://api.example/v1/../v2/./x",
            "https://api.example/v1/%2e%2E/v2/%2e/x",
            "https://api.example/v1/.%2e/../../x/..",
            "https://api.example//v1///x//",
            "https://api.example/%7euser/%61%3a%2a/100%25",
            "https://api.example/a|b[c]{d}",
            "https://127.1/",
            "https://0x7f.0.0.1/",
            "https://2130706433/",
            "https://１２７.0.0.1/",
            "https://[::FFFF:127.0.0.1]/",
        ],
        expect![[r#"
            "https://Api.Example" -> https://api.example/
            "HTTPS://api.example:443/a#fragment" -> https://api.example/a
            "http://api.example:80/?" -> http://api.example/
            "http://api.example:8080/a?b=c%2Fd&e" -> http://api.example:8080/a?b=c%2Fd&e
            "https://bücher.example/ü" -> https://xn--bcher-kva.example/%C3%BC
            "https://api。example/" -> https://api.example/
            "https://ex%61mple.com/" -> https://example.com/
            "https://api.example/v1/../v2/./x" -> https://api.example/v2/x
            "https://api.example/v1/%2e%2E/v2/%2e/x" -> https://api.example/v2/x
            "https://api.example/v1/.%2e/../../x/.." -> https://api.example/
            "https://api.example//v1///x//" -> https://api.example/v1/x/
            "https://api.example/%7euser/%61%3a%2a/100%25" -> https://api.example/~user/a%3A*/100%25
            "https://api.example/a|b[c]{d}" -> https://api.example/a%7Cb%5Bc%5D%7Bd%7D
            "https://127.1/" -> https://127.0.0.1/
            "https://0x7f.0.0.1/" -> https://127.0.0.1/
            "https://2130706433/" -> https://127.0.0.1/
            "https://１２７.0.0.1/" -> https://127.0.0.1/
            "https://[::FFFF:127.0.0.1]/" -> https://[::ffff:7f00:1]/
        "#]],
    );
}

/// The SDKs spell what a plain test asks for as the host does; this is the table that they are held to as well.
#[test]
fn the_table_for_all_readers_says_what_becomes_of_a_request() {
    let rows: Vec<(String, Option<String>)> = serde_json::from_str(include_str!("addresses.json")).unwrap();
    for (request, expected) in rows {
        let (method, url) = request.split_once(' ').unwrap();
        let told = Asked::parse(method, url).ok().map(|asked| format!("{} {}", asked.method, asked.url));
        assert_eq!(told, expected, "{request:?}");
    }
}

#[test]
fn what_two_parsers_could_read_differently_is_no_address() {
    parsed(
        &[
            "",
            "/v1/refunds",
            "ftp://api.example/",
            "file:///etc/passwd",
            "https:api.example/",
            "https:///api.example/",
            "https:/\\api.example/",
            "https://",
            "https://user@api.example/",
            "https://api.example:pass@evil.example/",
            "https://@api.example/",
            "https://api.example\\@evil.example/",
            "https://api.example/\tx",
            "https://api.example/\nx",
            "https://api.example/\0",
            " https://api.example/",
            "https://api.example/a b",
            "https://api.example./",
            "https://api.example../",
            "https://api..example/",
            "https://*.example/",
            "https://api.example%00.evil/",
            "https://api.example:0/",
            "https://api.example:99999/",
            "https://[fe80::1%25eth0]/",
            "https://api.example/a%2Fb",
            "https://api.example/a%2fb",
            "https://api.example/a%5Cb",
            "https://api.example/a%00",
            "https://api.example/a%0d%0ab",
            "https://api.example/a%zz",
            "https://api.example/a%2",
            "https://api.example/..;/admin",
            "https://api.example/%2e%2e%3b/..;x=1",
        ],
        expect![[r#"
            "": the address does not begin with `https://` or `http://`; write it in full
            "/v1/refunds": the address does not begin with `https://` or `http://`; write it in full
            "ftp://api.example/": the address does not begin with `https://` or `http://`; write it in full
            "file:///etc/passwd": the address does not begin with `https://` or `http://`; write it in full
            "https:api.example/": the address does not begin with `https://` or `http://`; write it in full
            "https:///api.example/": the address has no host; write it in full
            "https:/\\api.example/": the address has white space, a control character or a backslash; percent-encode it
            "https://": the address has no host; write it in full
            "https://user@api.example/": the address has a user or password; leave them out, and grant a `secret` instead
            "https://api.example:pass@evil.example/": the address has a user or password; leave them out, and grant a `secret` instead
            "https://@api.example/": the address has a user or password; leave them out, and grant a `secret` instead
            "https://api.example\\@evil.example/": the address has white space, a control character or a backslash; percent-encode it
            "https://api.example/\tx": the address has white space, a control character or a backslash; percent-encode it
            "https://api.example/\nx": the address has white space, a control character or a backslash; percent-encode it
            "https://api.example/\0": the address has white space, a control character or a backslash; percent-encode it
            " https://api.example/": the address has white space, a control character or a backslash; percent-encode it
            "https://api.example/a b": the address has white space, a control character or a backslash; percent-encode it
            "https://api.example./": the host of the address is not a name of labels; write it without a dot at its end
            "https://api.example../": the host of the address is not a name of labels; write it without a dot at its end
            "https://api..example/": the host of the address is not a name of labels; write it without a dot at its end
            "https://*.example/": the host of the address is not a name of labels; write it without a dot at its end
            "https://api.example%00.evil/": the address cannot be read: invalid international domain name
            "https://api.example:0/": the port of the address is 0; name a real one
            "https://api.example:99999/": the address cannot be read: invalid port number
            "https://[fe80::1%25eth0]/": the address cannot be read: invalid IPv6 address
            "https://api.example/a%2Fb": the path has an encoded slash, backslash or control character; leave it out
            "https://api.example/a%2fb": the path has an encoded slash, backslash or control character; leave it out
            "https://api.example/a%5Cb": the path has an encoded slash, backslash or control character; leave it out
            "https://api.example/a%00": the path has an encoded slash, backslash or control character; leave it out
            "https://api.example/a%0d%0ab": the path has an encoded slash, backslash or control character; leave it out
            "https://api.example/a%zz": the path has a `%` that no two hex digits follow; write `%25`
            "https://api.example/a%2": the path has a `%` that no two hex digits follow; write `%25`
            "https://api.example/..;/admin": the path has `.` or `..` with parameters; leave it out
            "https://api.example/%2e%2e%3b/..;x=1": the path has `.` or `..` with parameters; leave it out
        "#]],
    );
}

#[test]
fn a_method_is_one_word_and_none_that_opens_a_tunnel() {
    let told =
        ["get", "PATCH", "X-OWN", "", "GET /", "G\r\n", "connect", "TRACE"].map(|method| match Asked::parse(
            method,
            "https://api.example/",
        ) {
            Ok(asked) => format!("{method:?} -> {}\n", asked.method),
            Err(refused) => format!("{method:?}: {refused}\n"),
        });
    expect![[r#"
        "get" -> GET
        "PATCH" -> PATCH
        "X-OWN" -> X-OWN
        "": the method is not one word of letters; use one such as `GET`
        "GET /": the method is not one word of letters; use one such as `GET`
        "G\r\n": the method is not one word of letters; use one such as `GET`
        "connect": the method CONNECT is not for steps; use another one
        "TRACE": the method TRACE is not for steps; use another one
    "#]]
    .assert_eq(&told.concat());
}

#[test]
fn a_request_must_match_one_rule_in_every_field() {
    let limited = Rule { query: Some(vec!["limit".into()]), ..rule("api.example", &["/v1/list"]) };
    let plain = Rule { scheme: Scheme::Http, port: 8080, ..rule("127.0.0.1", &["/**"]) };
    let rules = vec![rule("api.example", &["/v1/refunds", "/v1/refunds/*"]), limited, plain];
    chosen(
        &HttpGrant { rules, ceiling: None },
        &[
            "GET https://api.example/v1/refunds",
            "GET https://api.example/v1/refunds/7",
            "GET https://api.example/v1/refunds/%2A",
            "GET https://api.example/v1/refunds/",
            "GET https://api.example/v1/refunds/7/8",
            "GET https://api.example/v1/refunds/../payouts",
            "GET https://api.example/v1/*",
            "POST https://api.example/v1/refunds",
            "GET http://api.example/v1/refunds",
            "GET https://api.example:8443/v1/refunds",
            "GET https://api.example/v1/list?limit=3",
            "GET https://api.example/v1/list?limit=3&al%6c=1",
            "GET https://api.example/v1/list?limit=3;all=1",
            "GET https://api.example/v1/list",
            "GET http://127.0.0.1:8080/any/where",
            "GET http://127.1:8080/",
            "POST http://evil.example:81/v1/x",
        ],
        expect![[r#"
            GET https://api.example/v1/refunds: rule 0, https://api.example:443
            GET https://api.example/v1/refunds/7: rule 0, https://api.example:443
            GET https://api.example/v1/refunds/%2A: rule 0, https://api.example:443
            GET https://api.example/v1/refunds/: path
            GET https://api.example/v1/refunds/7/8: path
            GET https://api.example/v1/refunds/../payouts: path
            GET https://api.example/v1/*: path
            POST https://api.example/v1/refunds: method
            GET http://api.example/v1/refunds: scheme
            GET https://api.example:8443/v1/refunds: port
            GET https://api.example/v1/list?limit=3: rule 1, https://api.example:443
            GET https://api.example/v1/list?limit=3&al%6c=1: query
            GET https://api.example/v1/list?limit=3;all=1: query
            GET https://api.example/v1/list: rule 1, https://api.example:443
            GET http://127.0.0.1:8080/any/where: rule 2, http://127.0.0.1:8080
            GET http://127.1:8080/: rule 2, http://127.0.0.1:8080
            POST http://evil.example:81/v1/x: host
        "#]],
    );
}

#[test]
fn a_star_means_labels_before_a_name_and_never_the_name_itself() {
    chosen(
        &HttpGrant { rules: vec![rule("*.example.com", &["/**"])], ceiling: None },
        &[
            "GET https://a.example.com/",
            "GET https://a.b.example.com/",
            "GET https://example.com/",
            "GET https://evilexample.com/",
            "GET https://example.com.evil.net/",
            "GET https://a.example.com.evil.net/",
        ],
        expect![[r#"
            GET https://a.example.com/: rule 0, https://*.example.com:443
            GET https://a.b.example.com/: rule 0, https://*.example.com:443
            GET https://example.com/: host
            GET https://evilexample.com/: host
            GET https://example.com.evil.net/: host
            GET https://a.example.com.evil.net/: host
        "#]],
    );
}

#[test]
fn under_a_ceiling_a_request_must_match_both_and_what_is_left_is_the_narrower() {
    let mine = Rule {
        secret: secret("key"),
        redirects: true,
        request_bytes: 10,
        rate: Some(Rate { calls: 20, per: Duration::from_secs(60) }),
        ..rule("*.example.com", &["/v1/**"])
    };
    let bare = rule("*.example.com", &["/**"]);
    let above = Rule {
        secret: secret("key"),
        at_most_once: true,
        response_bytes: 10,
        timeout: Duration::from_secs(1),
        network: Network::Within(vec![Cidr::parse("8.0.0.0/8").unwrap()]),
        ..rule("a.example.com", &["/**"])
    };
    let grant = HttpGrant { rules: vec![mine], ceiling: Some(vec![bare, above]) };
    chosen(
        &grant,
        &[
            "GET https://a.example.com/v1/x",
            "GET https://b.example.com/v1/x",
            "GET https://a.example.com/v2",
            "GET https://example.net/v1/x",
        ],
        expect![[r#"
            GET https://a.example.com/v1/x: rule 0, https://*.example.com:443
            GET https://b.example.com/v1/x: secret
            GET https://a.example.com/v2: path
            GET https://example.net/v1/x: host
        "#]],
    );
    let asked = asked("GET https://a.example.com/v1/x");
    let (_, rule) = grant.choose(&asked).unwrap();
    expect![[r#"
        Rule {
            host: Below(
                "example.com",
            ),
            scheme: Https,
            port: 443,
            methods: [
                "GET",
            ],
            paths: [
                PathPattern(
                    [
                        Text(
                            "v1",
                        ),
                        Rest,
                    ],
                ),
            ],
            query: None,
            network: Both(
                Public,
                Within(
                    [
                        Cidr {
                            first: 8.0.0.0,
                            bits: 8,
                        },
                    ],
                ),
            ),
            secret: Some(
                SecretUse {
                    name: "key",
                    header: "authorization",
                    format: "Bearer {}",
                },
            ),
            idempotency: None,
            at_most_once: true,
            redirects: false,
            request_bytes: 10,
            response_bytes: 10,
            timeout: 1s,
            rate: Some(
                Rate {
                    calls: 20,
                    per: 60s,
                },
            ),
            reuse: false,
            approve: Never,
        }
    "#]]
    .assert_debug_eq(&rule);
}

/// The rule that a person is asked about, if there is one.
fn proposed(grant: &HttpGrant, request: &str) -> String {
    let asked = asked(request);
    let why = grant.choose(&asked).map(|(at, _)| panic!("rule {at} lets {request} through")).unwrap_err();
    match grant.proposed(&asked, why) {
        Some(rule) => format!(
            "{request}: {}: {rule}, of {} bytes and {:?}\n",
            why.as_str(),
            rule.request_bytes,
            rule.timeout
        ),
        None => format!("{request}: {}: nobody is asked\n", why.as_str()),
    }
}

const ASKED: [&str; 8] = [
    "GET https://api.example/v2/%2A/x",
    "POST https://api.example/v1",
    "GET http://api.example/v1",
    "GET https://api.example:8443/v1",
    "GET https://api.example/v1?q=1&r=2&q=3",
    "DELETE https://evil.example/a//b/",
    "GET https://127.0.0.1/",
    "GET https://[fe80::1]/",
];

#[test]
fn what_no_rule_lets_through_a_person_may_allow_this_once() {
    let listed = Rule { query: Some(Vec::new()), ..rule("api.example", &["/v1"]) };
    let grant = HttpGrant { rules: vec![listed], ceiling: None };
    let told: String = ASKED.iter().map(|request| proposed(&grant, request)).collect();
    expect![[r#"
        GET https://api.example/v2/%2A/x: path: GET https://api.example:443 /v2/%2A/x, of 262144 bytes and 10s
        POST https://api.example/v1: method: POST https://api.example:443 /v1, of 262144 bytes and 10s
        GET http://api.example/v1: scheme: GET http://api.example:80 /v1, of 262144 bytes and 10s
        GET https://api.example:8443/v1: port: GET https://api.example:8443 /v1, of 262144 bytes and 10s
        GET https://api.example/v1?q=1&r=2&q=3: query: GET https://api.example:443 /v1, of 262144 bytes and 10s
        DELETE https://evil.example/a//b/: host: DELETE https://evil.example:443 /a/b/, of 262144 bytes and 10s
        GET https://127.0.0.1/: host: nobody is asked
        GET https://[fe80::1]/: host: nobody is asked
    "#]].assert_eq(&told);
    let asked = asked("GET https://api.example/v1");
    for why in [Why::Secret, Why::Network] {
        assert_eq!(grant.proposed(&asked, why), None);
    }
}

#[test]
fn a_person_allows_nothing_that_the_ceiling_does_not() {
    let above = Rule {
        request_bytes: 10,
        timeout: Duration::from_secs(1),
        ..rule("*.example", &["/v1/**", "/v2/**"])
    };
    let inside = Rule { network: Network::Private, ..rule("evil.example", &["/**"]) };
    let inside = Rule { methods: vec!["DELETE".into()], ..inside };
    let grant = HttpGrant { rules: vec![rule("api.example", &["/v1"])], ceiling: Some(vec![above, inside]) };
    let requests =
        ["GET https://api.example/v2/%2A/x", "POST https://api.example/v1", "DELETE https://evil.example/a"];
    let told: String = requests.iter().map(|request| proposed(&grant, request)).collect();
    expect![[r#"
        GET https://api.example/v2/%2A/x: path: GET https://api.example:443 /v2/%2A/x, of 10 bytes and 1s
        POST https://api.example/v1: method: nobody is asked
        DELETE https://evil.example/a: host: nobody is asked
    "#]]
    .assert_eq(&told);
}

#[test]
fn a_person_who_decides_on_a_request_does_not_decide_where_it_leads() {
    let mine = Rule { redirects: true, ..rule("api.example", &["/**"]) };
    let above = Rule { approve: Approve::Writes, ..mine.clone() };
    let grant = HttpGrant { rules: vec![mine.clone()], ceiling: Some(vec![above]) };
    let (_, narrowed) = grant.choose(&asked("GET https://api.example/")).unwrap();
    assert_eq!((narrowed.redirects, narrowed.approve), (false, Approve::Writes));
    let grant = HttpGrant { rules: vec![mine.clone()], ceiling: Some(vec![mine]) };
    assert!(grant.choose(&asked("GET https://api.example/")).unwrap().1.redirects);
}

#[test]
fn writes_are_all_but_what_only_reads() {
    let covered =
        |approve: Approve| ["GET", "HEAD", "OPTIONS", "POST", "PURGE"].map(|method| approve.covers(method));
    assert_eq!(covered(Approve::Never), [false; 5]);
    assert_eq!(covered(Approve::Writes), [false, false, false, true, true]);
    assert_eq!(covered(Approve::Always), [true; 5]);
}

#[test]
fn what_was_denied_is_allowed_by_a_rule_of_its_own() {
    let allowed = |what: &str, why: &str| {
        let denial = Denial { capability: "http".into(), what: what.into(), why: why.into(), tool: None };
        rule_that_allows(&denial).unwrap_or_else(|| "none\n".to_owned())
    };
    let told = [
        allowed("POST http://evil.example:81/v1/**?a=1&%22%1b=2", "host"),
        allowed("GET https://api.example/v1", "network"),
        allowed("GET http://localhost:8080/v1", "network"),
        allowed("GET https://api.example/v1", "secret"),
        allowed("GET http://127.0.0.1/", "path"),
        allowed("GET https://api.example/v1?=1", "host"),
        allowed("nonsense", "host"),
        allowed("GET https://api.example/v1", "nonsense"),
    ];
    expect![[r#"
        [[http]]
        host = "evil.example"
        scheme = "http"
        port = 81
        methods = ["POST"]
        paths = ["/v1/%2A%2A"]
        query = ["a", "\"\u001B"]

        [[http]]
        host = "api.example"
        methods = ["GET"]
        paths = ["/v1"]
        query = []
        network = "private"    # or "loopback:443", or a list: where api.example is

        [[http]]
        host = "localhost"
        scheme = "http"
        port = 8080
        methods = ["GET"]
        paths = ["/v1"]
        query = []
        network = "loopback:8080"

        # [ceiling] of lockstep.toml wants its secret with this one
        [[http]]
        host = "api.example"
        methods = ["GET"]
        paths = ["/v1"]
        query = []

        [[http]]
        host = "127.0.0.1"
        scheme = "http"
        methods = ["GET"]
        paths = ["/"]
        query = []
        network = "loopback:80"

        none

        none

        none
    "#]]
    .assert_eq(&told.join("\n"));
}

#[test]
fn a_pattern_says_what_is_wrong_with_it() {
    let told = ["", "v1", "/", "/v1/", "/a//b", "/**/a", "/a*", "/%2A", "/%2f", "/..", "/%2e", "/a?b", "/ü"]
        .map(|text| match PathPattern::parse(text) {
            Ok(pattern) => format!("{text:?} -> {pattern:?}, {pattern}\n"),
            Err(why) => format!("{text:?}: {why}\n"),
        });
    expect![[r#"
        "": begin it with `/`
        "v1": begin it with `/`
        "/" -> PathPattern([Text("")]), /
        "/v1/" -> PathPattern([Text("v1"), Text("")]), /v1/
        "/a//b": `//` is never asked for; write `/`
        "/**/a": `**` stands for the rest; put it last
        "/a*": `*` stands for a whole segment; write `%2A` for the character itself
        "/%2A" -> PathPattern([Text("*")]), /%2A
        "/%2f": the path has an encoded slash, backslash or control character; leave it out
        "/..": the path has `.` or `..` with parameters; leave it out
        "/%2e": the path has `.` or `..` with parameters; leave it out
        "/a?b": percent-encode what is special in it
        "/ü" -> PathPattern([Text("%C3%BC")]), /%C3%BC
    "#]]
    .assert_eq(&told.concat());
}

/// Which networks have an address, at port 8080.
fn networks(address: &str) -> String {
    let address: IpAddr = address.parse().unwrap();
    let within = Cidr { first: "10.2.0.0".parse().unwrap(), bits: 16 };
    let networks = [
        ("public", Network::Public),
        ("private", Network::Private),
        ("within", Network::Within(vec![within])),
        ("loopback", Network::Loopback(8080)),
    ];
    let names = networks.iter().filter(|(_, network)| network.allows(address, 8080)).map(|(name, _)| *name);
    names.collect::<Vec<_>>().join(" ")
}

#[test]
fn an_address_belongs_to_the_networks_that_it_really_is_in() {
    for (address, expected) in [
        ("93.184.215.14", "public"),
        ("1.1.1.1", "public"),
        ("172.32.0.1", "public"),
        ("100.128.0.1", "public"),
        ("2606:4700:4700::1111", "public"),
        ("::ffff:1.1.1.1", "public"),
        ("10.1.2.3", "private"),
        ("10.2.3.4", "private within"),
        ("::ffff:10.2.3.4", "private within"),
        ("172.16.0.1", "private"),
        ("172.31.255.255", "private"),
        ("192.168.1.1", "private"),
        ("fd12:3456::1", "private"),
        ("127.0.0.1", "loopback"),
        ("127.255.255.255", "loopback"),
        ("::1", "loopback"),
        ("::ffff:127.0.0.1", "loopback"),
        ("0.0.0.0", ""),
        ("0.1.2.3", ""),
        ("100.64.0.1", ""),
        ("100.100.100.200", ""),
        ("169.254.169.254", ""),
        ("::ffff:169.254.169.254", ""),
        ("::169.254.169.254", ""),
        ("192.0.0.192", ""),
        ("192.0.2.1", ""),
        ("192.88.99.1", ""),
        ("198.18.0.1", ""),
        ("198.19.255.255", ""),
        ("198.51.100.1", ""),
        ("203.0.113.1", ""),
        ("224.0.0.1", ""),
        ("239.255.255.250", ""),
        ("240.0.0.1", ""),
        ("255.255.255.255", ""),
        ("168.63.129.16", ""),
        ("::", ""),
        ("::127.0.0.1", ""),
        ("64:ff9b::7f00:1", ""),
        ("64:ff9b::101:101", ""),
        ("64:ff9b:1::1", ""),
        ("100::1", ""),
        ("2001::1", ""),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", ""),
        ("2001:2::1", ""),
        ("2001:db8::1", ""),
        ("2002:7f00:1::1", ""),
        ("3fff::1", ""),
        ("5f00::1", ""),
        ("fd00:ec2::254", ""),
        ("fd20:ce::254", ""),
        ("fe80::1", ""),
        ("fec0::1", ""),
        ("ff02::1", ""),
    ] {
        assert_eq!(networks(address), expected, "{address}");
    }
    assert!(!Network::Loopback(8080).allows("127.0.0.1".parse().unwrap(), 8081));
}

/// Paths of pieces that parsers have fallen for.
fn tricky() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => "[a-c]{1,2}",
        6 => prop::sample::select(vec!["/", "//", ".", "..", "%2e", "%2E%2e", ";", "*", "%2A", "%61", "%25", "%252e", "~", "|", "ü"]).prop_map(str::to_owned),
        1 => "[ -~]",
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2048, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_normalised_is_normal(path in tricky(), query in "[a-c=&%+;]{0,6}") {
        if let Ok(asked) = Asked::parse("GET", &format!("https://api.example/{path}?{query}")) {
            prop_assert_eq!(Asked::parse("GET", asked.url.as_str()), Ok(asked));
        }
    }

    #[test]
    fn what_matches_has_no_step_up_and_begins_as_the_pattern_does(path in tricky()) {
        let grant = HttpGrant { rules: vec![rule("api.example", &["/a/**", "/*/b"])], ceiling: None };
        if let Ok(asked) = Asked::parse("GET", &format!("https://api.example/{path}")) {
            let path = asked.url.path();
            prop_assert!(path.split('/').skip(1).all(|segment| segment != "." && segment != ".."), "{}", path);
            prop_assert!(!path.contains("//"), "{}", path);
            if grant.choose(&asked).is_ok() {
                prop_assert!(path == "/a" || path.starts_with("/a/") || path.ends_with("/b"), "{}", path);
            }
        }
    }

    #[test]
    fn no_host_outside_a_pattern_is_let_through(host in "([a-c]{0,3}[.@%\\-]?){0,3}(evil)?\\.?example\\.com(\\.?[a-c]{0,2})") {
        let grant = HttpGrant { rules: vec![rule("*.example.com", &["/**"])], ceiling: None };
        if let Ok(asked) = Asked::parse("GET", &format!("https://{host}/")) {
            let is_inside = asked.host().ends_with(".example.com");
            prop_assert_eq!(grant.choose(&asked).is_ok(), is_inside);
            prop_assert_eq!(is_below(asked.host(), "example.com"), is_inside);
        }
    }

    #[test]
    fn the_lines_that_are_proposed_are_a_rule_that_lets_the_request_through(
        host in prop_oneof!["[a-c]{1,3}\\.example", "127\\.0\\.0\\.[1-9]", "10\\.0\\.0\\.[1-9]", "\\[::[0-9a-f]{1,4}\\]", "\\[::ffff:[0-9a-f]{1,4}:1\\]"],
        port in prop::sample::select(vec!["", ":80", ":443", ":8080"]),
        scheme in "https?",
        path in tricky(),
        why in prop::sample::select(Why::ALL.to_vec()),
    ) {
        if let Ok(asked) = Asked::parse("PUT", &format!("{scheme}://{host}{port}/{path}")) {
            let Some(text) = rule_for(&asked, why) else { return Ok(()) };
            let grant = crate::grant::parse(&format!("grant = 1\n{text}"));
            let grant = grant.map_err(|findings| TestCaseError::fail(format!("{text}\n{findings:?}")))?;
            prop_assert!(grant.http.choose(&asked).is_ok(), "{}", text);
        }
    }

    #[test]
    fn what_is_proposed_lets_the_request_through_and_no_other(path in tricky(), other in tricky(), query in "[a-c=&%+;]{0,6}") {
        let nothing = HttpGrant::default();
        let parse = |path: &str, query: &str| Asked::parse("PUT", &format!("https://api.example/{path}?{query}"));
        let is_plain = |other: &Asked| other.url.query().is_none();
        if let (Ok(asked), Ok(other)) = (parse(&path, &query), parse(&other, "")) && is_plain(&other) {
            let rule = nothing.proposed(&asked, Why::Host).expect("it is of the internet");
            let grant = HttpGrant { rules: vec![rule], ceiling: None };
            prop_assert!(grant.choose(&asked).is_ok());
            prop_assert_eq!(grant.choose(&other).is_ok(), asked.url.path() == other.url.path());
        }
    }

    #[test]
    fn text_of_any_kind_is_an_address_or_none_and_never_panics(text in "(?s).{0,60}", method in "(?s).{0,8}") {
        let _ = Asked::parse(&method, &text);
        let _ = Asked::parse("GET", &format!("https://{text}"));
        let _ = PathPattern::parse(&text);
    }
}
