//go:build !wasm

package timer

import (
	"maps"
	"time"
)

var pending = map[string]time.Duration{}

// Pending gives the timers that are set, by name. It is for tests; a component has no such function.
func Pending() map[string]time.Duration {
	return maps.Clone(pending)
}

// Reset takes all timers away. It is for tests; a component has no such function.
func Reset() {
	clear(pending)
}

func hostSet(name string, after uint64) {
	pending[name] = time.Duration(after) * time.Millisecond
}

func hostCancel(name string) {
	delete(pending, name)
}
