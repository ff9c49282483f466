//! The WIT of a new step: a world of its own, in a file of its own, in the package that its workflow has or in a
//! new one. Its events are those of that package and of the host; any other is a new one.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use lockstep_core::suggest::nearest;
use wit_parser::{InterfaceId, PackageId, Resolve, TypeDefKind};

use super::{Home, NewStep, Use, is_name};
use crate::Error;
use crate::world::{of_host, packages};

/// Words that stand for something else in WIT.
const KEYWORDS: &str = "use type func u8 u16 u32 u64 s8 s16 s32 s64 f32 f64 char resource own borrow record flags \
    variant enum bool string option result future stream error-context list map as from static interface tuple \
    world import export package constructor include with async";

/// What every world of a step calls by these names.
const RESERVED: [&str; 2] = ["failure", "emits"];

/// The interface of the host's own events.
const HOST_EVENTS: &str = "lockstep:step/host-events@0.1.0";

/// The event that a step with timers takes.
const TIMER: &str = "timer-fired";

/// The events that there are, before a new step comes.
#[derive(Default)]
pub(super) struct Events {
    /// As WIT names the package; none where there is no WIT.
    package: Option<String>,
    /// By their short names: how a world of the package names their interface.
    known: BTreeMap<String, String>,
    /// The names of the worlds and interfaces that there are.
    taken: Vec<String>,
}

impl Events {
    /// Those of a WIT folder, and of the host.
    pub(super) fn of(folder: &Path, step: &str) -> Result<Events, Error> {
        let has_wit = folder.read_dir().is_ok_and(|entries| {
            entries.flatten().any(|entry| entry.path().extension().is_some_and(|end| end == "wit"))
        });
        let read = match has_wit {
            true => packages(folder).map(|(resolve, package)| (resolve, Some(package))),
            false => of_host().map(|resolve| (resolve, None)),
        };
        let (resolve, own) = read.map_err(|why| Error::Wit { step: step.to_owned(), why })?;
        let mut events = Events::default();
        for (id, _) in
            resolve.interfaces.iter().filter(|(id, _)| resolve.id_of(*id).as_deref() == Some(HOST_EVENTS))
        {
            events.add(&resolve, id, HOST_EVENTS);
        }
        // A name that both have means that of the own package.
        if let Some(own) = own {
            events.add_package(&resolve, own);
        }
        Ok(events)
    }

    fn add_package(&mut self, resolve: &Resolve, own: PackageId) {
        let package = &resolve.packages[own];
        let name = &package.name;
        let version = name.version.as_ref().map_or(String::new(), |version| format!("@{version}"));
        self.package = Some(format!("{}:{}{version}", word(&name.namespace), word(&name.name)));
        self.taken = package.worlds.keys().chain(package.interfaces.keys()).cloned().collect();
        for (name, id) in &package.interfaces {
            self.add(resolve, *id, &word(name));
        }
    }

    /// The records of an interface.
    fn add(&mut self, resolve: &Resolve, interface: InterfaceId, named: &str) {
        for (name, id) in &resolve.interfaces[interface].types {
            if let TypeDefKind::Record(_) = resolve.types[*id].kind {
                self.known.insert(name.clone(), named.to_owned());
            }
        }
    }
}

/// The text, and the events in it that there were none of.
pub(super) fn text(new: &NewStep, home: &Home, events: &Events) -> Result<(String, Vec<String>), Error> {
    let NewStep { name, on, emits, .. } = new;
    let own = format!("{name}-events");
    let mut used: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut unknown = Vec::new();
    for event in once([on].into_iter().chain(emits)) {
        if RESERVED.contains(&event.as_str()) {
            return Err(Error::EventTaken(event.clone()));
        }
        let interface = match events.known.get(event) {
            Some(interface) => interface.as_str(),
            None => {
                is_new(event, events)?;
                unknown.push(event.clone());
                own.as_str()
            }
        };
        used.entry(interface).or_default().push(event);
    }
    let taken = [name].into_iter().chain((!unknown.is_empty()).then_some(&own));
    if let Some(taken) = taken.into_iter().find(|name| events.taken.contains(name)) {
        return Err(Error::WorldTaken(taken.clone()));
    }
    let package = match &events.package {
        Some(package) => package.clone(),
        None => new_package(home, name)?,
    };
    let mut text = format!("package {package};\n\n");
    if !unknown.is_empty() {
        let _ = write!(
            text,
            "/// What `{name}` takes and emits: give each event the fields that it needs.\ninterface {own} {{\n"
        );
        for event in &unknown {
            let _ = writeln!(text, "  record {} {{ text: string }}", word(event));
        }
        text += "}\n\n";
    }
    text += &world(new, used);
    Ok((text, unknown))
}

fn new_package(home: &Home, step: &str) -> Result<String, Error> {
    let name = match home {
        Home::Workflow { name, .. } => name,
        Home::Alone(_) => step,
    };
    is_name("the package of a workflow", name)?;
    Ok(format!("local:{}@0.1.0", word(name)))
}

/// What a new event may be called. Where one is nearly called like another, a slip of the pen is likelier.
fn is_new(event: &str, events: &Events) -> Result<(), Error> {
    is_name("an event", event)?;
    match nearest(event, events.known.keys().map(String::as_str)) {
        Some(meant) => Err(Error::Event { name: event.to_owned(), meant: meant.to_owned() }),
        None => Ok(()),
    }
}

fn world(new: &NewStep, mut used: BTreeMap<&str, Vec<&str>>) -> String {
    let NewStep { name, on, emits, uses, .. } = new;
    let has_timer = uses.contains(&Use::Timer);
    if has_timer && !used.values().flatten().any(|event| *event == TIMER) {
        used.entry(HOST_EVENTS).or_default().push(TIMER);
    }
    let mut text = format!("/// Takes `{on}`.\nworld {} {{\n", word(name));
    for (interface, events) in used {
        let events: Vec<_> = events.into_iter().map(word).collect();
        let _ = writeln!(text, "  use {interface}.{{{}}};", events.join(", "));
    }
    text += "  use lockstep:step/types@0.1.0.{failure};\n  import lockstep:step/log@0.1.0;\n";
    for one in once(uses) {
        let _ = writeln!(text, "  import lockstep:step/{}@0.1.0;", one.as_str());
    }
    let result = match &once(emits)[..] {
        [] => "_".to_owned(),
        [event] => word(event),
        events => {
            let cases: Vec<_> = events.iter().map(|event| format!("{0}({0})", word(event))).collect();
            let _ = writeln!(text, "  variant emits {{ {} }}", cases.join(", "));
            "emits".to_owned()
        }
    };
    let _ = writeln!(text, "  export on-{on}: func(event: {}) -> result<{result}, failure>;", word(on));
    if has_timer && on != TIMER {
        let _ = writeln!(text, "  export on-{TIMER}: func(event: {TIMER}) -> result<_, failure>;");
    }
    text += "}\n";
    text
}

/// A name as WIT takes it everywhere.
fn word(name: &str) -> String {
    let is_keyword = KEYWORDS.split_whitespace().any(|keyword| keyword == name);
    if is_keyword { format!("%{name}") } else { name.to_owned() }
}

/// Each of them where it comes first.
fn once<'a, T: PartialEq>(all: impl IntoIterator<Item = &'a T>) -> Vec<&'a T> {
    let mut found = Vec::new();
    for one in all {
        if !found.contains(&one) {
            found.push(one);
        }
    }
    found
}
