//! Does in Zig what `wit/worlds.wit` says.

const std = @import("std");
const step = @import("step");

pub fn onEcho(event: step.Echo) !step.Echoed {
    return .{ .values = event.values };
}

pub fn onChoose(event: step.Choose) !step.Emits {
    if (std.mem.eql(u8, event.way, "left")) return .{ .left = .{ .note = event.note } };
    if (std.mem.eql(u8, event.way, "right")) return .{ .right = .{ .n = 7 } };
    return step.permanent("no-way", "there is no way {s}", .{event.way});
}

pub fn onSpread(event: step.Spread) ![]const step.Emits {
    const told = try step.allocator.alloc(step.Emits, event.n);
    for (told, 0..) |*one, n| {
        one.* = if (n % 2 == 0) .{ .left = .{ .note = step.print("{d}", .{n}) } } else .{ .right = .{ .n = @intCast(n) } };
    }
    return told;
}

pub fn onPerhaps(event: step.Perhaps) !?step.Left {
    return if (event.give) .{ .note = "given" } else null;
}

pub fn onQuiet(event: step.Quiet) !void {
    step.log.info("{s}", .{event.note});
}

pub fn onFail(event: step.Fail) !void {
    return step.fail(.{
        .kind = event.kind,
        .code = event.code,
        .message = event.message,
        .retry_after_ms = event.retry_after_ms,
        .details = event.details,
    });
}

pub fn onCrash(event: step.Crash) !void {
    @panic(event.message);
}

pub fn onRemember(event: step.Remember) !step.Remembered {
    const before = step.state.get(event.key);
    step.state.set(event.key, event.value);
    step.state.add("count", event.by);
    step.state.append("list", event.value);
    step.state.delete("gone");
    return .{
        .before = before,
        .after = step.state.get(event.key),
        .keys = step.state.keys(""),
        .page = step.state.page("list", 0, 10),
    };
}

pub fn onFetch(event: step.Fetch) !step.Fetched {
    const answer = try step.http.send(.{
        .method = event.method,
        .url = event.url,
        .headers = &.{.{ .name = "x-probe", .value = event.header }},
        .body = event.body,
    });
    return .{ .status = answer.status, .header = answer.header("x-answer"), .body = answer.text() };
}

pub fn onUseTool(event: step.UseTool) !step.Used {
    const tools = step.tools.list();
    const names = try step.allocator.alloc([]const u8, tools.len);
    for (names, tools) |*name, tool| name.* = tool.name;
    return .{ .tools = names, .output = try step.tools.call(event.name, event.arguments) };
}

pub fn onShow(event: step.Show) !void {
    step.updates.publish(event.name, event.item);
    step.log.trace("{s}", .{event.line});
    step.log.debug("{s}", .{event.line});
    step.log.info("{s}", .{event.line});
    step.log.warn("{s}", .{event.line});
    step.log.err("{s}", .{event.line});
}

pub fn onKeep(event: step.Keep) !step.Kept {
    const reference = try step.blob.put(event.bytes);
    return .{ .reference = reference, .beginning = try step.blob.get(reference, 0, 4) };
}

pub fn onArm(event: step.Arm) !void {
    step.timer.set(event.name, event.after_ms);
    step.timer.cancel(event.not);
}

pub fn onAsk(event: step.Ask) !step.Known {
    const who = step.run.whoami();
    return .{
        .run = who.run,
        .workflow = who.workflow,
        .step = who.step,
        .attempt = who.attempt,
        .has_key = who.idempotency_key.len > 0,
        .session = who.session,
        .now = step.run.now(),
        .random = @intCast(step.run.random(event.random).len),
    };
}

pub fn onTimerFired(event: step.TimerFired) !step.Left {
    return .{ .note = event.name };
}
