package step

import (
	"reflect"
	"testing"

	"steps/assess/gen/events"
)

func TestOnRefundRequested(t *testing.T) {
	event := events.RefundRequested{
		Order:   "",
		Cents:   0,
		Reason:  nil,
		Marks:   0,
		Payout:  events.PayoutNone{},
		History: nil,
	}
	got, err := OnRefundRequested(event)
	if err != nil {
		t.Fatal(err)
	}
	var want events.Emits = events.RefundApproved{Order: event.Order, Cents: event.Cents, Letter: ' '}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
