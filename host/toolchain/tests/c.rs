//! Steps in C, built as their authors build them, by whatever of this machine can. Where nothing can, all but the last
//! two tests say how to get it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use lockstep_core::contract::Contract;
use lockstep_toolchain::{Built, Error, Install, Source, Toolchain};
use tempfile::TempDir;

const WIT: &str = "package shop:refunds@1.0.0;
interface events {
  record asked { order: string, cents: u64 }
  record approved { order: string }
  record denied { why: string }
}
world assess {
  use events.{asked, approved, denied};
  use lockstep:step/types@0.1.0.{failure};
  variant emits { approved(approved), denied(denied) }
  export on-asked: func(event: asked) -> result<emits, failure>;
  export on-denied: func(event: denied) -> result<_, failure>;
}
";

const ASKED: &str = "
outcome on_asked(asked *event, on_asked_emit emit) {
  return emit.approved((approved){.order = event->order});
}
";

const DENIED: &str = "
outcome on_denied(denied *event, on_denied_emit emit) {
  return emit.done();
}
";

/// The folder of a step in a folder of its own.
struct Step(TempDir);

impl Step {
    fn new(code: &str) -> Step {
        let step = Step(tempfile::tempdir().unwrap());
        step.with("step.toml", "language = \"c\"\n")
            .with("wit/world.wit", WIT)
            .with("step.c", &format!("#include \"step.h\"\n{code}"))
    }

    fn with(self, path: &str, text: &str) -> Step {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("assess")
    }

    fn built(&self) -> Built {
        self.build(&|_| {}).unwrap_or_else(|error| panic!("{error}"))
    }

    fn build(&self, progress: &(dyn Fn(&str) + Sync)) -> Result<Built, Error> {
        let cache = lockstep_toolchain::user_cache().expect("a home");
        let toolchain = Toolchain { cache, target_dir: target(), install: Install::Never };
        toolchain.build(&[self.path()], progress).map(|mut built| built.remove(0))
    }

    /// The first lines of what the author is told, without where this machine keeps his folder.
    fn told(&self, lines: usize) -> String {
        let error = self.build(&|_| {}).expect_err("it is no step");
        let told = error.to_string().replace(&format!("{}/", self.path().display()), "");
        told.lines().take(lines).collect::<Vec<_>>().join("\n")
    }
}

fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("guests")
}

fn refused(step: &Step, expected: &str) {
    let expected = format!("step `assess` could not be built:\n{expected}");
    assert_eq!(step.told(expected.lines().count()), expected);
}

#[test]
fn a_step_becomes_a_component_that_imports_what_its_world_does() {
    let built = Step::new(&[ASKED, DENIED].concat()).built();
    assert_eq!((built.name.as_str(), built.language.as_str()), ("assess", "c"));
    let contract = Contract::read(&built.component).expect("a step");
    let told: Vec<_> =
        contract.handlers.iter().map(|one| format!("{}: {} -> {}", one.name, one.takes, one.gives)).collect();
    assert_eq!(told, ["on-asked: asked -> approved | denied", "on-denied: denied -> nothing"]);
    assert!(contract.imports.iter().all(|import| import.class.as_str() == "types"), "{:?}", contract.imports);
}

#[test]
fn the_same_code_makes_the_same_bytes_wherever_it_lies() {
    let asked =
        ASKED.replace("return emit", "if (event->cents == 0) panic(\"%s\", \"free\");\n  return emit");
    let built = || Step::new(&[&asked, DENIED].concat()).built().component;
    assert!(built() == built());
}

#[test]
fn all_files_beside_the_first_are_compiled() {
    let step =
        Step::new(&["#include \"money.h\"\n", &ASKED.replace("event->order", "money()"), DENIED].concat());
    step.with("money.h", "#include \"step.h\"\ntext money(void);\n")
        .with("money.c", "#include \"money.h\"\ntext money(void) { return text(\"10\"); }\n")
        .built();
}

#[test]
fn a_step_may_be_in_cxx() {
    let code = "#include \"step.h\"\n#include <string>
outcome on_asked(asked *event, on_asked_emit emit) {
  std::string why = \"too \" + std::to_string(event->cents);
  return emit.denied({.why = text(why.c_str())});
}
";
    let step = Step::new("").with("step.toml", "language = \"c\"\nmain = \"step.cpp\"\n");
    let step = step.with("step.cpp", &[code, DENIED].concat());
    fs::remove_file(step.path().join("step.c")).unwrap();
    step.built();
}

#[test]
fn code_that_does_not_compile_is_told_by_file_and_line() {
    let step = Step::new(&[&ASKED.replace("event->order", "event->cents"), DENIED].concat());
    let told = step.told(2);
    assert!(told.contains("\nstep.c:4:44: error: incompatible integer to pointer conversion"), "{told}");
}

#[test]
fn an_event_that_the_world_does_not_declare_does_not_compile() {
    refused(
        &Step::new(&[&ASKED.replace("emit.approved", "emit.sent"), DENIED].concat()),
        "step.c:4:15: error: no member named 'sent' in 'struct on_asked_emit'",
    );
    let told = Step::new(&[&ASKED.replace("(approved)", "(denied)"), DENIED].concat()).told(9);
    assert!(told.contains("\nstep.c:4:"), "{told}");
}

#[test]
fn an_event_that_is_emitted_and_not_returned_does_not_compile() {
    let forgotten = ASKED.replace("return", "if (!event->cents) emit.denied((denied){0});\n  return");
    refused(
        &Step::new(&[&forgotten, DENIED].concat()),
        "step.c:4:22: error: ignoring return value of type 'outcome' declared with 'warn_unused_result' attribute \
         [-Werror,-Wunused-value]",
    );
}

