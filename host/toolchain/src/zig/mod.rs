//! Zig steps, over the bindings for C: the memory of events is C's, what an author sees of them is Zig's.

mod compile;
mod find;
mod memory;
mod names;
mod starter;
mod write;

#[cfg(test)]
mod tests;

pub(crate) use find::{Zig, find};
pub(crate) use starter::starter;

use crate::build::Job;
use crate::c::{Bindings, Handler};
use crate::{Error, c, embedded, generated};

use names::Names;

/// Writes bindings, glue and SDK into `gen`.
pub(crate) fn generate(job: &Job) -> Result<(), Error> {
    job.world.refuse_strangers(job.source)?;
    let bindings = Bindings::of(job.source, job.world)?;
    generated::write(&job.source.generated(), files(&bindings))
}

/// The component of a step.
pub(crate) fn build(job: &Job) -> Result<Vec<u8>, Error> {
    let zig = find(job)?;
    let module = compile::compile(job, &zig)?;
    c::component(job, &module)
}

/// The files in `gen`, each by its path from there.
fn files(bindings: &Bindings) -> Vec<(String, Vec<u8>)> {
    let handlers = Handler::all(bindings);
    let names = Names::of(bindings, &handlers);
    let parts: Vec<&str> = write::parts(bindings).collect();
    let is_wanted = |path: &str| {
        let name = path.strip_prefix("lockstep/").and_then(|name| name.strip_suffix(".zig"));
        name.is_some_and(|name| ["core", "glue"].contains(&name) || parts.contains(&name))
    };
    let sdk = embedded::ZIG.iter().copied().filter(|(path, _)| is_wanted(path)).chain(c::memory());
    let mut files = bindings.files.clone();
    files.push(("step.zig".into(), write::step(bindings, &names).into()));
    files.push(("root.zig".into(), write::root(bindings, &handlers, &names).into()));
    files.push(("c.zig".into(), memory::write(bindings).into()));
    files.extend(sdk.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())));
    files
}
