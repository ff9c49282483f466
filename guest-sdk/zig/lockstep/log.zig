//! Lines for whoever watches the step, by the rules of `std.fmt`; bounded by the step's `log-bytes`. What is no UTF-8 in
//! them becomes U+FFFD.

const c = @import("c");
const core = @import("core.zig");
const glue = @import("glue.zig");

extern fn lockstep_log_log(level: u8, message: *c.bindings_string_t) void;

pub const Level = enum(u8) { trace, debug, info, warn, @"error" };

pub fn line(level: Level, comptime format: []const u8, values: anytype) void {
    const printed = core.print(format, values);
    defer core.allocator.free(printed);
    const told = core.text(printed);
    defer core.allocator.free(told);
    var text = glue.out(c.bindings_string_t, told);
    lockstep_log_log(@intFromEnum(level), &text);
}

pub fn trace(comptime format: []const u8, values: anytype) void {
    line(.trace, format, values);
}

pub fn debug(comptime format: []const u8, values: anytype) void {
    line(.debug, format, values);
}

pub fn info(comptime format: []const u8, values: anytype) void {
    line(.info, format, values);
}

pub fn warn(comptime format: []const u8, values: anytype) void {
    line(.warn, format, values);
}

pub fn err(comptime format: []const u8, values: anytype) void {
    line(.@"error", format, values);
}
