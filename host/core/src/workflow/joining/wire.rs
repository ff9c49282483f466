//! Wiring: which event of the workflow each of a step's own event types is, and what its fields
//! are called there. It gives the graph with all its ports, and with no rule of any join yet.

use std::collections::{BTreeMap, BTreeSet};

use super::draft::{Draft, Part, choices, field, fields, key, list};
use super::host::HostEvent;
use super::names::Names;
use super::nodes::{Ports, events, plan, rough_join};
use crate::contract::{Handler, Param, Pattern};
use crate::event::TypeName;
use crate::shape::Shape;
use crate::workflow::file::{Code, File, Lined, Step, Wire};
use crate::workflow::{EventId, Finding, HandlerId, HandlerNode, Input, StepId, StepNode, Workflow};

/// The lines of `takes` or `gives`, by the step's own type.
type Wires<'a> = BTreeMap<TypeName, &'a Wire>;

/// The two ways through a step's wall.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    Takes,
    Gives,
}

/// A step with its wiring.
struct Wired<'p, 'a> {
    part: &'p Part<'a>,
    takes: Wires<'a>,
    gives: Wires<'a>,
}

/// The graph of the file's steps, or what keeps events from being wired.
pub(super) fn draft<'a>(file: &'a File, parts: Vec<Part<'a>>) -> Result<Draft<'a>, Vec<Finding>> {
    let mut findings = Vec::new();
    let wired: Vec<Wired<'_, 'a>> = parts.iter().map(|part| Wired::read(part, &mut findings)).collect();
    let given = wired.iter().flat_map(|wired| wired.plain(Way::Gives));
    let taken = wired.iter().flat_map(|wired| wired.plain(Way::Takes));
    let names = Names::of(given.chain(taken));
    let mut maker = Maker { names: &names, handlers: Vec::new(), steps: Vec::new(), findings };
    wired.iter().for_each(|wired| maker.step(wired));
    let Maker { handlers, steps, findings, .. } = maker;
    if !findings.is_empty() {
        return Err(findings);
    }
    let (events, producers) = events(&names, &handlers);
    let workflow = Workflow {
        name: file.workflow.clone(),
        start: EventId(0),
        timeout: file.timeout,
        timeout_counts_waiting: file.timeout_counts_waiting,
        events,
        handlers,
        steps,
        tools: Vec::new(),
    };
    let (homes, meant) = (BTreeMap::new(), BTreeSet::new());
    Ok(Draft { file, parts, names, start: None, workflow, producers, homes, meant, findings })
}

impl<'p, 'a> Wired<'p, 'a> {
    fn read(part: &'p Part<'a>, findings: &mut Vec<Finding>) -> Wired<'p, 'a> {
        let takes = wires(part, Way::Takes, findings);
        let gives = wires(part, Way::Gives, findings);
        Wired { part, takes, gives }
    }

    fn wires(&self, way: Way) -> &Wires<'a> {
        match way {
            Way::Takes => &self.takes,
            Way::Gives => &self.gives,
        }
    }

    /// The step's own types that stand in the workflow as themselves.
    fn plain(&self, way: Way) -> Vec<&'a TypeName> {
        let own = own(self.part, way);
        own.into_iter().filter(|name| !self.wires(way).contains_key(*name)).collect()
    }
}

/// The event types that a step's handlers take or give.
fn own<'a>(part: &Part<'a>, way: Way) -> Vec<&'a TypeName> {
    let handlers = part.contract.handlers.iter();
    match way {
        Way::Takes => handlers.flat_map(|handler| handler.takes.params()).map(|param| &param.event).collect(),
        Way::Gives => handlers.flat_map(|handler| handler.gives.events()).collect(),
    }
}

fn wires<'a>(part: &Part<'a>, way: Way, findings: &mut Vec<Finding>) -> Wires<'a> {
    let lines = match way {
        Way::Takes => &part.step.takes,
        Way::Gives => &part.step.gives,
    };
    let mut wires = Wires::new();
    for wire in lines {
        let wrong = match own_type(part, way, &wire.own.value) {
            Ok(name) if !wires.contains_key(name) => {
                wires.insert(name.clone(), wire);
                continue;
            }
            Ok(_) => format!("`{}` is wired twice; remove one of the lines", wire.own.value),
            Err(wrong) => wrong,
        };
        findings.push(of_step(part.step, wire.own.line, format!("`{}`: {wrong}", way.key())));
    }
    wires
}

