//! Steps as their authors write them, each in a folder of its own, built by whatever of this machine can; and what is
//! the same in every language.

#![allow(dead_code, reason = "no language asks for all of it")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use lockstep_core::contract::Contract;
use lockstep_toolchain::{Built, Error, Install, Toolchain};
use tempfile::TempDir;

/// The world of a step.
pub(crate) const WIT: &str = "package shop:refunds@1.0.0;
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

/// How a language writes it.
pub(crate) struct Spelling {
    /// As `step.toml` names it.
    pub(crate) language: &'static str,
    /// The file with the handlers, and what stands before them.
    pub(crate) main: (&'static str, &'static str),
    /// Further files.
    pub(crate) files: &'static [(&'static str, &'static str)],
    /// The handler that emits `approved`.
    pub(crate) asked: &'static str,
    /// The one that emits nothing.
    pub(crate) denied: &'static str,
}

/// The folder of a step in a folder of its own.
pub(crate) struct Step(TempDir);

impl Spelling {
    /// A step with these handlers.
    pub(crate) fn step(&self, handlers: &[&str]) -> Step {
        let (main, head) = self.main;
        let step = Step(tempfile::tempdir().unwrap())
            .with("step.toml", &format!("language = \"{}\"\n", self.language))
            .with("wit/world.wit", WIT)
            .with(main, &format!("{head}{}", handlers.concat()));
        self.files.iter().fold(step, |step, (path, text)| step.with(path, text))
    }

    /// The one of [`WIT`].
    pub(crate) fn whole(&self) -> Step {
        self.step(&[self.asked, self.denied])
    }
}

impl Step {
    /// With a file of this text.
    pub(crate) fn with(self, path: &str, text: &str) -> Step {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// Without a file.
    pub(crate) fn without(self, path: &str) -> Step {
        fs::remove_file(self.path().join(path)).unwrap();
        self
    }

    /// With a world in which these lines stand too.
    pub(crate) fn importing(self, lines: &str) -> Step {
        self.with("wit/world.wit", &WIT.replace("world assess {\n", &format!("world assess {{\n{lines}\n")))
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.0.path().join("assess")
    }

    pub(crate) fn built(&self) -> Built {
        self.build(&|_| {}).unwrap_or_else(|error| panic!("{error}"))
    }

    pub(crate) fn build(&self, progress: &(dyn Fn(&str) + Sync)) -> Result<Built, Error> {
        let cache = lockstep_toolchain::user_cache().expect("a home");
        toolchain(cache).build(&[self.path()], progress).map(|mut built| built.remove(0))
    }

    /// What the author is told, without where this machine keeps his folder.
    pub(crate) fn told(&self) -> String {
        let error = self.build(&|_| {}).expect_err("it is no step");
        error.to_string().replace(&format!("{}/", self.path().display()), "")
    }
}

fn toolchain(cache: PathBuf) -> Toolchain {
    Toolchain { cache, target_dir: target(), install: Install::Never }
}

/// Where compilers leave what they can use again, for all tests.
pub(crate) fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("guests")
}

/// The author is told this, and perhaps more below it.
pub(crate) fn refused(step: &Step, expected: &str) {
    let expected = format!("step `assess` could not be built:\n{expected}");
    let told = step.told();
    assert_eq!(told.lines().take(expected.lines().count()).collect::<Vec<_>>().join("\n"), expected);
}

/// It becomes a component, with the contract of its world.
pub(crate) fn becomes_a_component(language: &Spelling) {
    let built = language.whole().built();
    assert_eq!((built.name.as_str(), built.language.as_str()), ("assess", language.language));
    let contract = Contract::read(&built.component).expect("a step");
    let told: Vec<_> =
        contract.handlers.iter().map(|one| format!("{}: {} -> {}", one.name, one.takes, one.gives)).collect();
    assert_eq!(told, ["on-asked: asked -> approved | denied", "on-denied: denied -> nothing"]);
    let mut reached = contract.imports.iter().filter(|import| import.name.starts_with("lockstep:"));
    assert!(reached.all(|import| import.class.as_str() == "types"), "{:?}", contract.imports);
}

/// The same code makes the same bytes, wherever it lies.
pub(crate) fn is_the_same_wherever_it_lies(language: &Spelling, asked: &str) {
    let built = || language.step(&[asked, language.denied]).built().component;
    assert!(built() == built());
}

