//! Tools of servers and of components, as the step's grant allows: `[[tools]]` says which, with what arguments, and
//! which calls a person decides on.
//!
//!     const before = try step.tools.call("read_text_file", "{\"path\": \"faq.md\"}");
//!
//! Where the grant says `approve`, `call` does not come back until a person has decided: the attempt ends, and a later
//! one makes the same call and gets what came of it. So a step asks for the same again when it is run again.
//!
//! What goes wrong is a failure: transient where another attempt may succeed (`tool-timeout`, `tool-unavailable`),
//! permanent where not (`tool-denied`, `tool-refused`, `tool-invalid-arguments`, `tool-failed`, `tool-too-large`).

const c = @import("c");
const core = @import("core.zig");
const glue = @import("glue.zig");

const Json = core.Json;
const Text = c.bindings_string_t;

extern fn lockstep_tools_list(ret: *c.lockstep_tools_list_tool_t) void;
extern fn lockstep_tools_call(name: *Text, arguments: *Text, ret: *Text, err: *c.lockstep_tools_error_t) bool;

pub const Tool = struct {
    /// As `call` wants it.
    name: []const u8,
    /// What it does, in the words of whoever made it.
    description: []const u8,
    /// JSON Schema of its arguments, as the grant leaves them.
    input_schema: Json,
};

const Error = union(enum) {
    denied: struct { capability: []const u8, what: []const u8, why: []const u8 },
    refused: []const u8,
    invalid_arguments: []const u8,
    failed: []const u8,
    timeout,
    too_large,
    unavailable: []const u8,
};

/// The tools that the grant allows, by name. One whose server cannot be reached now is not among them.
pub fn list() []const Tool {
    var found: c.lockstep_tools_list_tool_t = undefined;
    lockstep_tools_list(&found);
    return glue.in([]const Tool, found);
}

/// Calls a tool and waits for its result. Arguments are an object.
pub fn call(name: []const u8, arguments: Json) core.Failed!Json {
    var called = glue.out(Text, name);
    var given = glue.out(Text, arguments);
    var result: Text = undefined;
    var why: c.lockstep_tools_error_t = undefined;
    if (lockstep_tools_call(&called, &given, &result, &why)) return glue.in(Json, result);
    return switch (glue.in(Error, why)) {
        .denied => |it| core.permanent("tool-denied", "the grant does not allow `{s}`: {s}", .{ it.what, it.why }),
        .refused => |reason| core.permanent("tool-refused", "{s}", .{reason}),
        .invalid_arguments => |reason| core.permanent("tool-invalid-arguments", "{s}", .{reason}),
        .failed => |reason| core.permanent("tool-failed", "{s}", .{reason}),
        .timeout => core.transient("tool-timeout", "the tool took longer than it may", .{}),
        .too_large => core.permanent("tool-too-large", "the result is too large for the grant", .{}),
        .unavailable => |reason| core.transient("tool-unavailable", "{s}", .{reason}),
    };
}