/// The step's own event type that the file calls so, in kebab or snake.
fn own_type<'a>(part: &Part<'a>, way: Way, text: &str) -> Result<&'a TypeName, String> {
    let is_wired = |name: &&TypeName| way == Way::Gives || !is_told(name);
    let own: BTreeSet<&TypeName> = own(part, way).into_iter().filter(is_wired).collect();
    let kebab = text.replace('_', "-");
    let found: Vec<_> = own.iter().filter(|name| name.is_called(&kebab)).collect();
    match found[..] {
        [name] => Ok(name),
        [] => {
            let known: Vec<_> = own.iter().map(|name| name.name.as_str()).collect();
            let verb = way.verb();
            Err(format!("the component {verb} no `{text}`{}", choices(text, &known, &format!("it {verb}"))))
        }
        _ => {
            let names = list(found.iter().map(|name| name.to_string()), "or");
            Err(format!("`{text}` is ambiguous in the component: write {names}"))
        }
    }
}

impl Way {
    fn key(self) -> &'static str {
        match self {
            Way::Takes => "takes",
            Way::Gives => "gives",
        }
    }

    fn verb(self) -> &'static str {
        match self {
            Way::Takes => "takes",
            Way::Gives => "emits",
        }
    }
}

fn of_step(step: &Step, line: u32, message: String) -> Finding {
    Finding::error(line, message).of_step(&step.name.value)
}

/// Makes handlers and steps, numbering them as they come.
struct Maker<'n> {
    names: &'n Names,
    handlers: Vec<HandlerNode>,
    steps: Vec<StepNode>,
    findings: Vec<Finding>,
}

