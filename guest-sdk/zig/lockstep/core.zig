//! Memory, failures, and the end of an attempt.

const std = @import("std");
const c = @import("c");

/// Memory for the whole attempt. Its instance is thrown away afterwards, so nothing has to be freed; and what a
/// handler returns must lie here, or be constant.
pub const allocator = std.heap.c_allocator;

/// JSON text: `std.json` reads and writes it.
pub const Json = []const u8;

/// Text by the rules of `std.fmt`.
pub fn print(comptime format: []const u8, values: anytype) []const u8 {
    return std.fmt.allocPrint(allocator, format, values) catch @panic("there is no more memory");
}

pub const FailureKind = enum(u8) {
    /// Another attempt may succeed.
    transient,
    /// No attempt will help.
    permanent,
};

/// Why a handler could not handle its event.
pub const Failure = struct {
    kind: FailureKind,
    /// Short and stable, for people and rules to match: `card-declined`.
    code: []const u8,
    /// What happened, for people.
    message: []const u8,
    /// When to try again, for transient failures: milliseconds from now.
    retry_after_ms: ?u64 = null,
    details: ?Json = null,
};

/// What a handler returns that fails by `transient`, `permanent` or `fail`. Of any other error the host is told that
/// it is permanent, with the code `error` and the name of the error.
pub const Failed = error{Failed};

var last: ?Failure = null;

/// Another attempt may succeed; the step's retry policy decides how many there are.
pub fn transient(code: []const u8, comptime format: []const u8, values: anytype) Failed {
    return fail(.{ .kind = .transient, .code = code, .message = print(format, values) });
}

/// No attempt will help.
pub fn permanent(code: []const u8, comptime format: []const u8, values: anytype) Failed {
    return fail(.{ .kind = .permanent, .code = code, .message = print(format, values) });
}

/// A failure with all that it can say.
pub fn fail(why: Failure) Failed {
    last = why;
    return error.Failed;
}

/// What an error says of itself: for whoever catches the `error.Failed` of a call.
pub fn explain(err: anyerror) Failure {
    const unnamed: Failure = .{ .kind = .permanent, .code = "error", .message = @errorName(err) };
    return if (err == error.Failed) last orelse unnamed else unnamed;
}

/// A panic ends the attempt; the host knows its message from the step's log, where the world imports it.
pub fn panicked(message: []const u8, _: ?usize) noreturn {
    @branchHint(.cold);
    if (c.has_log) {
        const log = struct {
            extern fn lockstep_log_log(level: u8, message: *c.bindings_string_t) void;
        };
        var words: [1024]u8 = undefined;
        const told = std.fmt.bufPrint(&words, "panicked at step.zig:\n{s}", .{message}) catch &words;
        var text: c.bindings_string_t = .{ .ptr = told.ptr, .len = told.len };
        log.lockstep_log_log(4, &text);
    }
    @trap();
}
