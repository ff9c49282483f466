package blob

import (
	"bytes"
	"testing"

	"lockstep-sdk/lockstep"
)

func TestPartsMakeTheWholeAtEveryLength(t *testing.T) {
	for _, length := range []int{0, 1, largestPart - 1, largestPart, largestPart + 1, 2 * largestPart} {
		blob := bytes.Repeat([]byte{1, 2, 3, 4, 5, 6, 7}, length/7+1)[:length]
		reference, err := Put(blob)
		if err != nil {
			t.Fatal(err)
		}
		if all, err := Read(reference); err != nil || !bytes.Equal(all, blob) {
			t.Errorf("%d: got %d bytes, %v", length, len(all), err)
		}
	}
}

func TestAPartThatFailsFailsTheWhole(t *testing.T) {
	if _, err := Read("sha256:00"); lockstep.FailureOf(err).Code != "blob-unknown" {
		t.Errorf("got %v", err)
	}
}