/// A world that is none is told by file and line.
pub(crate) fn a_broken_world_is_told(language: &Spelling) {
    let told = language.whole().with("wit/world.wit", &WIT.replace("cents: u64", "cents: money")).told();
    assert!(told.starts_with("the WIT of step `assess`: "), "{told}");
    assert!(told.contains("wit/world.wit:3:40") && told.contains("`money`"), "{told}");
    let told = language.whole().importing("  export ping: func() -> u32;").told();
    let ping = "world `assess` exports `ping`, which is no handler; call it `on-ping`";
    assert_eq!(told, format!("the WIT of step `assess`: {ping}"));
}

/// Steps in this language have handlers, and no tools.
pub(crate) fn a_tool_is_refused(language: &Spelling, title: &str) {
    let told = language.whole().importing("  export lockstep:step/tool@0.1.0;").told();
    let tool = format!(
        "world `assess` exports `lockstep:step/tool@0.1.0`; a step in {title} exports handlers alone"
    );
    assert_eq!(told, format!("the WIT of step `assess`: {tool}"));
}

/// A package with a resource, and the line that imports it.
pub(crate) const OTHER: (&str, &str) = (
    "package other:things@1.0.0;
     interface store {
       resource bucket { get: func(key: string) -> option<list<u8>>; }
       open: func(name: string) -> result<bucket, string>;
     }\n",
    "  import other:things/store@1.0.0;",
);

/// Steps in this language call the SDK, and nothing else.
pub(crate) fn a_stranger_is_refused(language: &Spelling, title: &str) {
    let (package, import) = OTHER;
    let told = language.whole().importing(import).with("wit/deps/other.wit", package).told();
    let stranger = format!(
        "world `assess` imports `other:things/store@1.0.0`, which a step in {title} cannot call; what it can call is \
         lockstep:step's log, run, state, http, tools, updates, timer and blob"
    );
    assert_eq!(told, format!("the WIT of step `assess`: {stranger}"));
}

/// A world whose names mean something in C, or are the same in it, or come from two packages.
const NAMES: &str = "package shop:refunds@1.0.0;
interface events {
  enum size { min, max }
  enum exit { failure, success }
  enum a { d, b-c }
  enum a-b { c }
  enum size-t { one, two }
  record text { %register: bool }
  record take { size: size, exit: exit, a: a, ab: a-b, t: size-t, parts: list<u8> }
  record some { pair: tuple<u8, string> }
}
world assess {
  use events.{text, take, some};
  use shop:orders/orders@1.0.0.{late, paid-late};
  use lockstep:step/types@0.1.0.{failure};
  variant emits { text(text), x-y(some), take(take), paid-late(paid-late) }
  variant emits-x { y(text), z(some) }
  variant emits-t { late(late), errno(text) }
  export on-order: func(event: text) -> result<emits, failure>;
  export on-order-paid: func(made: take) -> result<emits-t, failure>;
  export on-paid: func(outcome: some) -> result<list<emits-x>, failure>;
}
";

const ORDERS: &str = "package shop:orders@1.0.0;
interface orders {
  record late { parts: list<u8>, pair: tuple<u8, string> }
  record paid-late { parts: list<u8>, pair: tuple<u8, string> }
}
";

/// Names that mean something in C are names all the same.
pub(crate) fn may_call_things_what_it_likes(language: &Spelling, handlers: &str) {
    language.step(&[handlers]).with("wit/world.wit", NAMES).with("wit/deps/orders.wit", ORDERS).built();
}

/// A part of the SDK goes with the import that brought it.
pub(crate) fn a_part_goes_with_its_import(language: &Spelling, part: &str) {
    let step = language.whole().importing("  import lockstep:step/state@0.1.0;");
    step.built();
    let part = step.path().join("gen").join(part);
    assert!(part.exists());
    step.with("wit/world.wit", WIT).built();
    assert!(!part.exists());
}

/// Names the folder in which a test, run by itself, finds no tools.
const NO_TOOLS: &str = "LOCKSTEP_TEST_NO_TOOLS";

/// Runs this test by its name once more, in a process that finds no tools, and there builds a step.
pub(crate) fn without_tools(test: &str, language: &Spelling, expected: &str) {
    let Ok(cache) = std::env::var(NO_TOOLS) else {
        let empty = tempfile::tempdir().unwrap();
        let mut myself = Command::new(std::env::current_exe().unwrap());
        myself.args(["--exact", test]).env(NO_TOOLS, empty.path()).env("PATH", empty.path());
        let ended = myself.output().unwrap();
        let told = String::from_utf8_lossy(&ended.stdout);
        assert!(ended.status.success() && told.contains("1 passed"), "{told}");
        return;
    };
    let told = toolchain(cache.clone().into()).build(&[language.whole().path()], &|_| {});
    assert_eq!(told.expect_err("there is no compiler").to_string().replace(&cache, "CACHE"), expected);
}
