//! The story of each level: which keys it has, what each takes, and what stands in where one is
//! missing. Everything wrong is noted on the way; nothing stops at the first finding.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{Code, File, Gather, GivenGrant, Human, Lined, Literal, Pairing, Skip, Step, Tool, Wire, keys};
use crate::grant;
use crate::outcome::Class;
use crate::retry::Policy;
use crate::table::{COUNT, Entry, Reader, Table, is_name};
use crate::workflow::{Exhausted, OnEmpty, OnFailed};

/// Names that mean something else beside steps.
const RESERVED: [&str; 5] = ["start", "stop", "human", "run", "host"];

/// The wall-clock limit of an attempt where the file sets none.
const ATTEMPT: Duration = Duration::from_secs(30);

/// The shortest time that a limit may be.
const MOMENT: Duration = Duration::from_millis(1);

const NAME: &str =
    "is not a name; use lower-case letters, digits and `-`, beginning with a letter, 64 at most";

const TOOL: &str = "name the component that has the tools: `component = \"components/NAME.wasm\"`";

const CODE: &str = "name the step's component: `component = \"components/NAME.wasm\"`";

/// What a step whose work a workflow does cannot have, and where that has it instead.
const OF_COMPONENTS: [(&str, &str); 4] = [
    ("source", "its own steps name theirs"),
    ("grant", "its own steps have theirs"),
    ("timeout", "it has its own `timeout`"),
    ("concurrency", "its own steps have theirs"),
];

pub(super) fn file(reader: &mut Reader, table: &Table<'_>) -> Option<File> {
    reader.missing(table, 1, "workflow", "give the workflow a name: `workflow = \"refunds\"`");
    reader.missing(table, 1, "start", "name the event that begins a run: `start = \"order-placed\"`");
    reader.missing(table, 1, "stop", "name the events that end a run: `stop = [\"order-settled\"]`");
    let workflow = reader.text(table, "workflow");
    if let Some(name) = workflow.as_ref().filter(|name| !is_name(&name.value)) {
        reader.report(None, name.line, format!("the name {:?} {NAME}", name.value));
    }
    let start = reader.text(table, "start");
    let stop = reader.texts(table, "stop");
    if stop.as_ref().is_some_and(Vec::is_empty) {
        let line = reader.line_of(table, "stop").unwrap_or(1);
        reader.report(None, line, "`stop` is empty; name the events that end a run".into());
    }
    let publish = reader.texts(table, "publish").unwrap_or_default();
    let timeout = reader.duration(table, "timeout", MOMENT);
    let (steps, tools) = (steps(reader, table), tools(reader, table));
    apart(reader, &steps, &tools);
    Some(File {
        timeout_counts_waiting: counts_waiting(reader, table),
        skip_checks: skip_checks(reader, table),
        steps,
        tools,
        human: reader.named(table, "human").iter().filter_map(|entry| human(reader, entry)).collect(),
        workflow: workflow?.value,
        start: start?,
        stop: stop?,
        publish,
        timeout,
    })
}

/// What counts to a limit says nothing where there is none.
fn counts_waiting(reader: &mut Reader, table: &Table<'_>) -> bool {
    let key = "timeout-counts-waiting";
    if let (Some(line), None) = (reader.line_of(table, key), reader.line_of(table, "timeout")) {
        let message =
            format!("`{key}` says what counts to `timeout`, and there is none; add one, or remove it");
        reader.report(None, line, message);
    }
    reader.bool(table, key).unwrap_or_default()
}

fn skip_checks(reader: &mut Reader, table: &Table<'_>) -> BTreeSet<Skip> {
    let words = reader.words(table, "skip-checks", &[("reachability", Skip::Reachability)]);
    words.unwrap_or_default().into_iter().collect()
}

fn steps(reader: &mut Reader, table: &Table<'_>) -> Vec<Step> {
    let entries = reader.named(table, "steps");
    if entries.is_empty() {
        let line = reader.line_of(table, "steps").unwrap_or(1);
        reader.report(None, line, "the workflow has no step; add a table `[steps.NAME]`".into());
    }
    entries.iter().filter_map(|entry| step(reader, entry)).collect()
}

