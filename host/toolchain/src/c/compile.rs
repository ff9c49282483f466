//! From C files to a core module: each file by itself, then all together.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::bindings::PREFIX;
use super::find::{Compiler, Dialect};
use super::told;
use crate::Error;
use crate::build::Job;

/// Memory for a step's calls. What does not fit ends the attempt: the stack grows towards nothing.
const STACK: u32 = 128 * 1024;

/// Mistakes that C would let pass: an event that is emitted and not returned among them.
const REFUSED: [&str; 7] = [
    "format",
    "implicit-function-declaration",
    "incompatible-pointer-types",
    "int-conversion",
    "return-type",
    "unused-result",
    "unused-value",
];

/// The bindings would free what a handler has returned, which may be constant.
pub(crate) const KEEPING: &str = "-Dfree=lockstep_free";

/// A file that is compiled, and what comes of it.
pub(super) struct Unit {
    source: PathBuf,
    pub(super) object: PathBuf,
    dialect: Dialect,
    is_generated: bool,
}

/// The files that an author has written: the one with the handlers, and all others beside it.
pub(super) fn own(job: &Job) -> Result<Vec<PathBuf>, Error> {
    let main = &job.source.main;
    let folder = main.parent().unwrap_or(&job.source.folder);
    let entries = folder.read_dir().map_err(Error::file(folder))?.flatten();
    let mut files: Vec<PathBuf> =
        entries.map(|entry| entry.path()).filter(|path| dialect(path).is_some()).collect();
    files.retain(|path| path != main);
    files.sort();
    files.insert(0, main.clone());
    Ok(files)
}

/// The language of a file by its name; none: it is not compiled.
pub(super) fn dialect(path: &Path) -> Option<Dialect> {
    match path.extension()?.to_str()? {
        "c" => Some(Dialect::C),
        "cpp" | "cc" | "cxx" => Some(Dialect::Cxx),
        _ => None,
    }
}

/// What is compiled of a step: its author's files, and those in `gen`.
pub(super) fn units(job: &Job, own: Vec<PathBuf>, generated: Vec<PathBuf>, objects: &Path) -> Vec<Unit> {
    let unit = |source: PathBuf, is_generated| {
        let name = source.file_name().unwrap_or_default().to_string_lossy();
        let prefix = if is_generated { "gen-" } else { "" };
        let dialect = dialect(&source).unwrap_or(Dialect::C);
        Unit { object: objects.join(format!("{prefix}{name}.o")), source, dialect, is_generated }
    };
    let own = own.into_iter().map(|source| unit(source, false));
    let generated = generated.into_iter().map(|name| unit(job.source.generated().join(name), true));
    generated.chain(own).collect()
}

/// Compiles one file. Warnings about the author's own are told.
pub(super) fn compile(job: &Job, compiler: &Compiler, unit: &Unit) -> Result<(), Error> {
    let mut command = compiler.command(unit.dialect);
    let include = job.source.generated();
    command.args(["-c", "-Os", "-ffunction-sections", "-fdata-sections"]).arg("-isystem").arg(include);
    command.arg(format!("-fmacro-prefix-map={}/=", job.source.folder.display()));
    match unit.dialect {
        Dialect::C => command.arg("-std=gnu2x"),
        Dialect::Cxx => {
            command.args(["-std=gnu++20", "-fno-exceptions", "-Wno-missing-designated-field-initializers"])
        }
    };
    match unit.is_generated {
        true => command.arg("-w").args(unit.is_of_bindings().then_some(KEEPING)),
        false => command
            .args(["-Wall", "-Wextra", "-Wno-unused-parameter"])
            .args(REFUSED.map(|name| format!("-Werror={name}"))),
    };
    let told = run(job, command.arg(&unit.source).arg("-o").arg(&unit.object));
    let told = told.map_err(|error| map(error, |told| told::with_imports(told, job.world, told::wanted)))?;
    told.lines().for_each(|line| (job.progress)(line));
    Ok(())
}

/// Links all of them to the core module of the step.
pub(super) fn link(job: &Job, compiler: &Compiler, units: &[Unit], objects: &Path) -> Result<Vec<u8>, Error> {
    let is_cxx = units.iter().any(|unit| unit.dialect == Dialect::Cxx);
    let mut command = compiler.command(if is_cxx { Dialect::Cxx } else { Dialect::C });
    command.args(["-mexec-model=reactor", "-s"]).arg(format!("-Wl,-z,stack-size={STACK}"));
    let module = objects.join("core.wasm");
    command.args(units.iter().map(|unit| &unit.object));
    command.arg(job.source.generated().join(format!("{PREFIX}_component_type.o"))).arg("-o").arg(&module);
    if let Compiler::Clang { linker, libraries, .. } = compiler {
        command.args(libraries).arg("-Wl,--stack-first").arg(format!("-fuse-ld={}", linker.display()));
    }
    let told = run(job, &mut command).map_err(|error| in_terms_of_sources(error, units))?;
    if told.contains("warning: ") {
        // A function that two files see differently would end the attempt that calls it.
        return Err(in_terms_of_sources(Error::Code { step: job.source.name.clone(), told }, units));
    }
    fs::read(&module).map_err(Error::file(module))
}

impl Unit {
    /// Whether its author is this program.
    pub(super) fn is_generated(&self) -> bool {
        self.is_generated
    }

    fn is_of_bindings(&self) -> bool {
        self.source.file_name().is_some_and(|name| name == "bindings.c")
    }
}

impl Compiler {
    /// Its command for a language, with the target.
    fn command(&self, dialect: Dialect) -> Command {
        match (self, dialect) {
            (Compiler::Clang { program, target, .. }, _) => {
                let mut command = Command::new(program);
                let driver = if dialect == Dialect::Cxx { "--driver-mode=g++" } else { "--driver-mode=gcc" };
                command.args([driver, &format!("--target={target}"), "-Wno-deprecated"]);
                command
            }
            (Compiler::Zig(zig), dialect) => {
                let mut command = zig.command(if dialect == Dialect::Cxx { "c++" } else { "cc" });
                command.args(["-target", "wasm32-wasi"]);
                command
            }
        }
    }
}

/// What a compiler says that succeeds; what one says that does not is the author's to mend.
pub(crate) fn run(job: &Job, command: &mut Command) -> Result<String, Error> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| Error::Start { program, error })?;
    let told = String::from_utf8_lossy(&output.stderr);
    let told = told::plain(&told);
    match output.status.success() {
        true => Ok(told),
        false => Err(Error::Code { step: job.source.name.clone(), told }),
    }
}

/// A linker speaks of objects, an author of files.
fn in_terms_of_sources(error: Error, units: &[Unit]) -> Error {
    map(error, |told| {
        units.iter().fold(told, |told, unit| {
            told.replace(&unit.object.display().to_string(), &unit.source.display().to_string())
        })
    })
}

/// The same error, what was told in other words.
pub(crate) fn map(error: Error, words: impl FnOnce(String) -> String) -> Error {
    match error {
        Error::Code { step, told } => Error::Code { step, told: words(told) },
        error => error,
    }
}
