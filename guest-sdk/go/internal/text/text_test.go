package text

import (
	"encoding/json"
	"math"
	"testing"

	"lockstep-sdk/lockstep"
)

func TestNothingIsLostOnTheWay(t *testing.T) {
	written, err := Of(map[string]any{"largest": uint64(math.MaxUint64), "raw": lockstep.JSON(`{"a": "\ufffd"}`)})
	if err != nil {
		t.Fatal(err)
	}
	read, err := As[map[string]any](written)
	if err != nil || read["largest"] != json.Number("18446744073709551615") {
		t.Errorf("got %v of %s, %v", read, written, err)
	}
	if same, err := As[lockstep.JSON](` {"as" : "it is"}`); err != nil || same != ` {"as" : "it is"}` {
		t.Errorf("got %s, %v", same, err)
	}
}

func TestWhatJSONCannotSayIsAnError(t *testing.T) {
	type inner struct{ Name *string }
	bad := "\xff"
	for name, value := range map[string]any{
		"text":   bad,
		"key":    map[string]int{bad: 1},
		"deep":   []any{map[string]inner{"a": {&bad}}},
		"number": math.NaN(),
		"raw":    map[string]lockstep.JSON{"a": "{"},
	} {
		if written, err := Of(value); err == nil {
			t.Errorf("%s: got %s", name, written)
		}
	}
	if written, err := Of([]string{"�", `\ufffd`}); err != nil {
		t.Errorf("got %s, %v", written, err)
	}
}
