package timer

import (
	"math"
	"testing"
	"time"
)

func TestWaitsAreRoundedUpAndClamped(t *testing.T) {
	for after, want := range map[time.Duration]uint64{
		-time.Second:            0,
		0:                       0,
		time.Nanosecond:         1,
		1500 * time.Microsecond: 2,
		3 * time.Second:         3_000,
		math.MaxInt64:           9_223_372_036_855,
	} {
		if got := millis(after); got != want {
			t.Errorf("%v: got %d, want %d", after, got, want)
		}
	}
}

func TestTimersOfATestCanBeLookedAt(t *testing.T) {
	Reset()
	Set("remind", time.Minute)
	Set("forget", time.Second)
	Cancel("forget")
	if pending := Pending(); len(pending) != 1 || pending["remind"] != time.Minute {
		t.Errorf("got %v", pending)
	}
}
