//! Items for whoever watches the run: tokens, progress. Needs `[updates]` in the step's grant.

const c = @import("c");
const core = @import("core.zig");
const glue = @import("glue.zig");

extern fn lockstep_updates_publish(name: *c.bindings_string_t, item: *c.bindings_string_t) void;

/// Shows an item: at once as provisional, for good when the attempt has succeeded. What a failed attempt has
/// published is taken back. A name is 1 to 64 bytes of text.
pub fn publish(name: []const u8, item: core.Json) void {
    var called = glue.out(c.bindings_string_t, name);
    var json = glue.out(c.bindings_string_t, item);
    lockstep_updates_publish(&called, &json);
}
