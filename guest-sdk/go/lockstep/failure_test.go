package lockstep

import (
	"errors"
	"fmt"
	"math"
	"testing"
	"time"
)

func TestAnyErrorBecomesAPermanentFailure(t *testing.T) {
	failure := FailureOf(fmt.Errorf("the amount is unreadable: %w", errors.New("no digit")))
	want := Failure{Kind: FailureKindPermanent, Code: "error", Message: "the amount is unreadable: no digit"}
	if *failure != want {
		t.Errorf("got %+v, want %+v", *failure, want)
	}
}

func TestAFailureThatIsNilIsAnErrorLikeAnyOther(t *testing.T) {
	var none *Failure
	want := Failure{Kind: FailureKindPermanent, Code: "error", Message: "a nil *lockstep.Failure"}
	if failure := FailureOf(none); *failure != want {
		t.Errorf("got %+v", *failure)
	}
}

func TestAFailureThatIsWrappedKeepsWhatItSaysAndTellsTheWholeText(t *testing.T) {
	busy := Transient("busy", "later").RetryAfter(2 * time.Second).WithDetails(`{"queue": 1}`)
	failure := FailureOf(fmt.Errorf("asking the ledger: %w", busy))
	if failure.Kind != FailureKindTransient || failure.Code != "busy" || failure.Message != "asking the ledger: later" {
		t.Errorf("got %+v", *failure)
	}
	if *failure.RetryAfterMs != 2_000 || *failure.Details != `{"queue": 1}` || busy.Message != "later" {
		t.Errorf("got %+v of %+v", *failure, *busy)
	}
}

func TestWaitsThatNoClockCanHoldAreClamped(t *testing.T) {
	for wait, want := range map[time.Duration]uint64{-time.Hour: 0, math.MaxInt64: 9_223_372_036_854} {
		if got := *Transient("busy", "later").RetryAfter(wait).RetryAfterMs; got != want {
			t.Errorf("%v: got %d, want %d", wait, got, want)
		}
	}
}
