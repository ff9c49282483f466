// Timers of the step, which outlive a restart of the host. What is asked for takes effect when the attempt has
// succeeded. A timer that fires is delivered to this step, in this branch of the run, as `timer_fired`.

#ifndef LOCKSTEP_TIMER_H
#define LOCKSTEP_TIMER_H

#include "core.h"

/// Fires so long after the attempt has succeeded, at most ten years. A timer of the same name is replaced. A name is
/// 1 to 128 bytes of text.
static inline void timer_set(text name, uint64_t after_ms) { lockstep_timer_set(&name, after_ms); }

/// The timer does not fire; one that is not set is no error.
static inline void timer_cancel(text name) { lockstep_timer_cancel(&name); }

#endif
