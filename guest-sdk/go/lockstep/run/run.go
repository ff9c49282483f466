// Package run says who the step is, and what time it is.
package run

import "time"

// Identity is the run, the step and the attempt that a call is.
type Identity struct {
	Run      string
	Workflow string
	Step     string
	// Attempt is 1 for the first attempt at this delivery.
	Attempt uint32
	// Deadline is when the attempt will be ended.
	Deadline time.Time
	// IdempotencyKey is the same over all attempts at this delivery, and no other's.
	IdempotencyKey string
	// Session is nil where the run has none.
	Session *string
}

// Whoami is the run, the step and the attempt that this call is.
func Whoami() Identity {
	return whoami()
}

// Now is one time per delivery, in milliseconds and UTC, the same in every attempt.
func Now() time.Time {
	return time.UnixMilli(int64(hostNow())).UTC()
}

// Random is so many bytes of the host's randomness, at most 65,536.
func Random(n uint32) []byte {
	return hostRandom(n)
}
