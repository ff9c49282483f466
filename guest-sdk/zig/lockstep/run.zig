//! Who am I, and what time is it?

const c = @import("c");
const glue = @import("glue.zig");

extern fn lockstep_run_whoami(ret: *c.lockstep_run_identity_t) void;
extern fn lockstep_run_now() u64;
extern fn lockstep_run_random(n: u32, ret: *c.bindings_list_u8_t) void;

/// The run, the step and the attempt that a call is.
pub const Identity = struct {
    run: []const u8,
    workflow: []const u8,
    step: []const u8,
    /// 1 for the first attempt at this delivery.
    attempt: u32,
    /// When the attempt will be ended: milliseconds since the Unix epoch.
    deadline_ms: u64,
    /// The same over all attempts at this delivery, and no other's.
    idempotency_key: []const u8,
    session: ?[]const u8,
};

/// Who this call is.
pub fn whoami() Identity {
    var me: c.lockstep_run_identity_t = undefined;
    lockstep_run_whoami(&me);
    return glue.in(Identity, me);
}

/// Milliseconds since the Unix epoch: one value per delivery, the same in every attempt.
pub fn now() u64 {
    return lockstep_run_now();
}

/// So many bytes of the host's randomness, at most 65,536.
pub fn random(n: u32) []const u8 {
    var chance: c.bindings_list_u8_t = undefined;
    lockstep_run_random(n, &chance);
    return glue.in([]const u8, chance);
}
