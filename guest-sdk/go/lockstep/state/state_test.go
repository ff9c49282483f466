package state

import (
	"reflect"
	"testing"

	"lockstep-sdk/lockstep"
)

type cup struct {
	Of string `json:"of"`
}

func TestValuesAreReadAsWhatTheyAre(t *testing.T) {
	Reset()
	if nothing, err := Get[cup]("cup"); nothing != nil || err != nil {
		t.Errorf("got %v, %v", nothing, err)
	}
	if n, err := GetOr("count", 7); n != 7 || err != nil {
		t.Errorf("got %d, %v", n, err)
	}
	if err := Set("cup", cup{"tea"}); err != nil {
		t.Fatal(err)
	}
	if got, err := Get[cup]("cup"); err != nil || *got != (cup{"tea"}) {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := Get[lockstep.JSON]("cup"); err != nil || *got != `{"of":"tea"}` {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := GetOr("cup", 1); err == nil {
		t.Error("a cup is no number")
	}
}

func TestNumbersGrowAndKeysGo(t *testing.T) {
	Reset()
	Add("count", 9_007_199_254_740_993)
	Add("count", -1)
	if n, err := GetOr("count", int64(0)); n != 9_007_199_254_740_992 || err != nil {
		t.Errorf("got %d, %v", n, err)
	}
	Set("other", true)
	if keys := Keys("co"); !reflect.DeepEqual(keys, []string{"count"}) {
		t.Errorf("got %v", keys)
	}
	Delete("count")
	if keys := Keys(""); !reflect.DeepEqual(keys, []string{"other"}) {
		t.Errorf("got %v", keys)
	}
}

func TestPagesOfAnyLengthMakeOneList(t *testing.T) {
	for _, length := range []int{0, 1, longestPage - 1, longestPage, 2*longestPage + 1} {
		Reset()
		list := make([]int, length)
		for n := range list {
			list[n] = n
		}
		Set("list", list)
		var read []int
		for n, err := range Elements[int]("list") {
			if err != nil {
				t.Fatal(err)
			}
			read = append(read, n)
		}
		if len(read) != length || (length > 0 && !reflect.DeepEqual(read, list)) {
			t.Errorf("%d: got %d elements", length, len(read))
		}
	}
	Append("list", cup{"tea"})
	if page, err := Page[cup]("list", uint64(2*longestPage+1), 5); err != nil || len(page) != 1 || page[0].Of != "tea" {
		t.Errorf("got %v, %v", page, err)
	}
}
