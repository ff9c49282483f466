//! Steps in Zig, built as their authors build them. On a machine without Zig all but the last test say how to get it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use lockstep_core::contract::Contract;
use lockstep_toolchain::{Built, Error, Install, Toolchain};
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
pub fn onAsked(event: step.Asked) !step.Emits {
    return .{ .approved = .{ .order = event.order } };
}
";

const DENIED: &str = "
pub fn onDenied(_: step.Denied) !void {}
";

/// The folder of a step in a folder of its own.
struct Step(TempDir);

impl Step {
    fn new(code: &str) -> Step {
        let step = Step(tempfile::tempdir().unwrap());
        step.with("step.toml", "language = \"zig\"\n")
            .with("wit/world.wit", WIT)
            .with("step.zig", &format!("const step = @import(\"step\");\n{code}"))
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

    fn build(&self) -> Result<Built, Error> {
        let cache = lockstep_toolchain::user_cache().expect("a home");
        let toolchain = Toolchain { cache, target_dir: target(), install: Install::Never };
        toolchain.build(&[self.path()], &|_| {}).map(|mut built| built.remove(0))
    }

    fn built(&self) -> Built {
        self.build().unwrap_or_else(|error| panic!("{error}"))
    }

    /// The first lines of what the author is told, without where this machine keeps his folder.
    fn told(&self, lines: usize) -> String {
        let error = self.build().expect_err("it is no step");
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
    assert_eq!((built.name.as_str(), built.language.as_str()), ("assess", "zig"));
    let contract = Contract::read(&built.component).expect("a step");
    let told: Vec<_> =
        contract.handlers.iter().map(|one| format!("{}: {} -> {}", one.name, one.takes, one.gives)).collect();
    assert_eq!(told, ["on-asked: asked -> approved | denied", "on-denied: denied -> nothing"]);
    assert!(contract.imports.iter().all(|import| import.class.as_str() == "types"), "{:?}", contract.imports);
}

#[test]
fn the_same_code_makes_the_same_bytes_wherever_it_lies() {
    let built = || Step::new(&[ASKED, DENIED].concat()).built().component;
    assert!(built() == built());
}

#[test]
fn a_step_may_have_files_of_its_own() {
    let code = ASKED.replace("event.order", "@import(\"money.zig\").double(event.order)");
    let money = "const step = @import(\"step\");\n\npub fn double(it: []const u8) []const u8 {\n    \
                 return step.print(\"{s}{s}\", .{ it, it });\n}\n";
    Step::new(&[&code, DENIED].concat()).with("money.zig", money).built();
}

#[test]
fn code_that_does_not_compile_is_told_by_file_and_line() {
    refused(
        &Step::new(&[&ASKED.replace("event.order", "event.cents"), DENIED].concat()),
        "step.zig:4:44: error: expected type '[]const u8', found 'u64'",
    );
}

#[test]
fn an_event_that_the_world_does_not_declare_does_not_compile() {
    refused(
        &Step::new(&[&ASKED.replace(".approved", ".sent"), DENIED].concat()),
        "step.zig:4:16: error: no field named 'sent' in union 'step.Emits'",
    );
}

#[test]
fn a_handler_that_is_missing_or_another_is_told_as_its_author_writes_it() {
    refused(
        &Step::new(ASKED),
        "step.zig: world `assess` exports `on-denied`, and there is no `pub fn onDenied(event: step.Denied) !void`; \
         write it",
    );
    let other = ASKED.replace("step.Asked", "step.Approved");
    refused(
        &Step::new(&[&other, DENIED].concat()),
        "step.zig: world `assess` exports `on-asked` as `pub fn onAsked(event: step.Asked) !step.Emits`, and `onAsked` \
         takes `step.Approved`",
    );
    let other = DENIED.replace("!void {}", "!u8 {\n    return 1;\n}");
    refused(
        &Step::new(&[ASKED, &other].concat()),
        "step.zig: world `assess` exports `on-denied` as `pub fn onDenied(event: step.Denied) !void`, and `onDenied` \
         returns `u8`",
    );
}

#[test]
fn what_the_world_does_not_import_is_told_with_the_line_to_add() {
    let code = ASKED.replace("return", "step.state.add(\"seen\", 1);\n    return");
    let told = Step::new(&[&code, DENIED].concat()).told(99);
    assert!(told.contains("\nstep.zig:4:10: error: "), "{told}");
    assert!(
        told.ends_with(
            "\nworld `assess` does not import `lockstep:step/state`; add `import lockstep:step/state@0.1.0;` to it"
        ),
        "{told}"
    );
}

#[test]
fn a_world_that_is_none_is_told_by_file_and_line() {
    let told = Step::new("").with("wit/world.wit", &WIT.replace("cents: u64", "cents: money")).told(99);
    assert!(told.contains("wit/world.wit:3:40") && told.contains("`money`"), "{told}");
}

/// Names the folder in which this test, run by itself, finds no tools.
const NO_TOOLS: &str = "LOCKSTEP_TEST_NO_TOOLS";

#[test]
fn without_a_compiler_the_way_to_get_one_is_told() {
    let Ok(cache) = std::env::var(NO_TOOLS) else {
        let empty = tempfile::tempdir().unwrap();
        let mut myself = Command::new(std::env::current_exe().unwrap());
        myself.args(["--exact", "without_a_compiler_the_way_to_get_one_is_told"]);
        let ended = myself.env(NO_TOOLS, empty.path()).env("PATH", empty.path()).output().unwrap();
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stdout));
        return;
    };
    let step = Step::new(&[ASKED, DENIED].concat());
    let toolchain = Toolchain { cache: cache.clone().into(), target_dir: target(), install: Install::Never };
    let error = toolchain.build(&[step.path()], &|_| {}).expect_err("there is no compiler");
    assert_eq!(
        error.to_string().replace(&cache, "CACHE"),
        "step `assess` is written in Zig, and zig 0.17 is missing; `lockstep build --install` fetches it (101 MB) into \
         CACHE"
    );
}
