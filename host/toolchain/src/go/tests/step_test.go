package step

import (
	"reflect"
	"testing"

	"steps/decide/gen/events"
	"steps/decide/gen/lockstep"
)

func TestOnAsked(t *testing.T) {
	event := events.Asked{Order: "", Cents: 0, Note: nil, Size: events.SizeSmall}
	got, err := OnAsked(event)
	if err != nil {
		t.Fatal(err)
	}
	var want events.Emits = events.Approved{
		Order:   event.Order,
		Cents:   event.Cents,
		Size:    events.EventsSizeSmall,
		Marks:   0,
		Way:     events.WayCard{},
		Items:   nil,
		Bytes:   nil,
		Checked: lockstep.Ok[uint32, string](0),
		Letter:  ' ',
		Data:    "null",
		Note:    event.Note,
		Totals:  nil,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
