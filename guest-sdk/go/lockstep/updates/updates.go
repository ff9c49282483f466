// Package updates is items for whoever watches the run: tokens, progress. It needs the table updates in the step's grant.
//
// A name is 1 to 64 bytes of text. One attempt publishes at most 10,000 items, and at most the grant's bytes. A
// call beyond a bound ends the attempt: it does not return.
package updates

import "lockstep-sdk/internal/text"

// Publish shows an item: at once as provisional, for good when the attempt has succeeded. What a failed attempt has
// published is taken back. It fails where the item is nothing that JSON can say.
//
//	err := updates.Publish("progress", map[string]int{"done": 3, "of": 10})
func Publish(name string, item any) error {
	written, err := text.Of(item)
	if err == nil {
		hostPublish(name, written)
	}
	return err
}
