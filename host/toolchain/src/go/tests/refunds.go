// Package step handles the events of world `assess`.
package step

import (
	"steps/assess/gen/events"
)

// Decides about a refund.
func OnRefundRequested(event events.RefundRequested) (events.Emits, error) {
	return events.RefundApproved{Order: event.Order, Cents: event.Cents, Letter: ' '}, nil
}

func OnRefundApproved(event events.RefundApproved) error {
	return nil
}

func OnDenied(event events.RefundApproved, all []events.RefundDenied) (*events.RefundApproved, error) {
	return &events.RefundApproved{Order: "", Cents: 0, Letter: ' '}, nil
}
