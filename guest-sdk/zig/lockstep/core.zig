//! Memory, texts and failures.

const std = @import("std");

/// Memory for the whole attempt. Its instance is thrown away afterwards, so nothing has to be freed; and what a
/// handler returns must lie here, or be constant.
pub const allocator = std.heap.c_allocator;

/// JSON text: `std.json` reads and writes it.
pub const Json = []const u8;

/// Text by the rules of `std.fmt`.
pub fn print(comptime format: []const u8, values: anytype) []const u8 {
    return std.fmt.allocPrint(allocator, format, values) catch @panic("there is no more memory");
}

/// Bytes as text; what is no UTF-8 in them becomes U+FFFD.
pub fn text(bytes: []const u8) []const u8 {
    return print("{f}", .{std.unicode.fmtUtf8(bytes)});
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

/// A failure with all that it can say. Its texts may lie on a handler's stack; what is no UTF-8 in them becomes U+FFFD.
pub fn fail(why: Failure) Failed {
    var told = why;
    told.code = text(why.code);
    told.message = text(why.message);
    if (why.details) |details| told.details = text(details);
    last = told;
    return error.Failed;
}

/// What an error says of itself: for whoever catches the `error.Failed` of a call.
pub fn explain(err: anyerror) Failure {
    const unnamed: Failure = .{ .kind = .permanent, .code = "error", .message = @errorName(err) };
    return if (err == error.Failed) last orelse unnamed else unnamed;
}