#[test]
fn a_handler_that_is_missing_is_told_as_its_author_writes_it() {
    refused(
        &Step::new(&[&ASKED.replace("on_asked(", "on_ask("), DENIED].concat()),
        "step.c: world `assess` exports `on-asked`, and there is no `outcome on_asked(asked *event, on_asked_emit \
         emit)`; `on_ask` is none of its handlers; write it",
    );
    let hidden = DENIED.replace("outcome", "static outcome");
    assert!(
        Step::new(&[ASKED, &hidden].concat()).told(9).contains("step.c:7:16: error: static declaration of")
    );
}

#[test]
fn what_the_world_does_not_import_is_told_with_the_line_to_add() {
    let code = ASKED.replace("return", "state_add(text(\"seen\"), 1);\n  return");
    let step = Step::new(&[&code, DENIED].concat());
    let told = step.told(99);
    assert!(told.contains("\nstep.c:4:3: error: use of undeclared identifier 'state_add'"), "{told}");
    assert!(
        told.ends_with(
            "\nworld `assess` does not import `lockstep:step/state`; add `import lockstep:step/state@0.1.0;` to it"
        ),
        "{told}"
    );
}

#[test]
fn a_function_that_is_nowhere_is_told_by_the_file_that_calls_it() {
    let code = ASKED.replace("return", "elsewhere();\n  return");
    let step = Step::new(&["void elsewhere(void);\n", &code, DENIED].concat());
    refused(&step, "wasm-ld: error: step.c: undefined symbol: elsewhere");
}

#[test]
fn warnings_about_the_authors_code_are_told_and_none_about_what_is_generated() {
    let told = Mutex::new(Vec::new());
    let step = Step::new(&[ASKED, DENIED, "static int unused;\n"].concat());
    step.build(&|line| told.lock().unwrap().push(line.to_owned())).unwrap();
    let told = told.into_inner().unwrap().join("\n").replace(&format!("{}/", step.path().display()), "");
    let first = "building assess\nstep.c:10:12: warning: unused variable 'unused' [-Wunused-variable]\n";
    assert!(told.starts_with(first) && !told.contains("gen/"), "{told}");
}

#[test]
fn a_world_that_is_none_is_told_by_file_and_line() {
    let told = Step::new("").with("wit/world.wit", &WIT.replace("cents: u64", "cents: money")).told(99);
    assert!(told.starts_with("the WIT of step `assess`: "), "{told}");
    assert!(told.contains("wit/world.wit:3:40") && told.contains("`money`"), "{told}");
}

#[test]
fn a_part_of_the_sdk_goes_with_the_import_that_brought_it() {
    let step = Step::new(&[ASKED, DENIED].concat());
    let import = "world assess {\n  import lockstep:step/state@0.1.0;";
    let step = step.with("wit/world.wit", &WIT.replace("world assess {", import));
    step.built();
    let state = step.path().join("gen/lockstep/state.h");
    assert!(state.exists());
    step.with("wit/world.wit", WIT).built();
    assert!(!state.exists());
}

/// The SDK as a program of this machine, with a host of its own.
#[test]
fn the_sdk_does_what_its_headers_say() {
    let imports =
        ["log", "http", "tools", "blob"].map(|name| format!("import lockstep:step/{name}@0.1.0;\n"));
    let wit = WIT.replace("world assess {", &format!("world assess {{\n{}", imports.concat()));
    let step = Step::new("").with("wit/world.wit", &wit);
    let toolchain = Toolchain { cache: target(), target_dir: target(), install: Install::Never };
    toolchain
        .generate(&Source::read(&step.path()).unwrap(), &|_| {})
        .unwrap_or_else(|error| panic!("{error}"));
    let (generated, program) = (step.path().join("gen"), step.path().join("sdk"));
    let test = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../guest-sdk/c/tests/sdk.c");
    let sources = generated.join("lockstep").read_dir().unwrap().flatten().map(|entry| entry.path());
    let sources = sources.filter(|path| path.extension().is_some_and(|kind| kind == "c"));
    let mut compile = Command::new("cc");
    compile.args(["-w", "-I"]).arg(&generated).arg("-o").arg(&program).arg(test).args(sources);
    let compiled = compile.output().expect("a linker's driver, which Rust needs too");
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    let ended = Command::new(&program).output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stdout));
}

/// Names the folder in which this test, run by itself, finds no tools.
const NO_TOOLS: &str = "LOCKSTEP_TEST_NO_TOOLS";

#[test]
fn without_a_compiler_both_ways_to_get_one_are_told() {
    let Ok(cache) = std::env::var(NO_TOOLS) else {
        let empty = tempfile::tempdir().unwrap();
        let mut myself = Command::new(std::env::current_exe().unwrap());
        myself.args(["--exact", "without_a_compiler_both_ways_to_get_one_are_told"]);
        let ended = myself.env(NO_TOOLS, empty.path()).env("PATH", empty.path()).output().unwrap();
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stdout));
        return;
    };
    let step = Step::new(&[ASKED, DENIED].concat());
    let toolchain = Toolchain { cache: cache.clone().into(), target_dir: target(), install: Install::Never };
    let error = toolchain.build(&[step.path()], &|_| {}).expect_err("there is no compiler");
    assert_eq!(
        error.to_string().replace(&cache, "CACHE"),
        "step `assess` is written in C, and a clang for wasm32-wasi with wasm-ld and wasi-libc, or zig 0.17 is \
         missing; `lockstep build --install` fetches zig (101 MB) into CACHE; or install a clang for wasm32-wasi with \
         wasm-ld and wasi-libc"
    );
}