fn step(reader: &mut Reader, entry: &Entry<'_>) -> Option<Step> {
    let name = name(reader, entry, "step");
    let Some(table) = entry.step(reader, &keys::STEP) else {
        return entry.refuse(reader, "a table");
    };
    let code = code(reader, &table, name.line);
    let concurrency = concurrency(reader, &table);
    let exhausted = [("fail", Exhausted::Fail), ("park", Exhausted::Park)];
    Some(Step {
        name,
        source: reader.text(&table, "source").map(|source| source.value),
        grant: given(reader, &table, "steps"),
        concurrency_run: concurrency.0,
        concurrency_all: concurrency.1,
        timeout: reader.duration(&table, "timeout", MOMENT).unwrap_or(ATTEMPT),
        retry: retry(reader, &table),
        exhausted: reader.word(&table, "exhausted", &exhausted).unwrap_or_default(),
        takes: wires(reader, &table, "takes"),
        gives: wires(reader, &table, "gives"),
        when: when(reader, &table),
        handles: reader.texts(&table, "handles"),
        gather: gather(reader, &table),
        join: pairing(reader, &table),
        skip_checks: skip_checks(reader, &table),
        code: code?,
    })
}

/// The name of a step or a tool.
fn name(reader: &mut Reader, entry: &Entry<'_>, of: &str) -> Lined<String> {
    let name = entry.name.clone();
    if RESERVED.contains(&name.value.as_str()) {
        let message = format!("the {of} name `{}` is reserved; choose another one", name.value);
        reader.report(None, name.line, message);
    } else if !is_name(&name.value) {
        reader.report(None, name.line, format!("the {of} name {:?} {NAME}", name.value));
    }
    name
}

fn tools(reader: &mut Reader, table: &Table<'_>) -> Vec<Tool> {
    let entries = reader.named(table, "tools");
    entries.iter().filter_map(|entry| tool(reader, entry)).collect()
}

fn tool(reader: &mut Reader, entry: &Entry<'_>) -> Option<Tool> {
    let name = name(reader, entry, "tool");
    let Some(table) = entry.table(reader, &keys::TOOL) else {
        return entry.refuse(reader, "a table");
    };
    reader.missing(&table, name.line, "component", TOOL);
    let source = reader.text(&table, "source").map(|source| source.value);
    let grant = given(reader, &table, "tools");
    Some(Tool { name, source, grant, component: component(reader, &table)? })
}

/// Grants, logs and denials name steps and tools alike, so no name may mean both.
fn apart(reader: &mut Reader, steps: &[Step], tools: &[Tool]) {
    for tool in tools {
        if let Some(step) = steps.iter().find(|step| step.name.value == tool.name.value) {
            let message = format!(
                "the tool `{}` has the name of the step on line {}; give it another one",
                tool.name.value, step.name.line
            );
            reader.report(None, tool.name.line, message);
        }
    }
}

/// A component or a workflow, and never both.
fn code(reader: &mut Reader, table: &Table<'_>, line: u32) -> Option<Code> {
    let Some(at) = reader.line_of(table, "workflow") else {
        reader.missing(table, line, "component", CODE);
        return component(reader, table).map(Code::Component);
    };
    if reader.line_of(table, "component").is_some() {
        let message = "a step has a `component` or a `workflow`; remove one of them";
        reader.report(table.step(), at, message.into());
    }
    for (key, instead) in OF_COMPONENTS {
        if let Some(line) = reader.line_of(table, key) {
            let message =
                format!("`{key}` is for components; the step is a workflow, and {instead}; remove it");
            reader.report(table.step(), line, message);
        }
    }
    reader.text(table, "workflow").map(|path| Code::Workflow(path.value))
}

fn component(reader: &mut Reader, table: &Table<'_>) -> Option<String> {
    let component = reader.text(table, "component")?;
    let is_elsewhere = component.value.contains("://");
    if let Some(line) = reader.line_of(table, "source").filter(|_| is_elsewhere) {
        let message = "`source` is for a component that is built here, and `component` is an address; \
                       remove `source`, or give the path of the file that is built";
        reader.report(table.step(), line, message.into());
    }
    Some(component.value)
}

fn concurrency(reader: &mut Reader, table: &Table<'_>) -> (Option<u32>, Option<u32>) {
    if !reader.is_table(table, "concurrency") {
        let wanted = format!("{COUNT}, or `{{ run = …, all = … }}`");
        return (reader.count_or(table, "concurrency", &wanted), None);
    }
    let Some(inner) = reader.inner(&keys::CONCURRENCY, table, "concurrency") else { return (None, None) };
    (reader.count(&inner, "run"), reader.count(&inner, "all"))
}

fn given(reader: &mut Reader, table: &Table<'_>, of: &str) -> GivenGrant {
    if reader.is_table(table, "grant") {
        let inner = reader.inner(&grant::keys::INLINE, table, "grant");
        return inner
            .map_or(GivenGrant::None, |inner| GivenGrant::Inline(Box::new(grant::tables(reader, &inner))));
    }
    let path =
        reader.text_or(table, "grant", &format!("the path of a grant file, or a table `[{of}.NAME.grant]`"));
    path.map_or(GivenGrant::None, GivenGrant::File)
}

