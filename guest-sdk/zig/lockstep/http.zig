//! Requests to other servers, as the step's grant allows: `[[http]]` says to which hosts, with which methods and paths.
//!
//!     const rate = try step.http.get("https://rates.example.com/eur");
//!     const request: step.http.Request = .{ .method = "POST", .url = "https://api.example.com/v1/refunds", .key = order };
//!     const answer = try step.http.send(step.http.json(request, body));
//!     const refunded = (try answer.successful()).body;
//!
//! What goes wrong is a failure: transient where another attempt may succeed (`http-timeout`, `http-connect`,
//! `http-tls`, `http-protocol`), permanent where not (`http-denied`, `http-refused`, `http-too-large`,
//! `http-invalid-request`). Secrets are the host's: name one in the grant, and leave the header out.

const std = @import("std");
const c = @import("c");
const core = @import("core.zig");
const glue = @import("glue.zig");

const Failed = core.Failed;

extern fn lockstep_http_fetch(
    request: *c.lockstep_http_request_t,
    ret: *c.lockstep_http_response_t,
    err: *c.lockstep_http_error_t,
) bool;

pub const Header = struct { name: []const u8, value: []const u8 };

pub const Request = struct {
    method: []const u8 = "GET",
    url: []const u8,
    headers: []const Header = &.{},
    body: []const u8 = "",
    /// How long the call may take; the grant's rule may allow less.
    timeout_ms: ?u64 = null,
    /// What makes it the same call again wherever it has the same key.
    key: ?[]const u8 = null,
};

pub const Response = struct {
    status: u16,
    headers: []const Header,
    body: []const u8,

    /// The first header of a name, whatever its case.
    pub fn header(answer: Response, name: []const u8) ?[]const u8 {
        return headerOf(answer.headers, name);
    }

    /// The body as text; what is no UTF-8 in it becomes U+FFFD.
    pub fn text(answer: Response) []const u8 {
        return core.text(answer.body);
    }

    /// The answer if its status is in the 200s; else the failure `http-status`, transient where the server may do
    /// better later: at 408, 425, 429 and from 500 on.
    pub fn successful(answer: Response) Failed!Response {
        const message = "the server answered with {d}";
        return switch (answer.status) {
            200...299 => answer,
            408, 425, 429, 500...65535 => core.transient("http-status", message, .{answer.status}),
            else => core.permanent("http-status", message, .{answer.status}),
        };
    }
};

const Error = union(enum) {
    denied: struct { capability: []const u8, what: []const u8, why: []const u8 },
    refused: []const u8,
    timeout,
    too_large,
    connect: []const u8,
    tls: []const u8,
    protocol: []const u8,
    invalid_request: []const u8,
};

/// Asks for what is there.
pub fn get(url: []const u8) Failed!Response {
    return send(.{ .url = url });
}

/// The request with this JSON as its body, and the header that says so, unless it has a content-type.
pub fn json(request: Request, body: core.Json) Request {
    var made = request;
    made.body = body;
    if (headerOf(request.headers, "content-type") == null) {
        const own: Header = .{ .name = "content-type", .value = "application/json" };
        made.headers = std.mem.concat(core.allocator, Header, &.{ request.headers, &.{own} }) catch
            @panic("there is no more memory");
    }
    return made;
}

fn headerOf(headers: []const Header, name: []const u8) ?[]const u8 {
    for (headers) |own| {
        if (std.ascii.eqlIgnoreCase(own.name, name)) return own.value;
    }
    return null;
}

/// Sends a request and waits for the whole answer.
pub fn send(request: Request) Failed!Response {
    var asked = glue.out(c.lockstep_http_request_t, request);
    var answer: c.lockstep_http_response_t = undefined;
    var why: c.lockstep_http_error_t = undefined;
    if (lockstep_http_fetch(&asked, &answer, &why)) return glue.in(Response, answer);
    return switch (glue.in(Error, why)) {
        .denied => |it| core.permanent("http-denied", "the grant does not allow `{s}`: {s}", .{ it.what, it.why }),
        .refused => |reason| core.permanent("http-refused", "{s}", .{reason}),
        .timeout => core.transient("http-timeout", "the server did not answer in time", .{}),
        .too_large => core.permanent("http-too-large", "the answer is too large for the grant", .{}),
        .connect => |reason| core.transient("http-connect", "no connection: {s}", .{reason}),
        .tls => |reason| core.transient("http-tls", "no secure connection: {s}", .{reason}),
        .protocol => |reason| core.transient("http-protocol", "no proper answer: {s}", .{reason}),
        .invalid_request => |reason| core.permanent("http-invalid-request", "{s}", .{reason}),
    };
}
