//! What is generated for a small world, word for word; that the first file of a step is a step; and the SDK by itself.

use std::path::Path;

use expect_test::{ExpectFile, expect_file};

use super::{files, find};
use crate::c::tests::{Step, WIT};
use crate::{Language, Use, process};

#[test]
fn an_author_sees_the_world_as_zig_has_it() {
    let bindings = Step::of(Language::Zig, WIT, "").bindings().unwrap();
    let files = files(&bindings);
    let golden = |name: &str, file: ExpectFile| {
        let (_, text) = files.iter().find(|(path, _)| path == name).expect("it is generated");
        file.assert_eq(std::str::from_utf8(text).unwrap());
    };
    golden("step.zig", expect_file!["tests/generated.zig"]);
    golden("root.zig", expect_file!["tests/root.zig"]);
    golden("c.zig", expect_file!["tests/c.zig"]);
}

#[test]
fn a_world_may_hold_whatever_has_bindings() {
    Step::of(Language::Zig, WIT, include_str!("tests/refunds.zig")).build();
}

#[test]
fn what_a_new_step_begins_with_builds_at_once() {
    let step = Step::new(Language::Zig, WIT, &Use::ALL);
    expect_file!["tests/step.zig"].assert_eq(&step.text("step.zig"));
    step.build();
}

/// As a program of this machine, with a host of its own.
#[test]
fn the_sdk_does_what_its_comments_say() {
    let imports = "import lockstep:step/log@0.1.0;\n  import lockstep:step/http@0.1.0;";
    let step = Step::of(Language::Zig, &WIT.replace("import lockstep:step/log@0.1.0;", imports), "");
    step.with_job(|job| {
        super::generate(job).unwrap_or_else(|error| panic!("{error}"));
        let generated = job.source.generated();
        let test = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../guest-sdk/zig/tests/sdk.zig");
        let module = |name: &str, path: &Path| format!("-M{name}={}", path.display());
        let zig = find(job).unwrap_or_else(|error| panic!("{error}"));
        let mut command = zig.command("test");
        command.args(["-lc", "--dep", "c", "--dep", "step", &module("root", &test)]);
        command.args(["--dep", "c", &module("step", &generated.join("step.zig"))]);
        command.arg(module("c", &generated.join("c.zig")));
        process::output(&mut command).unwrap_or_else(|error| panic!("{error}"));
    });
}
