//go:build !wasm

package blob

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"

	"lockstep-sdk/lockstep"
)

// blobs are what was put in tests, in this process alone.
var blobs = map[string][]byte{}

func hostPut(given []byte) lockstep.Result[string, lockstep.Failure] {
	digest := sha256.Sum256(given)
	reference := "sha256:" + hex.EncodeToString(digest[:])
	blobs[reference] = bytes.Clone(given)
	return lockstep.Ok[string, lockstep.Failure](reference)
}

func hostGet(reference string, offset uint64, length uint32) lockstep.Result[[]byte, lockstep.Failure] {
	blob, found := blobs[reference]
	if !found {
		unknown := lockstep.Permanent("blob-unknown", "no blob is stored under `"+reference+"`")
		return lockstep.Err[[]byte](*unknown)
	}
	from := min(offset, uint64(len(blob)))
	upto := min(from+uint64(min(length, largestPart)), uint64(len(blob)))
	return lockstep.Ok[[]byte, lockstep.Failure](bytes.Clone(blob[from:upto]))
}
