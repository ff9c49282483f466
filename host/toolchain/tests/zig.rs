//! Steps in Zig, built as their authors build them. On a machine without Zig they say how to get it.

mod step;

use step::{Spelling, Step, refused};

const ZIG: Spelling = Spelling {
    language: "zig",
    main: ("step.zig", "const step = @import(\"step\");\n"),
    files: &[],
    asked: "
pub fn onAsked(event: step.Asked) !step.Emits {
    return .{ .approved = .{ .order = event.order } };
}
",
    denied: "
pub fn onDenied(_: step.Denied) !void {}
",
};

/// A step with something else in the place of what stands in the first handler.
fn other(from: &str, to: &str) -> Step {
    ZIG.step(&[&ZIG.asked.replace(from, to), ZIG.denied])
}

#[test]
fn a_step_becomes_a_component_that_imports_what_its_world_does() {
    step::becomes_a_component(&ZIG);
}

#[test]
fn the_same_code_makes_the_same_bytes_wherever_it_lies() {
    step::is_the_same_wherever_it_lies(&ZIG, ZIG.asked);
}

#[test]
fn a_step_may_have_files_of_its_own() {
    let money = "const step = @import(\"step\");\n\npub fn double(it: []const u8) []const u8 {\n    \
                 return step.print(\"{s}{s}\", .{ it, it });\n}\n";
    other("event.order", "@import(\"money.zig\").double(event.order)").with("money.zig", money).built();
}

#[test]
fn names_that_mean_something_in_c_are_names_all_the_same() {
    let code = "
pub fn onOrder(event: step.Text) !step.Emits {
    if (event.register) return .{ .x_y = .{ .pair = .{ 1, \"one\" } } };
    return .{ .take = .{ .size = .max, .exit = .failure, .a = .b_c, .ab = .c, .t = .two, .parts = \"\" } };
}

pub fn onOrderPaid(made: step.Take) !step.EmitsT {
    if (made.size == .min) return .{ .errno = .{ .register = true } };
    return .{ .late = .{ .parts = made.parts, .pair = .{ 1, \"one\" } } };
}

pub fn onPaid(outcome: step.Some) ![]const step.EmitsX {
    return try step.allocator.dupe(step.EmitsX, &.{.{ .z = outcome }});
}
";
    step::may_call_things_what_it_likes(&ZIG, code);
}

#[test]
fn code_that_does_not_compile_is_told_by_file_and_line() {
    refused(
        &other("event.order", "event.cents"),
        "step.zig:4:44: error: expected type '[]const u8', found 'u64'",
    );
}

#[test]
fn an_event_that_the_world_does_not_declare_does_not_compile() {
    refused(
        &other(".approved", ".sent"),
        "step.zig:4:16: error: no field named 'sent' in union 'step.Emits'",
    );
}

#[test]
fn a_handler_that_is_missing_or_another_is_told_as_its_author_writes_it() {
    refused(
        &ZIG.step(&[ZIG.asked]),
        "step.zig: world `assess` exports `on-denied`, and there is no `pub fn onDenied(event: step.Denied) !void`; \
         write it",
    );
    refused(
        &other("step.Asked", "step.Approved"),
        "step.zig: world `assess` exports `on-asked` as `pub fn onAsked(event: step.Asked) !step.Emits`, and `onAsked` \
         takes `step.Approved`",
    );
    let denied = ZIG.denied.replace("!void {}", "!u8 {\n    return 1;\n}");
    refused(
        &ZIG.step(&[ZIG.asked, &denied]),
        "step.zig: world `assess` exports `on-denied` as `pub fn onDenied(event: step.Denied) !void`, and `onDenied` \
         returns `u8`",
    );
}

#[test]
fn what_the_world_does_not_import_is_told_with_the_line_to_add() {
    let told = other("return", "step.state.add(\"seen\", 1);\n    return").told();
    assert!(told.contains("\nstep.zig:4:10: error: "), "{told}");
    assert!(
        told.ends_with(
            "\nworld `assess` does not import `lockstep:step/state`; add `import lockstep:step/state@0.1.0;` to it"
        ),
        "{told}"
    );
    let told = other("return", "step.state_next.add(1);\n    return").told();
    assert!(told.contains("'state_next'") && !told.contains("import"), "{told}");
}

#[test]
fn a_world_that_is_none_is_told() {
    step::a_broken_world_is_told(&ZIG);
    step::a_tool_is_refused(&ZIG, "Zig");
    step::a_stranger_is_refused(&ZIG, "Zig");
}

#[test]
fn a_part_of_the_sdk_goes_with_the_import_that_brought_it() {
    step::a_part_goes_with_its_import(&ZIG, "lockstep/state.zig");
}

#[test]
fn without_a_compiler_the_way_to_get_one_is_told() {
    step::without_tools(
        "without_a_compiler_the_way_to_get_one_is_told",
        &ZIG,
        "step `assess` is written in Zig, and zig 0.17 is missing; `lockstep build --install` fetches it (101 MB) into \
         CACHE",
    );
}
