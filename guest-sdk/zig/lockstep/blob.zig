//! Bytes that are too large for an event: one step puts them and passes a reference on, another reads them.
//!
//! What an attempt has put it can read at once, and others as soon as it has succeeded. Whoever has a reference may
//! read. A blob is at most 8 MiB; one attempt puts at most 1,000 times and 16 MiB of different bytes, and reads at
//! most 10,000 times.

const std = @import("std");
const c = @import("c");
const core = @import("core.zig");
const glue = @import("glue.zig");

const Failed = core.Failed;
const Text = c.bindings_string_t;

extern fn lockstep_blob_put(bytes: *c.bindings_list_u8_t, ret: *Text, err: *c.lockstep_types_failure_t) bool;
extern fn lockstep_blob_get(
    reference: *Text,
    offset: u64,
    length: u32,
    ret: *c.bindings_list_u8_t,
    err: *c.lockstep_types_failure_t,
) bool;

/// What one call reads at most.
const largest_part = 4 << 20;

/// Stores the bytes, and gives the reference to pass on: `sha256:` and 64 hex digits.
pub fn put(bytes: []const u8) Failed![]const u8 {
    var given = glue.out(c.bindings_list_u8_t, bytes);
    var reference: Text = undefined;
    var why: c.lockstep_types_failure_t = undefined;
    if (!lockstep_blob_put(&given, &reference, &why)) return core.fail(glue.in(core.Failure, why));
    return glue.in([]const u8, reference);
}

/// The bytes of a reference from `offset` on: at most `length` of them, at most 4 MiB, and fewer only where they end.
pub fn get(reference: []const u8, offset: u64, length: u32) Failed![]const u8 {
    var asked = glue.out(Text, reference);
    var bytes: c.bindings_list_u8_t = undefined;
    var why: c.lockstep_types_failure_t = undefined;
    if (!lockstep_blob_get(&asked, offset, length, &bytes, &why)) return core.fail(glue.in(core.Failure, why));
    return glue.in([]const u8, bytes);
}

/// All bytes of a reference.
pub fn read(reference: []const u8) Failed![]const u8 {
    var whole: []const u8 = try get(reference, 0, largest_part);
    var part = whole;
    while (part.len == largest_part) {
        part = try get(reference, whole.len, largest_part);
        whole = std.mem.concat(core.allocator, u8, &.{ whole, part }) catch @panic("there is no more memory");
    }
    return whole;
}
