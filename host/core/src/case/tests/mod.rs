//! Case files as data; what is wrong with them; what is held against what. No component is run.

mod judging;
mod table;
mod workflows;

use expect_test::{Expect, expect};

use super::{Body, Data, Format, SCHEMA, Sent, StepCase, keys, step};
use crate::table::schema;

/// Cases that have all keys between them.
const CASES: [&str; 7] = [
    include_str!("../../../../../plugins/conformance/cases/1-64-bit-largest.toml"),
    include_str!("../../../../../plugins/conformance/cases/3-transient.toml"),
    include_str!("../../../../../plugins/conformance/cases/5-state.toml"),
    include_str!("../../../../../plugins/conformance/cases/6-answer.toml"),
    include_str!("../../../../../plugins/conformance/cases/6-tool.toml"),
    include_str!("../../../../../plugins/conformance/cases/8-identity.toml"),
    include_str!("../../../../../plugins/conformance/cases/8-timers.toml"),
];

fn case(text: &str) -> StepCase {
    step(text, Format::Toml).unwrap_or_else(|findings| panic!("{text}\n{findings:?}"))
}

/// What is wrong with each file.
fn refused(format: Format, texts: &[&str], expected: Expect) {
    let told = texts.iter().map(|text| match step(text, format) {
        Ok(case) => format!("{text:?} reads as {case:?}\n"),
        Err(findings) => findings.iter().map(|finding| format!("{}\n", finding.in_file("c"))).collect(),
    });
    expected.assert_eq(&told.collect::<String>());
}

#[test]
fn a_file_of_json_says_the_same_as_one_of_toml() {
    let toml = "case = \"both\"\nhandler = \"on-a\"\nstate = { n = 1 }\n[event]\nwhen = \"now\"\nlist = [1, -2.5, true]\n\
                [[http]]\nmethod = \"post\"\nurl = \"HTTPS://A.example:443/x/../b?c\"\nheaders = { X-Own = \"1\" }\n\
                json = { a = [] }\nanswer = { status = 404, json = { no = \"such\" } }\n\
                [expect]\nfailure = { class = \"transient\" }\nmemory-at-most = \"4MiB\"\n";
    let json = r#"{"case": "both", "handler": "on-a", "state": {"n": 1},
        "event": {"when": "now", "list": [1, -2.5, true]},
        "http": [{"method": "post", "url": "HTTPS://A.example:443/x/../b?c", "headers": {"X-Own": "1"},
            "json": {"a": []}, "answer": {"status": 404, "json": {"no": "such"}}}],
        "expect": {"failure": {"class": "transient"}, "memory-at-most": 4194304, "emits": null}}"#;
    let (one, other) = (case(toml), step(json, Format::Json).unwrap());
    let told = |case: &StepCase| {
        let text = format!("{case:?}");
        let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        text.split("line: ").map(|part| &part[digits(part)..]).collect::<String>()
    };
    assert_eq!(told(&one), told(&other));
    assert_eq!(one.http[0].url.as_deref(), Some("https://a.example/b?c"));
    assert_eq!(one.http[0].method.as_deref(), Some("POST"));
    assert_eq!(one.expect.unwrap().memory, Some(4 << 20));
}

