//! Takes `asked`, `timer-fired`.

const step = @import("step");

pub fn onAsked(event: step.Asked) !step.Emits {
    step.log.info("on-asked", .{});
    const me = step.run.whoami();
    step.log.info("attempt {d}", .{me.attempt});
    step.timer.set("remind", 60_000);
    const reference = try step.blob.put("some bytes");
    step.log.info("kept as {s}", .{reference});
    step.state.add("seen", 1);
    step.updates.publish("progress", "{\"done\": 1}");
    const page = try (try step.http.get("https://api.example.com/")).successful();
    step.log.info("{d} bytes came back", .{page.body.len});
    const said = try step.tools.call("read_text_file", "{\"path\": \"notes.txt\"}");
    step.log.info("the tool said {s}", .{said});
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
        .totals = &.{},
    } };
}

pub fn onTimerFired(event: step.TimerFired) !void {
    _ = event;
}
