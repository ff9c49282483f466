//! What is generated for a small world, word for word; and that the first file of a step is a step.

use std::fs;

use expect_test::{ExpectFile, expect_file};

use super::{files, starter};
use crate::build::{Job, build};
use crate::c::Bindings;
use crate::{Error, Install, Language, Source, Toolchain, World, embedded};

pub(crate) const WIT: &str = include_str!("tests/refunds.wit");

/// A step of a world, with nothing but its manifest and an empty file.
pub(crate) struct Step {
    folder: tempfile::TempDir,
    source: Source,
}

impl Step {
    pub(crate) fn of(language: Language, wit: &str) -> Step {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("assess");
        fs::create_dir_all(path.join("wit")).unwrap();
        fs::write(path.join("step.toml"), format!("language = \"{language}\"\n")).unwrap();
        fs::write(path.join(language.main()), "").unwrap();
        fs::write(path.join("wit/world.wit"), wit).unwrap();
        Step { source: Source::read(&path).unwrap(), folder }
    }

    pub(crate) fn world(&self) -> World {
        World::read(&self.source).unwrap_or_else(|error| panic!("{error}"))
    }

    /// A file of what a new step begins with.
    pub(crate) fn starter(&self, starter: impl FnOnce(&Job) -> Result<Vec<crate::File>, Error>) -> String {
        let (world, toolchain) = (self.world(), self.toolchain());
        let job = Job { source: &self.source, world: &world, toolchain: &toolchain, progress: &|_| {} };
        let files = starter(&job).unwrap_or_else(|error| panic!("{error}"));
        for file in &files {
            fs::write(self.source.folder.join(&file.path), &file.text).unwrap();
        }
        files.into_iter().next().expect("its code").text
    }

    /// Builds it without a word from the compiler.
    pub(crate) fn build(&self) {
        let told = std::sync::Mutex::new(Vec::new());
        let progress = |line: &str| told.lock().unwrap().push(line.to_owned());
        let built = build(&self.toolchain(), std::slice::from_ref(&self.source.folder), &progress);
        built.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(told.into_inner().unwrap(), ["building assess"]);
    }

    fn toolchain(&self) -> Toolchain {
        let target_dir = self.folder.path().join("target");
        let cache = crate::user_cache().unwrap_or_else(|| target_dir.clone());
        Toolchain { cache, target_dir, install: Install::Never }
    }
}

#[test]
fn an_author_sees_short_names_and_for_each_handler_what_it_may_emit() {
    let bindings = Bindings::of("assess", &Step::of(Language::C, WIT).world()).unwrap();
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
fn what_a_new_step_begins_with_builds_at_once() {
    let step = Step::of(Language::C, WIT);
    expect_file!["tests/step.c"].assert_eq(&step.starter(starter));
    step.build();
}

#[test]
fn all_that_a_world_may_import_is_used_once_by_a_new_step() {
    let imports = ["run", "timer", "blob", "updates", "http", "tools"];
    let imports: String =
        imports.iter().map(|name| format!("  import lockstep:step/{name}@0.1.0;\n")).collect();
    for log in ["", "  import lockstep:step/log@0.1.0;\n"] {
        let wit = WIT.replace("  import lockstep:step/log@0.1.0;\n", log);
        let step =
            Step::of(Language::C, &wit.replace("  variant emits", &format!("{imports}  variant emits")));
        step.starter(starter);
        step.build();
    }
}

/// A world that also imports what this program knows nothing of.
pub(crate) fn with_a_resource() -> String {
    let import = "world assess {\n  import other:things/store@1.0.0;";
    WIT.replace("world assess {", import)
        + "package other:things@1.0.0 {
             interface store {
               resource bucket { get: func(key: string) -> option<list<u8>>; }
               open: func(name: string) -> result<bucket, string>;
             }
           }\n"
}

#[test]
fn a_world_may_import_resources_of_others() {
    let step = Step::of(Language::C, &with_a_resource());
    step.starter(starter);
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
    let step = Step::of(Language::C, &WIT.replace("letter: char", "letter: list<u8, 4>"));
    let error = Bindings::of("assess", &step.world()).err().expect("there are none");
    assert_eq!(
        error.to_string(),
        "the WIT of step `assess`: world `assess` has no bindings for C, since it holds a list of fixed length \
         (`list<…, 4>`); let it be a `list`"
    );
}
