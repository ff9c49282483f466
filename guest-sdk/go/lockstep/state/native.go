//go:build !wasm

package state

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"lockstep-sdk/lockstep"
)

// values are the state in tests: the same calls work on them, in this process alone.
var values = map[string]lockstep.JSON{}

// Reset empties the state. It is for tests; a component has no such function.
func Reset() {
	clear(values)
}

func hostGet(key string) *lockstep.JSON {
	if value, found := values[key]; found {
		return &value
	}
	return nil
}

func hostSet(key string, value lockstep.JSON) {
	values[key] = value
}

func hostDelete(key string) {
	delete(values, key)
}

func hostKeys(prefix string) []string {
	begins := func(key string) bool { return !strings.HasPrefix(key, prefix) }
	return slices.DeleteFunc(slices.Sorted(maps.Keys(values)), begins)
}

func hostAdd(key string, by int64) {
	held := read[int64](key)
	values[key] = write(held + by)
}

func hostAppend(key string, value lockstep.JSON) {
	held := read[[]lockstep.JSON](key)
	values[key] = write(append(held, value))
}

func hostPage(key string, offset uint64, limit uint32) []lockstep.JSON {
	held := read[[]lockstep.JSON](key)
	from := min(offset, uint64(len(held)))
	upto := min(from+uint64(min(limit, longestPage)), uint64(len(held)))
	return held[from:upto]
}

// read ends the test where the host would end the attempt: the key holds something else.
func read[T any](key string) T {
	var value T
	if held, found := values[key]; found {
		if err := json.Unmarshal([]byte(held), &value); err != nil {
			panic("state: " + key + ": " + err.Error())
		}
	}
	return value
}

func write(value any) lockstep.JSON {
	written, err := json.Marshal(value)
	if err != nil {
		panic("state: " + err.Error())
	}
	return lockstep.JSON(written)
}
