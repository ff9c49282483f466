//! Between the bindings, which are C's, and values as Zig has them; and the end of an attempt.

const std = @import("std");
const c = @import("c");
const core = @import("core.zig");

/// A value of the bindings as one of Zig's. Texts and bytes stay where they are.
pub fn in(comptime T: type, value: anytype) T {
    switch (@typeInfo(T)) {
        .bool, .float => return value,
        .int => return @intCast(value),
        .@"enum" => return @enumFromInt(value),
        .optional => |it| return if (value.is_some) in(it.child, value.val) else null,
        .pointer => |it| return slice(it.child, value),
        .@"struct" => |it| return if (it.layout == .@"packed") @bitCast(value) else record(T, value),
        .@"union" => return variant(T, value),
        else => @compileError("no event holds a " ++ @typeName(T)),
    }
}

fn slice(comptime T: type, value: anytype) []const T {
    if (value.len == 0) return &.{};
    const there = value.ptr[0..value.len];
    if (@TypeOf(there[0]) == T) return there;
    const made = make(T, value.len);
    for (made, there) |*to, from| to.* = in(T, from);
    return made;
}

fn record(comptime T: type, value: anytype) T {
    var made: T = undefined;
    const names = @typeInfo(T).@"struct".field_names;
    inline for (names, @typeInfo(@TypeOf(value)).@"struct".field_names) |to, from| {
        @field(made, to) = in(@TypeOf(@field(made, to)), @field(value, from));
    }
    return made;
}

fn variant(comptime T: type, value: anytype) T {
    const it = @typeInfo(T).@"union";
    const tag = if (@hasField(@TypeOf(value), "tag")) value.tag else @intFromBool(value.is_err);
    inline for (it.field_names, it.field_types, 0..) |name, Part, n| {
        if (tag == n) return @unionInit(T, name, if (Part == void) {} else in(Part, @field(value.val, name)));
    }
    unreachable;
}

/// A value of Zig's as one of the bindings. Lists of anything but plain numbers are made anew.
pub fn out(comptime T: type, value: anytype) T {
    switch (@typeInfo(@TypeOf(value))) {
        .bool, .int, .float => return value,
        .@"enum" => return @intFromEnum(value),
        .optional => return if (value) |there|
            .{ .is_some = true, .val = out(@FieldType(T, "val"), there) }
        else
            std.mem.zeroes(T),
        .pointer => return outSlice(T, value),
        .@"struct" => |it| return if (it.layout == .@"packed") @bitCast(value) else outRecord(T, value),
        .@"union" => return outVariant(T, value),
        else => @compileError("no event holds a " ++ @typeName(@TypeOf(value))),
    }
}

/// An empty slice may point anywhere; to the host it must point into memory.
fn outSlice(comptime T: type, value: anytype) T {
    if (value.len == 0) return .{ .ptr = null, .len = 0 };
    const Element = @typeInfo(@FieldType(T, "ptr")).pointer.child;
    if (@TypeOf(value[0]) == Element) return .{ .ptr = value.ptr, .len = value.len };
    const made = make(Element, value.len);
    for (made, value) |*to, from| to.* = out(Element, from);
    return .{ .ptr = made.ptr, .len = made.len };
}

fn outRecord(comptime T: type, value: anytype) T {
    var made: T = undefined;
    const names = @typeInfo(T).@"struct".field_names;
    inline for (names, @typeInfo(@TypeOf(value)).@"struct".field_names) |to, from| {
        @field(made, to) = out(@FieldType(T, to), @field(value, from));
    }
    return made;
}

fn outVariant(comptime T: type, value: anytype) T {
    var made: T = std.mem.zeroes(T);
    switch (value) {
        inline else => |part, case| {
            if (@hasField(T, "tag")) made.tag = @intFromEnum(case) else made.is_err = @intFromEnum(case) == 1;
            if (@TypeOf(part) != void) {
                @field(made.val, @tagName(case)) = out(@FieldType(@FieldType(T, "val"), @tagName(case)), part);
            }
        },
    }
    return made;
}

fn make(comptime T: type, count: usize) []T {
    return core.allocator.alloc(T, count) catch @panic("there is no more memory");
}

/// Calls a handler with what came in, and hands over what comes of it: whether it succeeded.
pub fn handle(comptime handler: anytype, events: anytype, ret: anytype, err: *c.lockstep_types_failure_t) bool {
    const given = @call(.auto, handler, events);
    const value = (if (@typeInfo(@TypeOf(given)) == .error_union) given else @as(anyerror!@TypeOf(given), given)) catch |why| {
        err.* = out(c.lockstep_types_failure_t, core.explain(why));
        return false;
    };
    if (@TypeOf(ret) != void) ret.* = out(@TypeOf(ret.*), value);
    return true;
}

/// Whether the step has a handler, and it takes and returns what the world says.
pub fn check(
    comptime step: type,
    comptime name: []const u8,
    comptime events: []const type,
    comptime Given: type,
    comptime world: []const u8,
    comptime wanted: []const u8,
) void {
    if (!@hasDecl(step, name)) @compileError(world ++ ", and there is no `" ++ wanted ++ "`; write it");
    const other = world ++ " as `" ++ wanted ++ "`, and `" ++ name ++ "` ";
    const it = @typeInfo(@TypeOf(@field(step, name)));
    if (it != .@"fn") @compileError(other ++ "is no function");
    if (it.@"fn".param_types.len != events.len) @compileError(other ++ "takes another number of events");
    for (it.@"fn".param_types, events) |param, event| {
        if (param != event) @compileError(other ++ "takes `" ++ (if (param) |known| @typeName(known) else "anytype") ++ "`");
    }
    const Returned = it.@"fn".return_type orelse return;
    const Value = switch (@typeInfo(Returned)) {
        .error_union => |both| both.payload,
        else => Returned,
    };
    if (Value != Given and Value != noreturn) @compileError(other ++ "returns `" ++ @typeName(Value) ++ "`");
}

/// A panic ends the attempt; the host knows its message from the step's log, where the world imports it.
pub fn panicked(message: []const u8, _: ?usize) noreturn {
    @branchHint(.cold);
    if (c.has_log) {
        const log = struct {
            extern fn lockstep_log_log(level: u8, message: *c.bindings_string_t) void;
        };
        var words: [1024]u8 = undefined;
        const told = lastWords(&words, message);
        var line: c.bindings_string_t = .{ .ptr = told.ptr, .len = told.len };
        log.lockstep_log_log(4, &line);
    }
    @trap();
}

/// There may be no more memory, so it is cut to what there is; but not within a character, which the host would not take.
pub fn lastWords(words: []u8, message: []const u8) []const u8 {
    var writer: std.Io.Writer = .fixed(words);
    writer.print("panicked at step.zig:\n{f}", .{std.unicode.fmtUtf8(message)}) catch {
        writer.end -= 1;
        while (words[writer.end] & 0xC0 == 0x80) writer.end -= 1;
    };
    return writer.buffered();
}
