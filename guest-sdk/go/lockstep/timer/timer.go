// Package timer is timers of the step, which outlive a restart of the host. What is asked for takes effect when the
// attempt has succeeded. A timer that fires is delivered to this step, in this branch of the run, as the event
// timer-fired.
//
// A name is 1 to 128 bytes of text; one attempt asks for at most 1,000 changes. A call beyond a bound ends the
// attempt: it does not return.
package timer

import "time"

// Set fires so long after the attempt has succeeded, in whole milliseconds, at most ten years. A timer of the same
// name is replaced.
func Set(name string, after time.Duration) {
	hostSet(name, millis(after))
}

// Cancel lets the timer not fire; one that is not set is no error.
func Cancel(name string) {
	hostCancel(name)
}

// millis rounds up, so that no timer fires early.
func millis(after time.Duration) uint64 {
	after = max(after, 0)
	whole := uint64(after / time.Millisecond)
	if after%time.Millisecond > 0 {
		whole++
	}
	return whole
}
