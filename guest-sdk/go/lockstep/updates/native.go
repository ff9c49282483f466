//go:build !wasm

package updates

import "lockstep-sdk/lockstep"

// Item is one that was published in a test.
type Item struct {
	Name string
	Item lockstep.JSON
}

var published []Item

// Published gives what was published since it was last asked. It is for tests; a component has no such function.
func Published() []Item {
	items := published
	published = nil
	return items
}

func hostPublish(name string, item lockstep.JSON) {
	published = append(published, Item{name, item})
}
