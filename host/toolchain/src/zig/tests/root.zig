//! Written by `lockstep build`.

const std = @import("std");
const c = @import("c");
const step = @import("step");
const handlers = @import("handlers");

pub const panic = std.debug.FullPanic(step.glue.panicked);
pub const std_options: std.Options = .{ .logFn = logged };

fn logged(
    comptime level: std.log.Level,
    comptime _: @EnumLiteral(),
    comptime format: []const u8,
    values: anytype,
) void {
    step.log.line(@field(step.log.Level, @tagName(if (level == .err) .@"error" else level)), format, values);
}

export fn exports_bindings_on_asked(event_0: *c.bindings_asked_t, ret: *c.bindings_emits_t, err: *c.lockstep_types_failure_t) bool {
    comptime step.glue.check(handlers, "onAsked", &.{step.Asked}, step.Emits, "world `assess` exports `on-asked`", "pub fn onAsked(event: step.Asked) !step.Emits");
    return step.glue.handle(handlers.onAsked, .{step.glue.in(step.Asked, event_0.*)}, ret, err);
}

export fn exports_bindings_on_both(event_0: *c.bindings_approved_t, event_1: *c.bindings_text_t, ret: *c.bindings_option_denied_t, err: *c.lockstep_types_failure_t) bool {
    comptime step.glue.check(handlers, "onBoth", &.{step.Approved, step.Text}, ?step.Denied, "world `assess` exports `on-both`", "pub fn onBoth(approved: step.Approved, emit: step.Text) !?step.Denied");
    return step.glue.handle(handlers.onBoth, .{step.glue.in(step.Approved, event_0.*), step.glue.in(step.Text, event_1.*)}, ret, err);
}

export fn exports_bindings_on_all(event_0: *c.bindings_list_denied_t, ret: *c.bindings_list_ends_t, err: *c.lockstep_types_failure_t) bool {
    comptime step.glue.check(handlers, "onAll", &.{[]const step.Denied}, []const step.Ends, "world `assess` exports `on-all`", "pub fn onAll(all: []const step.Denied) ![]const step.Ends");
    return step.glue.handle(handlers.onAll, .{step.glue.in([]const step.Denied, event_0.*)}, ret, err);
}

export fn exports_bindings_on_some(event_0: *c.bindings_asked_t, event_1: *c.bindings_list_done_t, ret: *c.bindings_option_list_denied_t, err: *c.lockstep_types_failure_t) bool {
    comptime step.glue.check(handlers, "onSome", &.{step.Asked, []const step.Done}, ?[]const step.Denied, "world `assess` exports `on-some`", "pub fn onSome(one: step.Asked, all: []const step.Done) !?[]const step.Denied");
    return step.glue.handle(handlers.onSome, .{step.glue.in(step.Asked, event_0.*), step.glue.in([]const step.Done, event_1.*)}, ret, err);
}

export fn exports_bindings_on_done(event_0: *c.bindings_done_t, ret: *c.bindings_list_option_approved_t, err: *c.lockstep_types_failure_t) bool {
    comptime step.glue.check(handlers, "onDone", &.{step.Done}, []const ?step.Approved, "world `assess` exports `on-done`", "pub fn onDone(event: step.Done) ![]const ?step.Approved");
    return step.glue.handle(handlers.onDone, .{step.glue.in(step.Done, event_0.*)}, ret, err);
}

export fn exports_bindings_on_text(event_0: *c.bindings_text_t, err: *c.lockstep_types_failure_t) bool {
    comptime step.glue.check(handlers, "onText", &.{step.Text}, void, "world `assess` exports `on-text`", "pub fn onText(event: step.Text) !void");
    return step.glue.handle(handlers.onText, .{step.glue.in(step.Text, event_0.*)}, {}, err);
}
