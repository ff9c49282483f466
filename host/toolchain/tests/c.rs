//! Steps in C, built as their authors build them, by whatever of this machine can. Where nothing can, they say how to
//! get it.

mod step;

use std::path::Path;
use std::process::Command;
use std::sync::Mutex;

use lockstep_core::contract::Contract;
use lockstep_toolchain::{Install, Source, Toolchain};

use step::{OTHER, Spelling, Step, refused, target};

const C: Spelling = Spelling {
    language: "c",
    main: ("step.c", "#include \"step.h\"\n"),
    files: &[],
    asked: "
outcome on_asked(asked *event, on_asked_emit emit) {
  return emit.approved((approved){.order = event->order});
}
",
    denied: "
outcome on_denied(denied *event, on_denied_emit emit) {
  return emit.done();
}
",
};

/// A step with something else in the place of what stands in the first handler.
fn other(from: &str, to: &str) -> Step {
    C.step(&[&C.asked.replace(from, to), C.denied])
}

#[test]
fn a_step_becomes_a_component_that_imports_what_its_world_does() {
    step::becomes_a_component(&C);
    let imports = Contract::read(&C.whole().built().component).expect("a step").imports;
    assert!(imports.iter().all(|import| import.class.as_str() == "types"), "{imports:?}");
}

#[test]
fn the_same_code_makes_the_same_bytes_wherever_it_lies() {
    let asked = C.asked.replace("return", "if (event->cents == 0) panic(\"%s\", \"free\");\n  return");
    step::is_the_same_wherever_it_lies(&C, &asked);
}

#[test]
fn all_files_beside_the_first_are_compiled() {
    let asked = C.asked.replace("event->order", "money()");
    C.step(&["#include \"money.h\"\n", &asked, C.denied])
        .with("money.h", "#include \"step.h\"\ntext money(void);\n")
        .with("money.c", "#include \"money.h\"\ntext money(void) { return text(\"10\"); }\n")
        .built();
}

#[test]
fn a_step_may_be_in_cxx() {
    let code = "#include \"step.h\"\n#include <ranges>\n#include <string>
outcome on_asked(asked *event, on_asked_emit emit) {
  std::string why = \"too \" + std::to_string(event->cents);
  for (char digit : why | std::views::take(3)) take<text>(2)[1].len = digit;
  return emit.denied({.why = text(why.c_str())});
}
";
    C.step(&[])
        .without("step.c")
        .with("step.toml", "language = \"c\"\nmain = \"step.cpp\"\n")
        .with("step.cpp", &[code, C.denied].concat())
        .built();
}

