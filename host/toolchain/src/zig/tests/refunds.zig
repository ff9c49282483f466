//! One of everything.

const step = @import("step");

pub fn onAsked(event: step.Asked) !step.Emits {
    step.log.info("on-asked", .{});
    step.state.add("seen", 1);
    return .{ .approved = .{
        .order = event.order,
        .cents = event.cents,
        .size = .small,
        .marks = .{},
        .way = .card,
        .items = &.{},
        .bytes = "",
        .checked = .{ .ok = 0 },
        .letter = ' ',
        .data = "{}",
        .note = event.note,
        .totals = &.{.{ .key = "all", .value = 7 }},
    } };
}

pub fn onBoth(approved: step.Approved, emit: step.Text) !?step.Denied {
    _ = approved;
    _ = emit;
    return .{ .why = "" };
}

pub fn onAll(all: []const step.Denied) ![]const step.Ends {
    _ = all;
    return try step.allocator.dupe(step.Ends, &.{.{ .done = .{ .item = .{ .note = "" }, .pair = .{ 0, "" } } }});
}

pub fn onSome(one: step.Asked, all: []const step.Done) !?[]const step.Denied {
    _ = one;
    _ = all;
    return try step.allocator.dupe(step.Denied, &.{.{ .why = "" }});
}

pub fn onDone(event: step.Done) ![]const ?step.Approved {
    _ = event;
    return try step.allocator.dupe(?step.Approved, &.{.{
        .order = "",
        .cents = 0,
        .size = .small,
        .marks = .{},
        .way = .card,
        .items = &.{},
        .bytes = "",
        .checked = .{ .ok = 0 },
        .letter = ' ',
        .data = "{}",
        .totals = &.{},
    }});
}

pub fn onText(event: step.Text) !void {
    _ = event;
}
