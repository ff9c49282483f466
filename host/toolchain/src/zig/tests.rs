//! What is generated for a small world, word for word; and that the first file of a step is a step.

use expect_test::{ExpectFile, expect_file};

use super::{files, starter};
use crate::Language;
use crate::c::Bindings;
use crate::c::tests::{Step, WIT, with_a_resource};

#[test]
fn an_author_sees_the_world_as_zig_has_it() {
    let bindings = Bindings::of("assess", &Step::of(Language::Zig, WIT).world()).unwrap();
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
fn what_a_new_step_begins_with_builds_at_once() {
    let step = Step::of(Language::Zig, WIT);
    expect_file!["tests/step.zig"].assert_eq(&step.starter(starter));
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
            Step::of(Language::Zig, &wit.replace("  variant emits", &format!("{imports}  variant emits")));
        step.starter(starter);
        step.build();
    }
}

#[test]
fn a_world_may_import_resources_of_others() {
    let step = Step::of(Language::Zig, &with_a_resource());
    step.starter(starter);
    step.build();
}