#[test]
fn names_that_mean_something_in_c_are_names_all_the_same() {
    let code = "
#include <errno.h>
#include <stdint.h>
_Static_assert(SIZE_MAX > SIZE_MAX_ && EXIT_FAILURE == 1 && A_B_C == 1 && A_B_C_ == 0, \"each its own\");

outcome on_order(text_ *event, on_order_emit emit) {
  if (!event->register_) return emit.text_((text_){true});
  if (errno) return emit.x_y((some_){.pair = {1, text(\"one\")}});
  if (errno == 1) return emit.paid_late((paid_late){.parts = {NULL, 0}});
  return emit.take_((take_){.size = SIZE_MAX_, .exit = EXIT_FAILURE_, .a = A_B_C, .ab = A_B_C_, .t = SIZE_T_TWO});
}

outcome on_order_paid(take_ *made, on_order_paid_emit emit) {
  if (made->size == SIZE_MIN) return emit.errno_((text_){true});
  return emit.late((late){.parts = made->parts});
}

outcome on_paid(some_ *outcome_, on_paid_emit emit) {
  emit.y((text_){true});
  emit.z(*outcome_);
  return emit.done();
}
";
    step::may_call_things_what_it_likes(&C, code);
}

#[test]
fn code_that_does_not_compile_is_told_by_file_and_line() {
    let told = other("event->order", "event->cents").told();
    assert!(told.contains("\nstep.c:4:44: error: incompatible integer to pointer conversion"), "{told}");
}

#[test]
fn an_event_that_the_world_does_not_declare_does_not_compile() {
    refused(
        &other("emit.approved", "emit.sent"),
        "step.c:4:15: error: no member named 'sent' in 'struct on_asked_emit'",
    );
    let told = other("(approved){.order = event->order}", "(denied){0}").told();
    assert!(told.contains("\nstep.c:4:24: error: passing '"), "{told}");
}

#[test]
fn an_event_that_is_emitted_and_not_returned_does_not_compile() {
    refused(
        &other("return", "if (!event->cents) emit.denied((denied){0});\n  return"),
        "step.c:4:22: error: ignoring return value of type 'outcome' declared with 'warn_unused_result' attribute \
         [-Werror,-Wunused-value]",
    );
}

#[test]
fn a_handler_that_is_missing_is_told_as_its_author_writes_it() {
    refused(
        &other("on_asked(", "on_ask("),
        "step.c: world `assess` exports `on-asked`, and there is no `outcome on_asked(asked *event, on_asked_emit \
         emit)`; `on_ask` is none of its handlers; write it",
    );
    let hidden = C.denied.replace("outcome", "static outcome");
    let told = C.step(&[C.asked, &hidden]).told();
    assert!(told.contains("step.c:7:16: error: static declaration of"), "{told}");
}

#[test]
fn what_the_world_does_not_import_is_told_with_the_line_to_add() {
    let told = other("return", "state_add(text(\"seen\"), 1);\n  return").told();
    assert!(told.contains("\nstep.c:4:3: error: use of undeclared identifier 'state_add'"), "{told}");
    assert!(
        told.ends_with(
            "\nworld `assess` does not import `lockstep:step/state`; add `import lockstep:step/state@0.1.0;` to it"
        ),
        "{told}"
    );
    let told = other("return", "run_count += state_next;\n  return").told();
    assert!(told.contains("'run_count'") && !told.contains("import"), "{told}");
}

#[test]
fn a_function_that_is_nowhere_is_told_by_the_file_that_calls_it() {
    let asked = C.asked.replace("return", "elsewhere();\n  return");
    let step = C.step(&["void elsewhere(void);\n", &asked, C.denied]);
    refused(&step, "wasm-ld: error: step.c: undefined symbol: elsewhere");
}

#[test]
fn a_function_that_two_files_see_differently_is_told_before_it_traps() {
    let asked = C.asked.replace("return", "helper(1);\n  return");
    let step = C.step(&["void helper(int);\n", &asked, C.denied]);
    refused(
        &step.with("helper.c", "int helper(void) { return 1; }\n"),
        "wasm-ld: warning: function signature mismatch: helper\n>>> defined as (i32) -> void in step.c\n\
         >>> defined as () -> i32 in helper.c",
    );
}

#[test]
fn warnings_about_the_authors_code_are_told_and_none_about_what_is_generated() {
    let told = Mutex::new(Vec::new());
    let step = C.step(&[C.asked, C.denied, "static int unused;\n"]);
    step.build(&|line| told.lock().unwrap().push(line.to_owned())).unwrap();
    let told = told.into_inner().unwrap().join("\n").replace(&format!("{}/", step.path().display()), "");
    let first = "building assess\nstep.c:10:12: warning: unused variable 'unused' [-Wunused-variable]\n";
    assert!(told.starts_with(first) && !told.contains("gen/"), "{told}");
}

#[test]
fn a_world_that_is_none_is_told() {
    step::a_broken_world_is_told(&C);
    step::a_tool_is_refused(&C, "C");
}

#[test]
fn a_world_may_import_resources_of_others() {
    let (package, import) = OTHER;
    C.whole().importing(import).with("wit/deps/other.wit", package).built();
}

#[test]
fn a_part_of_the_sdk_goes_with_the_import_that_brought_it() {
    step::a_part_goes_with_its_import(&C, "lockstep/state.h");
}

/// The SDK as a program of this machine, with a host of its own.
#[test]
fn the_sdk_does_what_its_headers_say() {
    let imports =
        ["log", "http", "tools", "blob"].map(|name| format!("import lockstep:step/{name}@0.1.0;\n"));
    let step = C.step(&[]).importing(&imports.concat());
    let toolchain = Toolchain { cache: target(), target_dir: target(), install: Install::Never };
    toolchain
        .generate(&Source::read(&step.path()).unwrap(), &|_| {})
        .unwrap_or_else(|error| panic!("{error}"));
    let (generated, program) = (step.path().join("gen"), step.path().join("sdk"));
    let test = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../guest-sdk/c/tests/sdk.c");
    let sources = generated.join("lockstep").read_dir().unwrap().flatten().map(|entry| entry.path());
    let sources = sources.filter(|path| path.extension().is_some_and(|kind| kind == "c"));
    let mut compile = Command::new("cc");
    compile
        .args(["-w", "-Dcalloc=counted_calloc", "-Dfree=counted_free", "-I"])
        .arg(&generated)
        .arg("-o")
        .arg(&program)
        .arg(test)
        .args(sources);
    let compiled = compile.output().expect("a linker's driver, which Rust needs too");
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    let ended = Command::new(&program).output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stdout));
}

#[test]
fn without_a_compiler_both_ways_to_get_one_are_told() {
    step::without_tools(
        "without_a_compiler_both_ways_to_get_one_are_told",
        &C,
        "step `assess` is written in C, and a clang for wasm32-wasi with wasm-ld and wasi-libc, or zig 0.17 is \
         missing; `lockstep build --install` fetches zig (101 MB) into CACHE; or install a clang for wasm32-wasi with \
         wasm-ld and wasi-libc",
    );
}
