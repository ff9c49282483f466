//go:build !wasm

package tools

import "lockstep-sdk/lockstep"

var (
	known []Tool
	give  = func(name string, arguments lockstep.JSON) (lockstep.JSON, error) {
		return "", &Error{Kind: Unavailable, Why: "there is no tool in a test; tools.StandIn puts one in its place"}
	}
)

// StandIn is what the calls of a test get in the place of all tools. A component has no such function.
func StandIn(tools []Tool, called func(name string, arguments lockstep.JSON) (lockstep.JSON, error)) {
	known, give = tools, called
}

func list() []Tool {
	return known
}

func call(name string, arguments lockstep.JSON) (lockstep.JSON, error) {
	return give(name, arguments)
}