fn retry(reader: &mut Reader, table: &Table<'_>) -> Policy {
    let plain = Policy::default();
    let Some(table) = reader.inner(&keys::RETRY, table, "retry") else { return plain };
    let classes = Class::ALL.map(|class| (class.as_str(), class));
    let on = reader.words(&table, "on", &classes).map(|on| on.into_iter().collect());
    Policy {
        attempts: reader.count(&table, "attempts").unwrap_or(plain.attempts),
        initial: reader.duration(&table, "initial", Duration::ZERO).unwrap_or(plain.initial),
        factor: reader
            .number(&table, "factor", 1.0..=1000.0, "a number from 1 to 1000")
            .unwrap_or(plain.factor),
        max: reader.duration(&table, "max", Duration::ZERO).unwrap_or(plain.max),
        jitter: reader.number(&table, "jitter", 0.0..=1.0, "a number from 0 to 1").unwrap_or(plain.jitter),
        within: reader.duration(&table, "within", MOMENT),
        on: on.unwrap_or(plain.on),
    }
}

fn wires(reader: &mut Reader, table: &Table<'_>, key: &str) -> Vec<Wire> {
    let entries = reader.named(table, key);
    entries.iter().filter_map(|entry| wire(reader, entry)).collect()
}

fn wire(reader: &mut Reader, entry: &Entry<'_>) -> Option<Wire> {
    let own = entry.name.clone();
    let Some(table) = entry.table(reader, &keys::WIRE) else {
        let event = entry.text(reader, "the name of an event, or `{ event = …, fields = { … } }`")?;
        return Some(Wire { own, event, fields: Vec::new() });
    };
    reader.missing(&table, own.line, "event", "name the workflow's event");
    let fields = reader.named(&table, "fields");
    let fields = fields.iter().filter_map(|field| {
        let theirs = field.text(reader, "the name of a field of the workflow's event")?;
        Some((field.name.clone(), theirs))
    });
    let fields = fields.collect();
    Some(Wire { own, event: reader.text(&table, "event")?, fields })
}

fn when(reader: &mut Reader, table: &Table<'_>) -> Vec<(Lined<String>, Literal)> {
    let entries = reader.named(table, "when");
    let conditions = entries.iter().filter_map(|entry| match entry.value.get_ref().as_bool() {
        Some(bool) => Some((entry.name.clone(), Literal::Bool(bool))),
        None => {
            let text = entry.text(reader, "text, `true` or `false`")?;
            Some((entry.name.clone(), Literal::Text(text.value)))
        }
    });
    conditions.collect()
}

fn gather(reader: &mut Reader, table: &Table<'_>) -> Option<Gather> {
    let line = reader.line_of(table, "gather")?;
    let table = reader.inner(&keys::GATHER, table, "gather")?;
    let failed = [("fail", OnFailed::Fail), ("skip", OnFailed::Skip)];
    let empty = [("fire", OnEmpty::Fire), ("skip", OnEmpty::Skip)];
    Some(Gather {
        line,
        of: reader.text(&table, "of"),
        take: reader.count(&table, "take"),
        until: reader.text(&table, "until"),
        wait: reader.duration(&table, "wait", MOMENT),
        failed: reader.word(&table, "failed", &failed).unwrap_or_default(),
        empty: reader.word(&table, "empty", &empty).unwrap_or_default(),
    })
}

fn pairing(reader: &mut Reader, table: &Table<'_>) -> Option<Pairing> {
    let line = reader.line_of(table, "join")?;
    let table = reader.inner(&keys::JOIN, table, "join")?;
    Some(Pairing { line, by: reader.text(&table, "by"), of: reader.text(&table, "of") })
}

fn human(reader: &mut Reader, entry: &Entry<'_>) -> Option<Human> {
    let Some(table) = entry.table(reader, &keys::HUMAN) else {
        return entry.refuse(reader, "a table");
    };
    let deadline = reader.duration(&table, "deadline", MOMENT);
    if reader.line_of(&table, "on-deadline").is_some() {
        reader.missing(&table, entry.name.line, "deadline", "say how long to wait: `deadline = \"3d\"`");
    }
    let by = reader.texts(&table, "by").unwrap_or_default();
    Some(Human {
        question: entry.name.clone(),
        answer: reader.text(&table, "answer"),
        by: by.into_iter().map(|by| by.value).collect(),
        deadline,
        on_deadline: reader.text(&table, "on-deadline"),
    })
}