impl Maker<'_> {
    fn step(&mut self, wired: &Wired<'_, '_>) {
        let (takes, gives) = (self.ports(wired, Way::Takes), self.ports(wired, Way::Gives));
        let (id, first) = (StepId(self.steps.len() as u32), self.handlers.len());
        for handler in &wired.part.contract.handlers {
            self.handler(id, handler, wired.part.step, &takes, &gives);
        }
        let step = wired.part.step;
        let imports = &wired.part.contract.imports;
        self.steps.push(StepNode {
            blobs: imports.iter().any(|import| import.name.starts_with("lockstep:step/blob@")),
            name: step.name.value.clone(),
            component: step.code.path().to_owned(),
            nested: matches!(step.code, Code::Workflow(_)),
            concurrency_run: step.concurrency_run,
            concurrency_all: step.concurrency_all,
            timeout: step.timeout,
            retry: step.retry.clone(),
            exhausted: step.exhausted,
            grant: wired.part.grant.clone(),
            on_failure: None,
            on_timer: None,
            handlers: (first..self.handlers.len()).map(|at| HandlerId(at as u32)).collect(),
        });
    }

    fn ports(&mut self, wired: &Wired<'_, '_>, way: Way) -> Ports {
        let (step, mut ports) = (wired.part.step, Ports::new());
        for own in own(wired.part, way).into_iter().collect::<BTreeSet<_>>() {
            let shape = &wired.part.contract.events[own];
            let port = match wired.wires(way).get(own) {
                Some(wire) => self.wire(step, way, wire, shape),
                None => self.names.id(own).map(|event| (event, shape.clone())),
            };
            ports.extend(port.map(|port| (own.clone(), port)));
        }
        ports
    }

    fn wire(&mut self, step: &Step, way: Way, wire: &Wire, shape: &Shape) -> Option<(EventId, Shape)> {
        let event = self.names.find(&wire.event.value);
        let event = event.map_err(|miss| {
            let message = format!("`{}.{}`: {miss}", way.key(), wire.own.value);
            self.findings.push(of_step(step, wire.event.line, message));
        });
        let shape = self.renamed(step, way, wire, shape);
        Some((event.ok()?, shape?))
    }

    /// The step's own record with the workflow's names for its fields.
    fn renamed(&mut self, step: &Step, way: Way, wire: &Wire, shape: &Shape) -> Option<Shape> {
        let path = format!("{}.{}.fields", way.key(), wire.own.value);
        let mut renames = BTreeMap::new();
        let before = self.findings.len();
        for (own, theirs) in &wire.fields {
            match field(shape, &own.value) {
                Some(field) => drop(renames.insert(field.name.clone(), key(&theirs.value))),
                None => self.no_field(step, &path, own, shape),
            }
        }
        let mut fields = fields(shape).to_vec();
        for field in &mut fields {
            if let Some(key) = renames.remove(&field.name) {
                field.key = key;
            }
        }
        let keys: BTreeSet<_> = fields.iter().map(|field| &field.key).collect();
        if keys.len() < fields.len() {
            let message = format!("`{path}`: two fields would have one name; rename the other one too");
            self.findings.push(of_step(step, wire.own.line, message));
        }
        (self.findings.len() == before).then_some(Shape::Record(fields))
    }

    fn no_field(&mut self, step: &Step, path: &str, own: &Lined<String>, shape: &Shape) {
        let known: Vec<_> = fields(shape).iter().map(|field| field.name.as_str()).collect();
        let hint = choices(&own.value, &known, "it has");
        let message = format!("`{path}`: the component's event has no field `{}`{hint}", own.value);
        self.findings.push(of_step(step, own.line, message));
    }

    fn handler(&mut self, id: StepId, handler: &Handler, step: &Step, takes: &Ports, gives: &Ports) {
        let input = |param: &Param, many| {
            let (event, shape) = takes.get(&param.event)?.clone();
            Some(Input { event, shape, many })
        };
        let inputs: Option<Vec<Input>> = match &handler.takes {
            Pattern::Each(event) => [input(event, false)].into_iter().collect(),
            Pattern::Pair(left, right) => [input(left, false), input(right, false)].into_iter().collect(),
            Pattern::Gather(all) => [input(all, true)].into_iter().collect(),
            Pattern::GatherWith { with, all } => [input(with, false), input(all, true)].into_iter().collect(),
        };
        let (Some(inputs), Some(emits)) = (inputs, plan(&handler.gives, gives)) else { return };
        let join = rough_join(&handler.takes);
        let node = HandlerNode { step: id, name: handler.name.clone(), inputs, emits, join, opens: false };
        self.refuse_ports(handler, step, &node);
        self.handlers.push(node);
    }

    /// What no handler may take or give.
    fn refuse_ports(&mut self, handler: &Handler, step: &Step, node: &HandlerNode) {
        let (name, names) = (&handler.name, self.names);
        let mut refuse = |message: String| {
            self.findings.push(of_step(step, step.name.line, message));
        };
        let told = handler.takes.params().into_iter().find(|param| is_told(&param.event));
        if let (Some(told), false) = (told, matches!(handler.takes, Pattern::Each(_))) {
            let told = &told.event.name;
            refuse(format!("`{name}` joins `{told}`; take it by itself: `func(event: {told})`"));
        }
        let given = node.emits.events().into_iter().map(|(event, _)| names.name(event));
        let given: BTreeSet<_> = given.chain(handler.gives.events()).filter(|own| is_hosts(own)).collect();
        for event in given.into_iter().map(|own| &own.name) {
            refuse(format!("`{name}` emits `{event}`, which only the host does; emit an event of your own"));
        }
        if let [one, two] = &node.inputs[..]
            && one.event == two.event
        {
            refuse(format!("both parameters of `{name}` take the same event; wire one of them to another"));
        }
    }
}

/// Whether the host itself brings a type to the handler that takes it: it is not wired.
fn is_told(name: &TypeName) -> bool {
    HostEvent::of(name).is_some_and(HostEvent::is_told)
}

/// Whether only the host brings forth a type.
fn is_hosts(name: &TypeName) -> bool {
    HostEvent::of(name).is_some_and(|event| !event.is_emitted())
}
