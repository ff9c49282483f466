//! What is generated for a world: golden files, which the SDK's own tests are run against.

use std::fs;
use std::path::{Path, PathBuf};

use expect_test::{expect, expect_file};

use super::types::Types;
use super::{events, generate, starter, world};
use crate::build::Job;
use crate::{Install, Source, Toolchain, World};

const SDK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../guest-sdk/python");

/// A step whose folder is made for the test.
pub(super) struct Step {
    root: tempfile::TempDir,
    name: &'static str,
}

impl Step {
    pub(super) fn new(wit: &str) -> Step {
        Step::named("tea-step", wit)
    }

    fn named(name: &'static str, wit: &str) -> Step {
        let step = Step { root: tempfile::tempdir().unwrap(), name };
        let folder = step.path();
        fs::create_dir_all(folder.join("wit")).unwrap();
        fs::write(folder.join("wit/world.wit"), wit).unwrap();
        fs::write(folder.join("step.py"), "").unwrap();
        fs::write(folder.join("step.toml"), "language = \"python\"\n").unwrap();
        step
    }

    pub(super) fn path(&self) -> PathBuf {
        self.root.path().join(self.name)
    }

    fn job<T>(&self, work: impl FnOnce(&Job) -> T) -> T {
        self.job_that(Install::Never, work)
    }

    pub(super) fn job_that<T>(&self, install: Install, work: impl FnOnce(&Job) -> T) -> T {
        let source = Source::read(&self.path()).unwrap();
        let world = World::read(&source).unwrap_or_else(|error| panic!("{error}"));
        let (cache, target_dir) = (self.path().join("cache"), self.path().join("target"));
        let toolchain = Toolchain { cache, target_dir, install };
        work(&Job { source: &source, world: &world, toolchain: &toolchain, progress: &|_| {} })
    }
}

/// A world whose one handler takes an event of these definitions.
pub(super) fn world_of(definitions: &str) -> String {
    format!(
        "package shop:tea; interface events {{ {definitions} }}
         world tea {{
           use events.{{a}};
           use lockstep:step/types@0.1.0.{{failure}};
           export on-a: func(event: a) -> result<_, failure>;
         }}"
    )
}

#[test]
fn a_world_becomes_dataclasses_and_a_table_of_handlers() {
    let text = fs::read_to_string(Path::new(SDK).join("tests/world/world.wit")).unwrap();
    Step::new(&text).job(|job| {
        let types = Types::of(job.world).map_err(|unsupported| unsupported.0).unwrap();
        let golden = |name: &str| expect_file![format!("{SDK}/tests/world/{name}")];
        golden("events.py").assert_eq(&events::events(&types, job.world.name()));
        golden("_world.py").assert_eq(&world::world(&types, job.world, job.source));
        for file in starter(job).unwrap() {
            if file.path.ends_with("step.py") {
                golden("step.py").assert_eq(&file.text);
            }
        }
    });
}

#[test]
fn names_are_written_as_python_reads_them_and_as_the_bindings_have_them() {
    let wit = world_of("record a { n: u8 }").replace("on-a:", "on-HTTP-call:");
    let step = Step::named("cafe\u{301} \"noir\"", &wit);
    step.job(|job| {
        let types = Types::of(job.world).map_err(|unsupported| unsupported.0).unwrap();
        let written = world::world(&types, job.world, job.source);
        assert!(written.contains("STEP = \"cafe\u{301} \\\"noir\\\"\"\n"), "{written}");
        assert!(written.contains("Handler(\"on-HTTP-call\", \"on_http_call\", ["), "{written}");
        let begun = starter(job).unwrap().remove(0).text;
        assert!(begun.contains("def on_http_call(event: A)"), "{begun}");
    });
}

#[test]
fn what_is_generated_lies_in_gen_and_is_left_alone_when_it_says_the_same() {
    let step = Step::new(&world_of("record a { n: u8 }"));
    step.job(generate).unwrap();
    let events = step.path().join("gen/events.py");
    assert!(fs::read_to_string(&events).unwrap().contains("class A:\n    n: u8\n"));
    let names = |folder: &Path| {
        let entries = folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name());
        let names = entries.filter(|name| name != "_world.py" && name != "__pycache__");
        names.collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(names(&step.path().join("gen/lockstep")), names(&Path::new(SDK).join("lockstep")));
    let before = fs::metadata(&events).unwrap().modified().unwrap();
    step.job(generate).unwrap();
    assert_eq!(fs::metadata(&events).unwrap().modified().unwrap(), before);
}

#[test]
fn what_python_cannot_do_is_refused_with_the_place_and_what_to_do() {
    let mut told = String::new();
    for (wit, manifest) in [
        (world_of("record a { b: list<map<string, u8>> }"), ""),
        (world_of("record b { c: list<u8, 4> } record a { b: option<b> }"), ""),
        (world_of("record a { n: u8 }").replace("export", "export lockstep:step/tool@0.1.0; export"), ""),
        (world_of("record a { n: u8 }"), "main = \"events.py\"\n"),
        (world_of("record a { n: u8 }"), "main = \"step.toml\"\n"),
    ] {
        let step = Step::new(&wit);
        fs::write(step.path().join("events.py"), "").unwrap();
        fs::write(step.path().join("step.toml"), format!("language = \"python\"\n{manifest}")).unwrap();
        let error = step.job(generate).expect_err(&wit).to_string();
        told += &format!("{}\n", error.replace(&format!("{}/", step.path().display()), ""));
    }
    expect![[r#"
        the WIT of step `tea-step`: `a.b` holds a map, which no step in Python can take; make it a list of tuples
        the WIT of step `tea-step`: `b.c` holds a list of fixed length, which no step in Python can take; make it a plain list
        the WIT of step `tea-step`: world `tea` exports `lockstep:step/tool@0.1.0`; a step in Python exports handlers, and nothing else
        step.toml: `main` names a module of Python, such as step.py, and none called `events` or `lockstep`; not events.py
        step.toml: `main` names a module of Python, such as step.py, and none called `events` or `lockstep`; not step.toml
    "#]].assert_eq(&told);
}
