//! The story of each level of a workflow's case.

use std::time::Duration;

use super::{Answered, Decision, Does, Outcome, Says, StandIn, WorkflowCase};
use crate::case::data::{Data, Value};
use crate::case::read::{address, failure, requests, tools};
use crate::case::reader::{Must, Reader, Table};
use crate::case::{Event, Given, keys};
use crate::run::Status;
use crate::table::Lined;

pub(super) fn workflow(reader: &mut Reader, root: &Data) -> Option<WorkflowCase> {
    let table = reader.open(&keys::WORKFLOW, root, "")?;
    reader.missing(&table, "start", "give the event that begins the run: `[start]`");
    let run = reader.inner(&keys::WORKFLOW_RUN, &table, "run");
    let answers = reader.tables(&keys::ANSWER, &table, "answers");
    let decisions = reader.tables(&keys::DECISION, &table, "decisions");
    let stand_ins = reader.tables(&keys::STAND_IN, &table, "stand-ins");
    Some(WorkflowCase {
        title: reader.text(&table, "case"),
        now: run.as_ref().and_then(|run| reader.whole(run, "now", 0)),
        session: run.as_ref().and_then(|run| reader.text(run, "session")),
        answers: answers.iter().filter_map(|table| answered(reader, table)).collect(),
        decisions: decisions.iter().filter_map(|table| decision(reader, table)).collect(),
        stand_ins: stand_ins.iter().filter_map(|table| stand_in(reader, table)).collect(),
        http: requests(reader, &table),
        tools: tools(reader, &table),
        expect: expect(reader, &table),
        start: table.get("start")?.clone(),
    })
}

fn answered(reader: &mut Reader, table: &Table<'_>) -> Option<Answered> {
    reader.missing(table, "question", "name the event that asks: `question = \"item-question\"`");
    reader.missing(table, "answer", "give the fields of the answer: `answer = { approve = true }`");
    Some(Answered {
        line: table.line,
        asked: reader.fields(table, "asked"),
        by: reader.text(table, "by"),
        after: reader.duration(table, "after").unwrap_or_default(),
        times: reader.count(table, "times"),
        question: reader.lined(table, "question")?,
        answer: table.get("answer")?.clone(),
    })
}

fn decision(reader: &mut Reader, table: &Table<'_>) -> Option<Decision> {
    reader.one_of(table, &["tool", "url"], Must::NotBe);
    reader.one_of(table, &["tool", "method"], Must::NotBe);
    reader.one_of(table, &["approve", "refuse"], Must::NotBe);
    reader.one_of(table, &["with", "refuse"], Must::NotBe);
    Some(Decision {
        line: table.line,
        tool: reader.text(table, "tool"),
        method: reader.text(table, "method").map(|method| method.to_ascii_uppercase()),
        url: address(reader, table, "decisions.url"),
        arguments: reader.fields(table, "arguments"),
        by: reader.text(table, "by"),
        after: reader.duration(table, "after").unwrap_or_default(),
        times: reader.count(table, "times"),
        says: says(reader, table)?,
    })
}

fn says(reader: &mut Reader, table: &Table<'_>) -> Option<Says> {
    let with = reader.fields(table, "with");
    match (table.get("refuse"), table.get("approve")) {
        (Some(_), _) => reader.text(table, "refuse").map(Says::Refuse),
        (None, Some(Data { value: Value::Bool(true), .. })) => Some(Says::Approve(with)),
        (None, Some(found)) => reader.wrong(table, "approve", "`true`; a no is `refuse = \"why\"`", found),
        (None, None) if with.is_some() => Some(Says::Approve(with)),
        (None, None) => {
            reader.report(table.line, "say what is decided: `approve = true`, or `refuse = \"why\"`");
            None
        }
    }
}

fn stand_in(reader: &mut Reader, table: &Table<'_>) -> Option<StandIn> {
    reader.missing(table, "step", "name the step that is not run: `step = \"fraud\"`");
    reader.one_of(table, &["event", "given"], Must::NotBe);
    reader.one_of(table, &["emits", "failure"], Must::Be);
    let given = reader.named(table, "given").map(Given::Named);
    let emits = reader.events(table, "emits").map(Does::Emits);
    let fails = failure(reader, table, "failure");
    if fails.as_ref().is_some_and(|wanted| wanted.contains.is_some()) {
        reader.report(table.line, "a stand-in says all of its message: `message`, not `message-contains`");
    }
    let fails = fails.map(Does::Fails);
    Some(StandIn {
        line: table.line,
        handler: reader.lined(table, "handler"),
        given: table.get("event").cloned().map(Given::One).or(given),
        times: reader.count(table, "times"),
        step: reader.lined(table, "step")?,
        does: emits.or(fails)?,
    })
}

fn expect(reader: &mut Reader, table: &Table<'_>) -> Option<Outcome> {
    let table = reader.inner(&keys::WORKFLOW_EXPECT, table, "expect")?;
    let statuses = Status::ALL.map(|status| (status.as_str(), status));
    Some(Outcome {
        status: reader.word(&table, "status", &statuses),
        result: result(reader, &table),
        reason: reader.text(&table, "reason-contains"),
        events: reader.events(&table, "events"),
        questions: reader.events(&table, "questions"),
        steps: reader.texts(&table, "steps"),
        calls: reader.texts(&table, "calls"),
        took: reader.duration(&table, "took"),
    })
}

fn result(reader: &mut Reader, table: &Table<'_>) -> Option<Event> {
    let named = reader.named(table, "result")?;
    match <[(Lined<String>, Data); 1]>::try_from(named) {
        Ok([(name, value)]) => Some(Event { name, value }),
        Err(_) => {
            let found = table.get("result")?;
            reader.wrong(table, "result", "one event: `{ NAME = { … } }`", found)
        }
    }
}

impl Reader {
    /// Text with the line it stands on.
    fn lined(&mut self, table: &Table<'_>, key: &str) -> Option<Lined<String>> {
        let line = table.get(key)?.line;
        self.text(table, key).map(|value| Lined { line, value })
    }

    /// A table whose keys are the user's, as it stands.
    fn fields(&mut self, table: &Table<'_>, key: &str) -> Option<Data> {
        self.named(table, key)?;
        table.get(key).cloned()
    }

    /// A duration.
    fn duration(&mut self, table: &Table<'_>, key: &str) -> Option<Duration> {
        let data = table.get(key)?;
        let parsed = match &data.value {
            Value::Text(text) => crate::duration::parse(text),
            _ => None,
        };
        parsed.or_else(|| self.wrong(table, key, crate::duration::FORM, data))
    }
}
