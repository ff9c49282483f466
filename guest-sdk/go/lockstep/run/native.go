//go:build !wasm

package run

import (
	"crypto/rand"
	"time"
)

var (
	me  = Identity{Run: "run", Workflow: "workflow", Step: "step", Attempt: 1, IdempotencyKey: "key"}
	now = time.Now()
)

// StandIn says who a step is in tests, and when. A component has no such function.
func StandIn(identity Identity, when time.Time) {
	me, now = identity, when
}

func whoami() Identity {
	return me
}

func hostNow() uint64 {
	return uint64(now.UnixMilli())
}

func hostRandom(n uint32) []byte {
	chance := make([]byte, n)
	rand.Read(chance)
	return chance
}
