//! A case held against the component that it is for: which handler it calls and with what, or everything in it that
//! the component does not know.

use super::data::{Data, Value};
use super::{Event, Given, StepCase};
use crate::contract::Alone;
use crate::event::Json;
use crate::run;
use crate::shape::read::{self, Error};
use crate::suggest::did_you_mean;
use crate::table::Lined;
use crate::workflow::{Finding, HandlerNode, Input};

/// A handler and what it is called with.
#[derive(Clone, Debug)]
pub struct Call {
    /// Its place among the handlers of the component.
    pub handler: usize,
    /// One for each of its parameters.
    pub inputs: Vec<run::Given>,
}

impl StepCase {
    /// The call that the case is about.
    pub fn call(&self, alone: &Alone) -> Result<Call, Vec<Finding>> {
        let handler = self.handler(alone).map_err(|finding| vec![finding])?;
        let inputs = self.inputs(&alone.handlers[handler], &alone.params[handler])?;
        Ok(Call { handler, inputs })
    }

    /// Events that are expected and that the handler of a call cannot emit.
    pub fn misnamed(&self, alone: &Alone, call: &Call) -> Vec<Finding> {
        let node = &alone.handlers[call.handler];
        let known: Vec<String> = node.emits.events().iter().map(|(event, _)| alone.short(*event)).collect();
        let emits = self.expect.iter().flat_map(|expect| expect.emits.iter().flatten());
        let unknown = emits.filter(|event| !known.contains(&event.name.value));
        let told = |event: &Event| {
            let (name, known_names) = (&event.name.value, known.iter().map(String::as_str));
            let near = did_you_mean(name, known_names);
            let known = if near.is_empty() { emitted(&known) } else { near };
            Finding::error(event.name.line, format!("`{}` never emits `{name}`{known}", node.name))
        };
        unknown.map(told).collect()
    }

    fn handler(&self, alone: &Alone) -> Result<usize, Finding> {
        let names: Vec<&str> = alone.handlers.iter().map(|handler| handler.name.as_str()).collect();
        let list = || names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        match (&self.handler, &names[..]) {
            (None, [_]) => Ok(0),
            (None, _) => Err(Finding::error(
                1,
                format!("the step has several handlers; say which: `handler` is one of {}", list()),
            )),
            (Some(named), _) => names.iter().position(|name| *name == named.value).ok_or_else(|| {
                let near = did_you_mean(&named.value, names.iter().copied());
                let known = if near.is_empty() { format!("; it has {}", list()) } else { near };
                Finding::error(named.line, format!("the step has no handler `{}`{known}", named.value))
            }),
        }
    }

    fn inputs(&self, node: &HandlerNode, params: &[String]) -> Result<Vec<run::Given>, Vec<Finding>> {
        let (given, mut findings) = match &self.given {
            Given::One(data) if params.len() == 1 => (vec![("event", Some(data))], Vec::new()),
            Given::One(data) => {
                let names = params.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" and ");
                let message = format!("`{}` has several parameters; give {names} in [given]", node.name);
                return Err(vec![Finding::error(data.line, message)]);
            }
            Given::Named(named) => {
                let find = |name: &str| named.iter().find(|(key, _)| key.value == name).map(|(_, data)| data);
                let given = params.iter().map(|name| (name.as_str(), find(name))).collect();
                (given, strangers(named, params, &node.name))
            }
        };
        let mut inputs = Vec::new();
        for (input, (name, data)) in node.inputs.iter().zip(given) {
            match data.ok_or_else(|| not_given(name, &node.name)).and_then(|data| value(input, name, data)) {
                Ok(value) => inputs.push(value),
                Err(finding) => findings.push(finding),
            }
        }
        if findings.is_empty() { Ok(inputs) } else { Err(findings) }
    }
}

fn emitted(known: &[String]) -> String {
    match known {
        [] => "; it emits nothing".into(),
        known => format!(
            "; it emits {}",
            known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
        ),
    }
}

fn strangers(named: &[(Lined<String>, Data)], params: &[String], handler: &str) -> Vec<Finding> {
    let unknown = named.iter().filter(|(key, _)| !params.contains(&key.value));
    let told = |(key, _): &(Lined<String>, Data)| {
        let near = did_you_mean(&key.value, params.iter().map(String::as_str));
        Finding::error(key.line, format!("`{handler}` has no parameter `{}`{near}", key.value))
    };
    unknown.map(told).collect()
}

fn not_given(name: &str, handler: &str) -> Finding {
    Finding::error(1, format!("the parameter `{name}` of `{handler}` is not given; add it to [given]"))
}

fn value(input: &Input, name: &str, data: &Data) -> Result<run::Given, Finding> {
    let one = |data: &Data, root: &str| {
        let text = data.json();
        read::check_exactly(&text, root, &input.shape).map_err(|error| misfit(&error, data, root))?;
        Ok(Json::trusted(text))
    };
    match (&data.value, input.many) {
        (_, false) => one(data, name).map(run::Given::One),
        (Value::List(items), true) => {
            let each = items.iter().enumerate().map(|(at, item)| one(item, &format!("{name}[{at}]")));
            each.collect::<Result<Vec<_>, _>>().map(|all| run::Given::Many(all.into_iter().collect()))
        }
        (_, true) => {
            Err(Finding::error(data.line, format!("`{name}` takes a list of events, not {}", data.shown())))
        }
    }
}

/// What does not fit, at the line of the file where it stands.
pub(super) fn misfit(error: &Error, data: &Data, root: &str) -> Finding {
    let path = match error {
        Error::Misfit { path, .. } | Error::Unknown { path, .. } | Error::Twice { path } => path.as_str(),
        Error::Syntax { .. } => root,
    };
    let line = data.line_of(path.strip_prefix(root).unwrap_or_default());
    Finding::error(line, error.to_string())
}
