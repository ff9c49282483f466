//! The WIT of a new step: a world of its own, in a file of its own, in the package that its workflow has or in a
//! new one.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use lockstep_core::suggest::nearest;
use wit_parser::{PackageId, Resolve, TypeDefKind, TypeOwner};

use super::{Home, NewStep, Use, is_name};
use crate::Error;
use crate::world::packages;

/// The events that there are, before a new step comes.
#[derive(Default)]
pub(super) struct Events {
    /// The line that names the package; none where there is no WIT.
    package: Option<String>,
    /// By their short names: how a world of the package names their interface.
    known: BTreeMap<String, String>,
    /// The names of the worlds and interfaces that there are.
    taken: Vec<String>,
}

impl Events {
    /// Those of a WIT folder; none where there is no such folder.
    pub(super) fn of(folder: &Path, step: &str) -> Result<Events, Error> {
        let has_wit = folder.read_dir().is_ok_and(|entries| {
            entries.flatten().any(|entry| entry.path().extension().is_some_and(|end| end == "wit"))
        });
        if !has_wit {
            return Ok(Events::default());
        }
        let read = packages(folder).map_err(|why| Error::Wit { step: step.to_owned(), why });
        let (resolve, package, _) = read?;
        Ok(Events::in_package(&resolve, package))
    }

    fn in_package(resolve: &Resolve, own: PackageId) -> Events {
        let mut known = BTreeMap::new();
        for (_, definition) in resolve.types.iter() {
            let (Some(name), TypeDefKind::Record(_), TypeOwner::Interface(id)) =
                (&definition.name, &definition.kind, definition.owner)
            else {
                continue;
            };
            let interface = &resolve.interfaces[id];
            let named = match interface.package {
                Some(package) if package == own => interface.name.clone(),
                _ => resolve.id_of(id),
            };
            let is_own = interface.package == Some(own);
            // A name that two packages have means that of the own one.
            if let Some(named) = named.filter(|_| is_own || !known.contains_key(name)) {
                known.insert(name.clone(), named);
            }
        }
        let package = &resolve.packages[own];
        let taken = package.worlds.keys().chain(package.interfaces.keys()).cloned().collect();
        Events { package: Some(package.name.to_string()), known, taken }
    }
}

/// The text, and the events in it that there were none of.
pub(super) fn text(new: &NewStep, home: &Home, events: &Events) -> Result<(String, Vec<String>), Error> {
    let NewStep { name, on, emits, .. } = new;
    if events.taken.contains(name) {
        return Err(Error::WorldTaken(name.clone()));
    }
    let mut used: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let (mut unknown, own) = (Vec::new(), format!("{name}-events"));
    for event in [on].into_iter().chain(emits) {
        is_name("an event", event)?;
        let interface = match events.known.get(event) {
            Some(interface) => interface.as_str(),
            None => {
                near(event, events)?;
                unknown.push(event.clone());
                own.as_str()
            }
        };
        let names = used.entry(interface).or_default();
        if !names.contains(&event.as_str()) {
            names.push(event);
        }
    }
    unknown.dedup();
    let package = events.package.clone().unwrap_or_else(|| format!("local:{}@0.1.0", package(home, name)));
    let mut text = format!("package {package};\n\n");
    if !unknown.is_empty() {
        let _ = write!(
            text,
            "/// What `{name}` takes and emits: give each event the fields that it needs.\ninterface {own} {{\n"
        );
        for event in &unknown {
            let _ = writeln!(text, "  record {event} {{ text: string }}");
        }
        text += "}\n\n";
    }
    text += &world(new, &used);
    Ok((text, unknown))
}

fn package<'a>(home: &'a Home, step: &'a str) -> &'a str {
    match home {
        Home::Workflow { name, .. } => name,
        Home::Alone(_) => step,
    }
}

/// Where an event is nearly called like another, a slip of the pen is likelier than a new event.
fn near(event: &str, events: &Events) -> Result<(), Error> {
    match nearest(event, events.known.keys().map(String::as_str)) {
        Some(meant) => Err(Error::Event { name: event.to_owned(), meant: meant.to_owned() }),
        None => Ok(()),
    }
}

fn world(new: &NewStep, used: &BTreeMap<&str, Vec<&str>>) -> String {
    let NewStep { name, on, emits, uses, .. } = new;
    let mut text = format!("/// Takes `{on}`.\nworld {name} {{\n");
    for (interface, events) in used {
        let _ = writeln!(text, "  use {interface}.{{{}}};", events.join(", "));
    }
    text += "  use lockstep:step/types@0.1.0.{failure};\n";
    let has_timer = uses.contains(&Use::Timer);
    if has_timer {
        text += "  use lockstep:step/host-events@0.1.0.{timer-fired};\n";
    }
    text += "  import lockstep:step/log@0.1.0;\n";
    for one in uses {
        let _ = writeln!(text, "  import lockstep:step/{}@0.1.0;", one.as_str());
    }
    let result = match &emits[..] {
        [] => "_".to_owned(),
        [event] => event.clone(),
        events => {
            let cases: Vec<_> = events.iter().map(|event| format!("{event}({event})")).collect();
            let _ = writeln!(text, "  variant emits {{ {} }}", cases.join(", "));
            "emits".to_owned()
        }
    };
    let _ = writeln!(text, "  export on-{on}: func(event: {on}) -> result<{result}, failure>;");
    if has_timer {
        text += "  export on-timer-fired: func(event: timer-fired) -> result<_, failure>;\n";
    }
    text += "}\n";
    text
}
