//! The story of each level of a case: which keys it has, what each takes, and what stands in where one is missing.
//! Everything wrong is noted on the way.

use super::data::{Data, Value};
use super::reader::{Must, Reader, Table};
use super::{
    About, Answer, Body, Expect, Given, NoResponse, NoResult, Request, StepCase, Timer, Tool, ToolAnswer,
    Wanted, keys,
};
use crate::grant::http::Asked;
use crate::grant::{http, tools};
use crate::outcome::{Class, Interruption};

/// What stands where an error that has a text is not given one.
const NO_MESSAGE: &str = "as the case says";

pub(super) fn step(reader: &mut Reader, root: &Data) -> Option<StepCase> {
    let table = reader.open(&keys::STEP, root, "")?;
    reader.one_of(&table, &["event", "given"], Must::Be);
    let given = match (table.get("event"), reader.named(&table, "given")) {
        (_, Some(named)) => Given::Named(named),
        (event, None) => Given::One(event.cloned().unwrap_or(Data { line: 1, value: Value::Null })),
    };
    let handler = reader.text(&table, "handler");
    let line = table.get("handler").map_or(table.line, |data| data.line);
    Some(StepCase {
        title: reader.text(&table, "case"),
        handler: handler.map(|value| crate::table::Lined { line, value }),
        given,
        state: reader.named(&table, "state").unwrap_or_default(),
        http: requests(reader, &table),
        tools: tools(reader, &table),
        run: about(reader, &table),
        expect: expect(reader, &table),
    })
}

fn about(reader: &mut Reader, table: &Table<'_>) -> About {
    let Some(table) = reader.inner(&keys::RUN, table, "run") else { return About::default() };
    About {
        run: reader.text(&table, "run"),
        workflow: reader.text(&table, "workflow"),
        step: reader.text(&table, "step"),
        attempt: reader.count(&table, "attempt"),
        session: reader.text(&table, "session"),
        now: reader.whole(&table, "now", 0),
        random: reader.whole(&table, "random", 0),
    }
}

pub(super) fn requests(reader: &mut Reader, table: &Table<'_>) -> Vec<Request> {
    let tables = reader.tables(&keys::HTTP, table, "http");
    tables.iter().filter_map(|table| request(reader, table)).collect()
}

fn request(reader: &mut Reader, table: &Table<'_>) -> Option<Request> {
    reader.one_of(table, &["body", "json"], Must::NotBe);
    reader.missing(table, "answer", "say what the request is answered: `answer = { status = 200 }`");
    let json = table.get("json").cloned().map(Body::Json);
    let headers = reader.texts_by_name(table, "headers");
    Some(Request {
        line: table.line,
        method: reader.text(table, "method").map(|method| method.to_ascii_uppercase()),
        url: address(reader, table, "http.url"),
        headers: headers.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect(),
        body: reader.text(table, "body").map(Body::Text).or(json),
        times: reader.count(table, "times"),
        answer: answer(reader, table)?,
    })
}

/// An address in the one spelling that requests have.
pub(super) fn address(reader: &mut Reader, table: &Table<'_>, path: &str) -> Option<String> {
    let text = reader.text(table, "url")?;
    match Asked::parse("GET", &text) {
        Ok(asked) => Some(asked.url.to_string()),
        Err(why) => {
            let line = table.get("url").map_or(table.line, |data| data.line);
            reader.report(line, format!("`{path}` cannot be {text:?}: {why}"));
            None
        }
    }
}

fn answer(reader: &mut Reader, table: &Table<'_>) -> Option<Answer> {
    let table = reader.inner(&keys::HTTP_ANSWER, table, "answer")?;
    reader.one_of(&table, &["error", "denied", "refused", "status"], Must::NotBe);
    reader.one_of(&table, &["body", "json", "error", "denied", "refused"], Must::NotBe);
    if table.get("denied").is_some() {
        let words = http::Why::ALL.map(|why| (why.as_str(), why));
        return reader.word(&table, "denied", &words).map(Answer::Denied);
    }
    if table.get("refused").is_some() {
        return reader.text(&table, "refused").map(Answer::Refused);
    }
    if table.get("error").is_some() {
        let message = message(reader, &table);
        let words = [
            ("timeout", NoResponse::Timeout),
            ("too-large", NoResponse::TooLarge),
            ("connect", NoResponse::Connect(message.clone())),
            ("tls", NoResponse::Tls(message.clone())),
            ("protocol", NoResponse::Protocol(message.clone())),
            ("invalid-request", NoResponse::Invalid(message)),
        ];
        return reader.word(&table, "error", &words).map(Answer::Error);
    }
    let headers = reader.texts_by_name(&table, "headers");
    let body = reader.text(&table, "body").or_else(|| table.get("json").map(Data::json));
    Some(Answer::Response {
        status: status(reader, &table)?,
        headers: headers.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect(),
        body: body.unwrap_or_default(),
    })
}

