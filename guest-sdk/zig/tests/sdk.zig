//! The SDK on the machine of its authors, with a host of its own: `lockstep build` has written `step.zig` for a world
//! that imports what is asked here.

const std = @import("std");
const c = @import("c");
const step = @import("step");

const expectEqualStrings = std.testing.expectEqualStrings;

// The host.

var logged: [64]u8 = undefined;
var logged_len: usize = 0;

export fn lockstep_log_log(_: u8, line: *c.bindings_string_t) void {
    @memcpy(logged[0..line.len], line.ptr[0..line.len]);
    logged_len = line.len;
}

// What it should do.

test "lines of the log are text whatever is in them" {
    step.log.info("{s} {d}", .{ "cups\xE2\x82", 3 });
    try expectEqualStrings("cups\u{FFFD} 3", logged[0..logged_len]);
}

test "failures are text whatever is in them, and their own" {
    var buffer = "busy".*;
    const told = step.fail(.{ .kind = .transient, .code = &buffer, .message = "a\xFF", .details = "\"\xFF\"" });
    buffer[0] = 'x';
    const why = step.explain(told);
    try expectEqualStrings("busy", why.code);
    try expectEqualStrings("a\u{FFFD}", why.message);
    try expectEqualStrings("\"\u{FFFD}\"", why.details.?);
    try expectEqualStrings("no tea\u{FFFD}", step.explain(step.permanent("empty", "no {s}", .{"tea\xFF"})).message);
}

test "a request with JSON says that it is JSON, unless its author says otherwise" {
    const request: step.http.Request = .{ .url = "https://a.example/", .headers = &.{.{ .name = "x-one", .value = "1" }} };
    const sent = step.http.json(request, "{}");
    try expectEqualStrings("{}", sent.body);
    try std.testing.expectEqual(2, sent.headers.len);
    try expectEqualStrings("1", sent.headers[0].value);
    try expectEqualStrings("content-type", sent.headers[1].name);
    try expectEqualStrings("application/json", sent.headers[1].value);
    const patch: []const step.http.Header = &.{.{ .name = "Content-Type", .value = "application/merge-patch+json" }};
    const other = step.http.json(.{ .url = "https://a.example/", .headers = patch }, "{}");
    try std.testing.expectEqualSlices(step.http.Header, patch, other.headers);
}

test "an answer is text whatever is in it" {
    const answer: step.http.Response = .{ .status = 200, .headers = &.{}, .body = "a\xFF\xE2\x82" };
    try expectEqualStrings("a\u{FFFD}\u{FFFD}", answer.text());
}

test "last words are cut between characters" {
    var words: [32]u8 = undefined;
    for (0..4) |less| {
        const told = step.glue.lastWords(words[less..], "tea: \u{1F375}\u{1F375}\u{1F375}");
        try std.testing.expect(std.unicode.utf8ValidateSlice(told) and told.len > 24 - less);
    }
    try expectEqualStrings("panicked at step.zig:\nn\u{FFFD}", step.glue.lastWords(&words, "n\xFF"));
}
