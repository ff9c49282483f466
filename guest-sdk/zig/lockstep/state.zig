//! The state of the run: JSON values by key, shared by all steps of the run. Needs `[state]` in the step's grant.
//!
//!     const seen = if (state.get(event.order)) |json| try std.json.parseFromSliceLeaky(u32, step.allocator, json, .{}) else 0;
//!     state.set(event.order, step.print("{d}", .{seen + 1}));
//!
//! A handler sees what was there when its attempt began and what it has written itself. Its writes are kept only if
//! it succeeds, all at once. Where another attempt changes something that this one has read, this one begins anew,
//! which costs no attempt; `add` and `append` read nothing and so never get in each other's way.
//!
//! A key is 1 to 512 bytes of text, a value at most 1 MiB of JSON. A call beyond a bound, or with something that is
//! not JSON, ends the attempt: it does not return.

const c = @import("c");
const core = @import("core.zig");
const glue = @import("glue.zig");

const Json = core.Json;
const Text = c.bindings_string_t;

extern fn lockstep_state_get(key: *Text, ret: *Text) bool;
extern fn lockstep_state_set(key: *Text, value: *Text) void;
extern fn lockstep_state_delete(key: *Text) void;
extern fn lockstep_state_keys(prefix: *Text, ret: *c.bindings_list_string_t) void;
extern fn lockstep_state_add(key: *Text, by: i64) void;
extern fn lockstep_state_append(key: *Text, value: *Text) void;
extern fn lockstep_state_page(key: *Text, offset: u64, limit: u32, ret: *c.lockstep_state_list_json_t) void;

/// The value of a key, at most 16 MiB of it.
pub fn get(key: []const u8) ?Json {
    var asked = glue.out(Text, key);
    var value: Text = undefined;
    return if (lockstep_state_get(&asked, &value)) glue.in(Json, value) else null;
}

/// The key has this value from now on.
pub fn set(key: []const u8, value: Json) void {
    var there = glue.out(Text, key);
    var json = glue.out(Text, value);
    lockstep_state_set(&there, &json);
}

/// The key is not there any more; one that is not there is no error.
pub fn delete(key: []const u8) void {
    var there = glue.out(Text, key);
    lockstep_state_delete(&there);
}

/// The keys that begin with `prefix`, in order, at most 10,000; the empty prefix is every key's.
pub fn keys(prefix: []const u8) []const []const u8 {
    var asked = glue.out(Text, prefix);
    var found: c.bindings_list_string_t = undefined;
    lockstep_state_keys(&asked, &found);
    return glue.in([]const []const u8, found);
}

/// The whole number that the key holds grows by so much; a key that is not there holds 0.
pub fn add(key: []const u8, by: i64) void {
    var there = glue.out(Text, key);
    lockstep_state_add(&there, by);
}

/// The list that the key holds has one more element; a key that is not there holds an empty one.
pub fn append(key: []const u8, value: Json) void {
    var there = glue.out(Text, key);
    var json = glue.out(Text, value);
    lockstep_state_append(&there, &json);
}

/// The elements of a list from `offset` on: at most `limit`, at most 1,000 and about 1 MiB of them, but at least one
/// as long as there is one.
pub fn page(key: []const u8, offset: u64, limit: u32) []const Json {
    var asked = glue.out(Text, key);
    var found: c.lockstep_state_list_json_t = undefined;
    lockstep_state_page(&asked, offset, limit, &found);
    return glue.in([]const Json, found);
}
