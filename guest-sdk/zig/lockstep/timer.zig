//! Timers of the step, which outlive a restart of the host. What is asked for takes effect when the attempt has
//! succeeded. A timer that fires is delivered to this step, in this branch of the run, as `TimerFired`.

const c = @import("c");
const glue = @import("glue.zig");

extern fn lockstep_timer_set(name: *c.bindings_string_t, after_ms: u64) void;
extern fn lockstep_timer_cancel(name: *c.bindings_string_t) void;

/// Fires so long after the attempt has succeeded, at most ten years. A timer of the same name is replaced. A name is
/// 1 to 128 bytes of text.
pub fn set(name: []const u8, after_ms: u64) void {
    var called = glue.out(c.bindings_string_t, name);
    lockstep_timer_set(&called, after_ms);
}

/// The timer does not fire; one that is not set is no error.
pub fn cancel(name: []const u8) void {
    var called = glue.out(c.bindings_string_t, name);
    lockstep_timer_cancel(&called);
}
