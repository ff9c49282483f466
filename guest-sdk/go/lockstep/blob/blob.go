// Package blob is bytes that are too large for an event: one step puts them and passes a reference on, another
// reads them.
//
// What an attempt has put it can read at once, and others as soon as it has succeeded; of a failed one there is
// nothing. The same bytes are stored once, as long as a run that has put them is. Whoever has a reference may read,
// and nobody can guess one.
//
// A blob is at most 8 MiB. One attempt puts at most 1,000 times and 16 MiB of different bytes, and reads at most
// 10,000 times. What goes beyond a bound is a permanent failure that says so.
package blob

import "lockstep-sdk/lockstep"

// largestPart is what one call reads at most.
const largestPart = 4 << 20

// Put stores the bytes, and gives the reference to pass on: "sha256:" and 64 hex digits.
func Put(bytes []byte) (string, error) {
	return either(hostPut(bytes))
}

// Get is the bytes of a reference from offset on: at most length of them, at most 4 MiB, and fewer only where they
// end. What is unknown, or not kept any more, is the failure "blob-unknown".
func Get(reference string, offset uint64, length uint32) ([]byte, error) {
	return either(hostGet(reference, offset, length))
}

// Read is all bytes of a reference.
func Read(reference string) ([]byte, error) {
	var all []byte
	for {
		part, err := Get(reference, uint64(len(all)), largestPart)
		if err != nil {
			return nil, err
		}
		all = append(all, part...)
		if len(part) < largestPart {
			return all, nil
		}
	}
}

func either[T any](result lockstep.Result[T, lockstep.Failure]) (value T, err error) {
	if result.Err != nil {
		return value, result.Err
	}
	return *result.Ok, nil
}
