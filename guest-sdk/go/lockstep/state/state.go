// Package state is the state of the run: JSON by key, shared by all steps of the run. It needs the table state in the
// step's grant.
//
//	seen, err := state.GetOr("seen/"+event.Order, 0)
//	if err != nil {
//		return nil, err
//	}
//	if err := state.Set("seen/"+event.Order, seen+1); err != nil {
//		return nil, err
//	}
//	state.Add("refunds", 1)
//
// A handler sees what was there when its attempt began and what it has written itself. Its writes are kept only if
// it succeeds, all at once. Where another attempt changes something that this one has read, this one begins anew,
// which costs no attempt; [Add] and [Append] read nothing, and so never get in each other's way.
//
// A key is 1 to 512 bytes of text, a value at most 1 MiB of JSON. One attempt writes at most 100,000 times and 16
// MiB. A call beyond a bound ends the attempt: it does not return.
package state

import (
	"iter"

	"lockstep-sdk/internal/text"
)

// longestPage is the most elements that the host answers at once.
const longestPage = 1000

// Get is the value of a key, read from at most 16 MiB of JSON; nil where there is none. [Elements] reads a longer
// list. With lockstep.JSON as its type the text comes as it is.
func Get[T any](key string) (*T, error) {
	found := hostGet(key)
	if found == nil {
		return nil, nil
	}
	value, err := text.As[T](*found)
	return &value, err
}

// GetOr is the value of a key, or another one where there is none.
func GetOr[T any](key string, otherwise T) (T, error) {
	value, err := Get[T](key)
	if value == nil {
		return otherwise, err
	}
	return *value, err
}

// Set gives the key this value from now on. It fails where the value is nothing that JSON can say.
func Set(key string, value any) error {
	written, err := text.Of(value)
	if err == nil {
		hostSet(key, written)
	}
	return err
}

// Delete takes the key away; one that is not there is no error.
func Delete(key string) {
	hostDelete(key)
}

// Keys are those that begin with the prefix, in order, at most 10,000; the empty prefix is every key's.
func Keys(prefix string) []string {
	return hostKeys(prefix)
}

// Add makes the whole number that the key holds grow by so much; a key that is not there holds 0.
func Add(key string, by int64) {
	hostAdd(key, by)
}

// Append gives the list that the key holds one more element; a key that is not there holds an empty one.
func Append(key string, value any) error {
	written, err := text.Of(value)
	if err == nil {
		hostAppend(key, written)
	}
	return err
}

// Page is the elements of a list from offset on: at most limit, at most 1,000 and about 1 MiB of them, but at least
// one as long as there is one.
func Page[T any](key string, offset uint64, limit uint32) ([]T, error) {
	found := hostPage(key, offset, limit)
	values := make([]T, len(found))
	for i, element := range found {
		value, err := text.As[T](element)
		if err != nil {
			return nil, err
		}
		values[i] = value
	}
	return values, nil
}

// Elements are all elements of the list that the key holds, read page by page as they are asked for:
//
//	for entry, err := range state.Elements[Entry]("history") {
func Elements[T any](key string) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for offset := uint64(0); ; {
			page := hostPage(key, offset, longestPage)
			if len(page) == 0 {
				return
			}
			for _, element := range page {
				if !yield(text.As[T](element)) {
					return
				}
			}
			offset += uint64(len(page))
		}
	}
}