fn status(reader: &mut Reader, table: &Table<'_>) -> Option<u16> {
    let Some(data) = table.get("status") else { return Some(200) };
    let status = reader.whole(table, "status", 100)?;
    let known = u16::try_from(status).ok().filter(|status| *status < 600);
    known.or_else(|| reader.wrong(table, "status", "a status from 100 to 599", data))
}

fn message(reader: &mut Reader, table: &Table<'_>) -> String {
    reader.text(table, "message").unwrap_or_else(|| NO_MESSAGE.into())
}

pub(super) fn tools(reader: &mut Reader, table: &Table<'_>) -> Vec<Tool> {
    let tables = reader.tables(&keys::TOOL, table, "tools");
    tables.iter().filter_map(|table| tool(reader, table)).collect()
}

fn tool(reader: &mut Reader, table: &Table<'_>) -> Option<Tool> {
    reader.missing(table, "name", "name the tool: `name = \"read_file\"`");
    let arguments = table.get("arguments").cloned();
    if let Some(arguments) = arguments.as_ref().filter(|data| !matches!(data.value, Value::Table(_))) {
        reader.wrong::<()>(table, "arguments", "a table", arguments);
    }
    let schema = table.get("schema").map(Data::plain);
    Some(Tool {
        line: table.line,
        description: reader.text(table, "description").unwrap_or_default(),
        schema: schema.unwrap_or_else(|| serde_json::json!({ "type": "object" })),
        arguments,
        times: reader.count(table, "times"),
        answer: tool_answer(reader, table),
        name: reader.text(table, "name")?,
    })
}

fn tool_answer(reader: &mut Reader, table: &Table<'_>) -> Option<ToolAnswer> {
    let table = reader.inner(&keys::TOOL_ANSWER, table, "answer")?;
    reader.one_of(&table, &["output", "failed", "error", "denied", "refused"], Must::Be);
    let message = message(reader, &table);
    let errors = [
        ("timeout", NoResult::Timeout),
        ("too-large", NoResult::TooLarge),
        ("unavailable", NoResult::Unavailable(message.clone())),
        ("invalid-arguments", NoResult::Invalid(message)),
    ];
    let denials = tools::Why::ALL.map(|why| (why.as_str(), why));
    let output = table.get("output").map(|data| ToolAnswer::Output(data.json()));
    output
        .or_else(|| reader.text(&table, "failed").map(ToolAnswer::Failed))
        .or_else(|| reader.text(&table, "refused").map(ToolAnswer::Refused))
        .or_else(|| reader.word(&table, "error", &errors).map(ToolAnswer::Error))
        .or_else(|| reader.word(&table, "denied", &denials).map(ToolAnswer::Denied))
}

fn expect(reader: &mut Reader, table: &Table<'_>) -> Option<Expect> {
    let table = reader.inner(&keys::EXPECT, table, "expect")?;
    reader.one_of(&table, &["emits", "failure", "parked"], Must::NotBe);
    // Nobody decides on a call of a case, and nothing else changes its state: it is parked for no other reason.
    let parked = [("unknown-effect", Interruption::UnknownEffect)];
    Some(Expect {
        emits: reader.events(&table, "emits"),
        failure: failure(reader, &table, "failure"),
        or_failure: failure(reader, &table, "or-failure"),
        parked: reader.word(&table, "parked", &parked),
        state: reader.named(&table, "state"),
        deleted: reader.texts(&table, "deleted"),
        updates: reader.events(&table, "updates"),
        timers: timers(reader, &table),
        log: reader.texts(&table, "log"),
        calls: reader.texts(&table, "calls"),
        fuel: reader.whole(&table, "fuel-at-most", 0),
        memory: reader.size(&table, "memory-at-most"),
    })
}

pub(super) fn failure(reader: &mut Reader, table: &Table<'_>, key: &str) -> Option<Wanted> {
    let table = reader.inner(&keys::FAILURE, table, key)?;
    let classes = Class::ALL.map(|class| (class.as_str(), class));
    Some(Wanted {
        class: reader.word(&table, "class", &classes),
        code: reader.text(&table, "code"),
        message: reader.text(&table, "message"),
        contains: reader.text(&table, "message-contains"),
        retry_after_ms: reader.whole(&table, "retry-after-ms", 0),
        details: table.get("details").cloned(),
    })
}

fn timers(reader: &mut Reader, table: &Table<'_>) -> Option<Vec<Timer>> {
    table.get("timers")?;
    let tables = reader.tables(&keys::TIMER, table, "timers");
    Some(tables.iter().filter_map(|table| timer(reader, table)).collect())
}

fn timer(reader: &mut Reader, table: &Table<'_>) -> Option<Timer> {
    reader.one_of(table, &["set", "cancel"], Must::Be);
    if table.get("cancel").is_some() {
        return reader.text(table, "cancel").map(Timer::Cancel);
    }
    let name = reader.text(table, "set")?;
    reader.missing(table, "after-ms", "say after how many milliseconds it is to fire");
    Some(Timer::Set { name, after_ms: reader.whole(table, "after-ms", 0)? })
}
