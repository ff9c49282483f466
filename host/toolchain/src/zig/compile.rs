//! From `step.zig` and what is generated to a core module.

use std::fs;

use super::find::Zig;
use crate::build::Job;
use crate::{Error, c, imports};

/// A reactor with little memory for calls. It is built safe: what goes wrong in it ends the attempt with a message, and
/// does not go on with wrong data.
const FLAGS: &str = "-target wasm32-wasi -mexec-model=reactor -fno-entry -OReleaseSafe -fstrip -fno-stack-protector \
    -lc --stack 131072 -freference-trace=0 --color off --name step";

/// Runs the compiler.
pub(super) fn compile(job: &Job, zig: &Zig) -> Result<Vec<u8>, Error> {
    let stage = job.stage("zig")?;
    let (module, generated) = (stage.folder.join("core.wasm"), job.source.generated());
    let file = |name: &str| generated.join(name).display().to_string();
    let mut command = zig.command("build-exe");
    command.args(FLAGS.split_whitespace());
    command.args("--dep c --dep step --dep handlers".split(' ')).arg(format!("-Mroot={}", file("root.zig")));
    command.args(["-cflags", "-w", "-Os", c::KEEPING, "--"]);
    command.args([file("bindings.c"), file("lockstep/memory.c"), file("bindings_component_type.o")]);
    command.args(["--dep", "c", &format!("-Mstep={}", file("step.zig"))]);
    command.args(["--dep", "step", &format!("-Mhandlers={}", job.source.main.display())]);
    command.args([format!("-Mc={}", file("c.zig")), format!("-femit-bin={}", module.display())]);
    let told = c::run(job, &mut command).map_err(|error| in_terms_of_the_step(job, error))?;
    told.lines().for_each(|line| (job.progress)(line));
    fs::read(&module).map_err(Error::file(module))
}

/// What is found wrong with the handlers is found by code that is generated; it is the author's file that has to be
/// changed.
fn in_terms_of_the_step(job: &Job, error: Error) -> Error {
    c::map(error, |told| {
        let missing = told.lines().filter_map(|line| line.split_once("error: world `"));
        let missing = missing.map(|(_, rest)| format!("{}: world `{rest}", job.source.main.display()));
        match missing.collect::<Vec<_>>() {
            lines if lines.is_empty() => c::with_imports(told, job.world, part),
            lines => lines.join("\n"),
        }
    })
}

/// The part of the SDK that a line says `step` does not have.
fn part(line: &str) -> Option<&'static str> {
    let (_, rest) = line.split_once("root source file struct 'step' has no member named '")?;
    let name = rest.split('\'').next()?;
    imports::parts().find(|part| *part == name)
}
