// Package step says what a day of one meter costs.
package step

import (
	"bill/gen/events"
	"bill/gen/lockstep"
)

// Cents for a kilowatt-hour, from ten at night to six in the morning and else.
const (
	nightPrice = 21
	dayPrice   = 34
)

func OnCleaned(event events.Cleaned) (events.Bill, error) {
	if len(event.Hours) != 24 {
		return events.Bill{}, lockstep.Permanent("no-day", "a day has 24 hours")
	}
	bill := events.Bill{Day: event.Day, Meter: event.Meter}
	for hour, wattHours := range event.Hours {
		if hour < 6 || hour >= 22 {
			bill.NightWh += uint64(wattHours)
		} else {
			bill.DayWh += uint64(wattHours)
		}
	}
	bill.Cents = cents(bill.NightWh, nightPrice) + cents(bill.DayWh, dayPrice)
	return bill, nil
}

// cents rounds half up.
func cents(wattHours, price uint64) uint64 {
	return (wattHours*price + 500) / 1000
}
