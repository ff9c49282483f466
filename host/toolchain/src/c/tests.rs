//! What is generated for a small world, word for word; and that the first file of a step is a step.

use std::fs;

use expect_test::{ExpectFile, expect_file};
use tempfile::TempDir;

use super::files;
use crate::build::{Job, build};
use crate::c::Bindings;
use crate::{Error, Home, Install, Language, NewStep, Source, Toolchain, Use, World, embedded};

pub(crate) const WIT: &str = include_str!("tests/refunds.wit");

/// A step of a workflow.
pub(crate) struct Step {
    folder: TempDir,
    source: Source,
}

impl Step {
    /// One of a world of its own, with this code.
    pub(crate) fn of(language: Language, wit: &str, code: &str) -> Step {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("assess");
        fs::create_dir_all(path.join("wit")).unwrap();
        fs::write(path.join("step.toml"), format!("language = \"{language}\"\n")).unwrap();
        fs::write(path.join(language.main()), code).unwrap();
        fs::write(path.join("wit/world.wit"), wit).unwrap();
        Step { source: Source::read(&path).unwrap(), folder }
    }

    /// The one that `lockstep new` makes among others of this WIT.
    pub(crate) fn new(language: Language, wit: &str, uses: &[Use]) -> Step {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().to_owned();
        fs::create_dir_all(root.join("wit")).unwrap();
        fs::write(root.join("wit/refunds.wit"), wit).unwrap();
        let new = NewStep {
            name: "decide".into(),
            language,
            on: "asked".into(),
            emits: vec!["approved".into(), "text".into()],
            uses: uses.to_vec(),
        };
        let (cache, target_dir) = (root.join("cache"), root.join("target"));
        let toolchain = Toolchain { cache, target_dir, install: Install::Never };
        let made = toolchain.new_step(&new, &Home::Workflow { folder: root, name: "shop".into() }, &|_| {});
        let made = made.unwrap_or_else(|error| panic!("{error}"));
        Step { source: Source::read(&made.folder).unwrap(), folder }
    }

    pub(crate) fn world(&self) -> World {
        World::read(&self.source).unwrap_or_else(|error| panic!("{error}"))
    }

    pub(crate) fn bindings(&self) -> Result<Bindings, Error> {
        Bindings::of(&self.source, &self.world())
    }

    /// A file of it.
    pub(crate) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.source.folder.join(name)).unwrap()
    }

    /// Builds it without a word from the compiler.
    pub(crate) fn build(&self) {
        let told = std::sync::Mutex::new(Vec::new());
        let progress = |line: &str| told.lock().unwrap().push(line.to_owned());
        let built = build(&self.toolchain(), std::slice::from_ref(&self.source.folder), &progress);
        built.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(told.into_inner().unwrap(), [format!("building {}", self.source.name)]);
    }

    /// What a builder is handed.
    pub(crate) fn with_job<T>(&self, work: impl FnOnce(&Job) -> T) -> T {
        let (world, toolchain) = (self.world(), self.toolchain());
        work(&Job { source: &self.source, world: &world, toolchain: &toolchain, progress: &|_| {} })
    }

    fn toolchain(&self) -> Toolchain {
        let target_dir = self.folder.path().join("target");
        let cache = crate::user_cache().unwrap_or_else(|| target_dir.clone());
        Toolchain { cache, target_dir, install: Install::Never }
    }
}

#[test]
fn an_author_sees_short_names_and_for_each_handler_what_it_may_emit() {
    let bindings = Step::of(Language::C, WIT, "").bindings().unwrap();
    let files = files(&bindings);
    let golden = |name: &str, file: ExpectFile| {
        let (_, text) = files.iter().find(|(path, _)| path == name).expect("it is generated");
        file.assert_eq(std::str::from_utf8(text).unwrap());
    };
    golden("step.h", expect_file!["tests/step.h"]);
    golden("handlers.c", expect_file!["tests/handlers.c"]);
    let parts: Vec<_> = files.iter().filter_map(|(path, _)| path.strip_prefix("lockstep/")).collect();
    assert_eq!(
        parts,
        ["core.h", "core.c", "memory.c", "json.h", "json.c", "bytes.h", "log.h", "log.c", "state.h"]
    );
}

#[test]
fn a_world_may_hold_whatever_has_bindings() {
    Step::of(Language::C, WIT, include_str!("tests/refunds.c")).build();
}

#[test]
fn what_a_new_step_begins_with_builds_at_once() {
    let step = Step::new(Language::C, WIT, &Use::ALL);
    expect_file!["tests/step.c"].assert_eq(&step.text("step.c"));
    step.build();
}

/// Every name that a header of the SDK declares, so that no event gets it.
#[test]
fn names_of_the_sdk_are_none_of_an_event() {
    let headers = embedded::C.iter().filter(|(path, _)| path.ends_with(".h"));
    let lines = headers.flat_map(|(_, text)| text.lines()).filter(|line| !line.starts_with([' ', '/', '*']));
    let names: Vec<&str> = lines.filter_map(declared).filter(|name| !name.starts_with("lockstep_")).collect();
    assert!(names.len() > 50, "{names:?}");
    for name in names {
        assert!(super::names::taken().any(|known| known == name), "`{name}` is not reserved");
    }
}

#[test]
fn macros_of_the_sdk_are_none_of_what_is_emitted() {
    let headers = embedded::C.iter().filter(|(path, _)| path.ends_with(".h"));
    let lines = headers.flat_map(|(_, text)| text.lines());
    let macros = lines.filter_map(|line| Some(line.strip_prefix("#define ")?.split_once('(')?.0));
    let macros: Vec<&str> = macros.filter(|name| name.chars().all(|c| c.is_ascii_lowercase())).collect();
    assert!(macros.contains(&"text") && macros.contains(&"abort"), "{macros:?}");
    for name in macros {
        assert_eq!(super::names::member(name), format!("{name}_"));
    }
}

/// The name that a line of a header declares.
fn declared(line: &str) -> Option<&str> {
    let name = match line.strip_prefix("#define ") {
        Some(macro_) => macro_.split(['(', ' ']).next()?,
        None if line.ends_with(';') && !line.contains('(') => {
            line.trim_end_matches(';').split(' ').next_back()?
        }
        None => line.split_once('(')?.0.split([' ', '*']).next_back()?,
    };
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    (is_name && !name.starts_with("__") && !name.starts_with("LOCKSTEP_")).then_some(name)
}

#[test]
fn what_has_no_bindings_is_told_in_the_words_of_the_wit() {
    let wit = WIT.replace("letter: char", "letter: list<u8, 4>");
    for (language, title) in [(Language::C, "C"), (Language::Zig, "Zig")] {
        let error = Step::of(language, &wit, "").bindings().err().expect("there are none");
        let expected = format!(
            "the WIT of step `assess`: world `assess` has no bindings for {title}, since it holds a list of fixed \
             length (`list<…, 4>`); let it be a `list`"
        );
        assert_eq!(error.to_string(), expected);
    }
}