#[test]
fn values_are_those_of_events_however_the_file_spells_them() {
    let data = |text: &str| case(&format!("event = {text}\n")).given;
    let json = |text: &str| match data(text) {
        super::Given::One(data) => data.json(),
        super::Given::Named(_) => String::new(),
    };
    for (toml, expected) in [
        ("0xff", "255"),
        ("-9_223_372_036_854_775_808", "-9223372036854775808"),
        ("+1.5e3", "1.5e3"),
        ("[nan, inf, -inf]", r#"["nan","inf","-inf"]"#),
        ("{ b = 1, a = \"\\\"\" }", r#"{"b":1,"a":"\""}"#),
    ] {
        assert_eq!(json(toml), expected);
    }
    let wide = step(r#"{"event": [null, 18446744073709551615, 1.0]}"#, Format::Json).unwrap().given;
    assert!(matches!(wide, super::Given::One(data) if data.json() == "[null,18446744073709551615,1.0]"));
}

#[test]
fn what_nobody_knows_is_refused_with_its_line_and_what_is_meant() {
    refused(
        Format::Toml,
        &[
            "evnet = {}\n",
            "event = {}\n[[http]]\nurl = \"https://a.example/\"\nanwser = {}\n",
            "event = {}\n[[http]]\nanswer = { stauts = 200 }\n",
            "event = {}\n[expect]\n\nemit = []\n",
            "event = {}\n[expect.failure]\nclas = \"trap\"\n",
            "event = {}\n[run]\nattemt = 2\n",
        ],
        expect![[r#"
            c:1: unknown key `evnet`; did you mean `event`?
            c:1: give one of `event`, `given`
            c:2: `http.answer` is missing; say what the request is answered: `answer = { status = 200 }`
            c:4: unknown key `http.anwser`; did you mean `answer`?
            c:3: unknown key `http.answer.stauts`; did you mean `status`?
            c:4: unknown key `expect.emit`; did you mean `emits`?
            c:3: unknown key `expect.failure.clas`; did you mean `class`?
            c:3: unknown key `run.attemt`; did you mean `attempt`?
        "#]],
    );
}

#[test]
fn what_a_key_does_not_take_is_refused_with_what_it_takes() {
    refused(
        Format::Toml,
        &[
            "event = {}\n[given]\na = {}\n",
            "event = {}\nstate = 1\n",
            "event = {}\n[[http]]\nurl = \"ftp://a\"\nanswer = { status = 99 }\n",
            "event = {}\n[[http]]\nanswer = { error = \"timeuot\" }\n",
            "event = {}\n[[http]]\nbody = \"\"\njson = 1\nanswer = { status = 200, denied = \"host\" }\n",
            "event = {}\n[[tools]]\narguments = []\nanswer = {}\n",
            "event = {}\n[expect]\nemits = [{ a = 1, b = 2 }, 3]\nfailure = {}\n",
            "event = {}\n[expect]\ntimers = [{ set = \"a\" }, { set = \"a\", cancel = \"b\" }]\n",
            "event = {}\n[run]\nattempt = 0\nnow = \"soon\"\n",
            "event = {}\n[expect]\nmemory-at-most = \"4 MB\"\nlog = [1]\n",
            "event = \n",
            "event = {}\n[state]\nlist = [{ a = [\n2026-01-02T03:04:05Z] }]\n",
        ],
        expect![[r#"
            c:1: `event`, `given` stand together; give one of them
            c:2: `state` takes a table, not 1
            c:3: `http.url` cannot be "ftp://a": the address does not begin with `https://` or `http://`; write it in full
            c:4: `http.answer.status` takes a whole number of at least 100, not 99
            c:3: `http.answer.error` takes one of "timeout", "too-large", "connect", "tls", "protocol", "invalid-request", not "timeuot"; did you mean `timeout`?
            c:2: `http.body`, `http.json` stand together; give one of them
            c:5: `http.answer.denied`, `http.answer.status` stand together; give one of them
            c:2: `tools.name` is missing; name the tool: `name = "read_file"`
            c:3: `tools.arguments` takes a table, not a list
            c:4: give one of `tools.answer.output`, `tools.answer.failed`, `tools.answer.error`, `tools.answer.denied`, `tools.answer.refused`
            c:2: `expect.emits`, `expect.failure` stand together; give one of them
            c:3: `expect.emits` takes a list of `{ NAME = VALUE }`, each with one name, not a table
            c:3: `expect.emits` takes a list of `{ NAME = VALUE }`, each with one name, not 3
            c:3: `expect.timers.after-ms` is missing; say after how many milliseconds it is to fire
            c:3: `expect.timers.set`, `expect.timers.cancel` stand together; give one of them
            c:3: `run.attempt` takes a whole number of at least 1, not 0
            c:4: `run.now` takes a whole number of at least 0, not "soon"
            c:3: `expect.memory-at-most` takes a number of bytes, such as `"4MiB"`, not "4 MB"
            c:4: `expect.log` takes a list of texts, not 1
            c:1: this is not TOML: string values must be quoted, expected literal string
            c:4: `2026-01-02T03:04:05Z` is a date, which JSON has no word for; quote it
        "#]],
    );
    refused(
        Format::Json,
        &["[]", "{\"event\": {},\n\"event\": {}}", "{\"event\": {}\n", "{\"event\":\n{},\n\"stat\": 1}"],
        expect![[r#"
            c:1: a case takes a table, not a list
            c:2: this is not JSON: the key `event` stands twice in one object at line 2 column 12
            c:2: this is not JSON: EOF while parsing an object at line 2 column 0
            c:3: unknown key `stat`; did you mean `state`?
        "#]],
    );
}

#[test]
fn the_line_of_a_part_is_where_it_stands() {
    let text = "{\"a\": [\n{\"b\": 1},\n{\"b\":\n {\"c\": 2}}],\n \"d\": 3}";
    let data = super::data::json(text).unwrap();
    for (path, line) in
        [("", 1), (".a[0].b", 2), ("a[1]", 3), ("a[1].b", 4), ("a[1].b.c", 4), ("a[7].b", 1), ("d", 5)]
    {
        assert_eq!(data.line_of(path), line, "{path}");
    }
    assert_eq!(Data::read("no"), None);
}

#[test]
fn the_first_answer_that_fits_and_is_not_used_up_is_given() {
    let case = case(
        "event = {}\n[[http]]\nmethod = \"GET\"\ntimes = 2\nanswer = {}\n\
         [[http]]\nurl = \"https://a.example\"\nheaders = { x-own = \"1\" }\nbody = \"text\"\nanswer = {}\n\
         [[http]]\njson = { n = \"1\", none = [] }\nanswer = {}\n\
         [[tools]]\nname = \"brew\"\narguments = { cups = 2 }\n",
    );
    let own = [("x-own".to_owned(), b"1".to_vec())];
    let sent = |method, body| Sent { method, url: "https://a.example/", headers: &own, body };
    let told =
        |at: usize, sent: &Sent<'_>, given| case.http[at].fits(sent, given).map_err(|why| why.to_string());
    assert_eq!(told(0, &sent("GET", b""), 1), Ok(()));
    assert_eq!(told(0, &sent("GET", b""), 2), Err("it was given 2 times already".into()));
    assert_eq!(told(0, &sent("PUT", b""), 0), Err("its `method` is GET".into()));
    assert_eq!(told(1, &sent("PUT", b"text"), 9), Ok(()));
    assert_eq!(told(1, &sent("PUT", b"Text"), 0), Err("its body is not what was sent".into()));
    let bare = Sent { headers: &[], ..sent("PUT", b"text") };
    assert_eq!(told(1, &bare, 0), Err("its header `x-own` is not what was sent".into()));
    let away = Sent { url: "https://b.example/", ..sent("PUT", b"text") };
    assert_eq!(told(1, &away, 0), Err("its `url` is https://a.example/".into()));
    assert_eq!(told(2, &sent("PUT", b" {\"none\":[], \"n\": 1, \"m\": null}"), 0), Ok(()));
    assert!(told(2, &sent("PUT", b"{\"n\": 2, \"none\": []}"), 0).is_err());
    assert!(matches!(case.http[2].body, Some(Body::Json(_))));
    assert_eq!(case.tools[0].fits("brew", "{\"cups\":2}", 0), Ok(()));
    assert!(case.tools[0].fits("brew", "{\"cups\":3}", 0).is_err());
    assert!(case.tools[0].fits("pour", "{\"cups\":2}", 0).is_err());
}

#[test]
fn the_schema_has_every_key_and_fits_the_cases_that_there_are() {
    schema::assert_describes(SCHEMA, &keys::levels());
    let validator = jsonschema::validator_for(&serde_json::from_str(SCHEMA).unwrap()).unwrap();
    for text in CASES.iter().chain(&workflows::CASES) {
        let data = super::data::toml(text).unwrap().plain();
        let wrong: Vec<_> = validator.iter_errors(&data).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "{text}: {wrong:?}");
    }
    let unknown = serde_json::json!({ "event": {}, "evnet": {} });
    assert!(!validator.is_valid(&unknown));
}
