//! Python steps: CPython inside the component, by componentize-py. Authors see the SDK and dataclasses of their events,
//! which are written here; the bindings that componentize-py makes by itself stay out of their sight.

mod componentize;
mod copy;
mod events;
mod names;
mod requirements;
mod starter;
mod types;
mod world;

#[cfg(test)]
mod tests;

pub(crate) use starter::starter;

use std::path::Path;

use wit_parser::WorldItem;

use self::types::Types;
use crate::build::Job;
use crate::{Error, World, embedded, generated};

/// The package of the SDK, which the program carries.
const SDK: &str = "lockstep";

/// Writes bindings, glue and SDK into `gen`.
pub(crate) fn generate(job: &Job) -> Result<(), Error> {
    let wrong = |why: String| Error::Wit { step: job.source.name.clone(), why };
    only_handlers(job.world).map_err(wrong)?;
    check_main(job)?;
    let types = Types::of(job.world).map_err(|unsupported| wrong(unsupported.0))?;
    let sdk = embedded::PYTHON.iter().filter(|(path, _)| Path::new(path).starts_with(SDK));
    let own = [
        (Path::new("events.py").to_owned(), events::events(&types, job.world.name())),
        (Path::new(SDK).join("_world.py"), world::world(&types, job.world, job.source)),
    ];
    let files = sdk.map(|(path, text)| (path.into(), (*text).to_owned())).chain(own);
    generated::write(&job.source.generated(), files)
}

/// The component of a step.
pub(crate) fn build(job: &Job) -> Result<Vec<u8>, Error> {
    let packages = requirements::ensure(job)?;
    componentize::componentize(job, packages.as_deref())
}

/// A world of which handlers are all that is asked.
fn only_handlers(world: &World) -> Result<(), String> {
    let resolve = &world.resolve;
    let exports = &resolve.worlds[world.id].exports;
    let other = exports.iter().find(|(_, item)| !matches!(item, WorldItem::Function(_)));
    match other {
        Some((key, _)) => Err(format!(
            "world `{}` exports `{}`; a step in Python exports handlers, and nothing else",
            world.name(),
            resolve.name_world_key(key)
        )),
        None => Ok(()),
    }
}

/// The author's file is a module, and none that stands in `gen`.
fn check_main(job: &Job) -> Result<(), Error> {
    let name = world::main(job.source);
    let is_word = |name: &str| name.chars().all(|char| char.is_alphanumeric() || char == '_');
    let is_python = job.source.main.extension().is_some_and(|extension| extension == "py");
    match is_python && is_word(&name) && !["events", "lockstep"].contains(&name.as_str()) {
        true => Ok(()),
        false => Err(Error::Manifest {
            path: job.source.folder.join(crate::MANIFEST),
            why: format!(
                "`main` names a module of Python, such as step.py, and none called `events` or `lockstep`; not {}",
                job.source.main.display()
            ),
        }),
    }
}
