//! C steps, and C++ ones: bindings by wit-bindgen, a header of ours for what an author sees of his world, the parts of
//! the SDK for what it imports; compiled by clang or by Zig.

mod bindings;
mod compile;
mod find;
pub(crate) mod first;
mod glue;
mod handlers;
mod header;
mod names;
mod sdk;
mod starter;
mod symbols;
mod told;

#[cfg(test)]
pub(crate) mod tests;

pub(crate) use bindings::Bindings;
pub(crate) use compile::{KEEPING, map, run};
pub(crate) use handlers::{Emit, Handler, flags_bits, kind};
pub(crate) use sdk::memory;
pub(crate) use starter::starter;
pub(crate) use told::with_imports;

use std::fs;

use crate::build::Job;
use crate::{Error, component, generated};

use compile::Unit;
use find::Compiler;
use names::Names;

/// Writes bindings, glue and SDK into `gen`.
pub(crate) fn generate(job: &Job) -> Result<(), Error> {
    let bindings = Bindings::of(job.source, job.world)?;
    generated::write(&job.source.generated(), files(&bindings))
}

/// The component of a step.
pub(crate) fn build(job: &Job) -> Result<Vec<u8>, Error> {
    let own = compile::own(job)?;
    let dialect = own.iter().filter_map(|file| compile::dialect(file)).max().unwrap_or(find::Dialect::C);
    let compiler = find::find(job, dialect)?;
    let bindings = Bindings::of(job.source, job.world)?;
    component(job, &module(job, &compiler, own, &bindings)?)
}

/// The component of a core module, with WASI where its C library asks for it.
pub(crate) fn component(job: &Job, module: &[u8]) -> Result<Vec<u8>, Error> {
    match symbols::wants_wasi(module) {
        true => component::encode_with_wasi(&job.source.name, module),
        false => component::encode(&job.source.name, module),
    }
}

/// The files in `gen`, each by its path from there.
fn files(bindings: &Bindings) -> Vec<(String, Vec<u8>)> {
    let handlers = Handler::all(bindings);
    let mut names = Names::of(bindings, &handlers);
    let sdk = sdk::files(bindings);
    let headers: Vec<&str> = sdk.iter().map(|(path, _)| *path).filter(|path| path.ends_with(".h")).collect();
    let mut files = bindings.files.clone();
    files.push(("step.h".into(), header::write(bindings, &handlers, &mut names, &headers).into()));
    files.push(("handlers.c".into(), glue::write(bindings, &handlers).into()));
    files.extend(sdk.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())));
    files
}

fn module(
    job: &Job,
    compiler: &Compiler,
    own: Vec<std::path::PathBuf>,
    bindings: &Bindings,
) -> Result<Vec<u8>, Error> {
    let stage = job.stage("c")?;
    let objects = &stage.folder;
    let sources = files(bindings).into_iter().map(|(name, _)| name).filter(|name| name.ends_with(".c"));
    let units = compile::units(job, own, sources.map(Into::into).collect(), objects);
    let (own, others): (Vec<&Unit>, Vec<&Unit>) = units.iter().partition(|unit| !unit.is_generated());
    own.iter().try_for_each(|unit| compile::compile(job, compiler, unit))?;
    has_all_handlers(job, bindings, &own)?;
    others.iter().try_for_each(|unit| compile::compile(job, compiler, unit))?;
    compile::link(job, compiler, &units, objects)
}

/// The linker would miss them too, and nobody would know what for.
fn has_all_handlers(job: &Job, bindings: &Bindings, own: &[&Unit]) -> Result<(), Error> {
    let mut there = Vec::new();
    for unit in own {
        there.extend(symbols::functions(&fs::read(&unit.object).map_err(Error::file(&unit.object))?));
    }
    let handlers = Handler::all(bindings);
    let names = Names::of(bindings, &handlers);
    let is_handler = |name: &String| handlers.iter().any(|handler| handler.name == *name);
    let stray = there.iter().find(|name| name.starts_with("on_") && !is_handler(name));
    let stray = stray.map_or(String::new(), |name| format!("; `{name}` is none of its handlers"));
    let missing = handlers.iter().filter(|handler| !there.contains(&handler.name));
    let lines = missing.map(|handler| {
        let (main, world, export) = (job.source.main.display(), job.world.name(), handler.export);
        let wanted = header::signature(bindings, handler, &names);
        format!("{main}: world `{world}` exports `{export}`, and there is no `{wanted}`{stray}; write it")
    });
    match lines.collect::<Vec<_>>() {
        lines if lines.is_empty() => Ok(()),
        lines => Err(Error::Code { step: job.source.name.clone(), told: lines.join("\n") }),
    }
}
