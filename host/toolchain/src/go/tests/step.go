// Package step handles the events of world `decide`.
package step

import (
	"time"

	"steps/decide/gen/events"
	"steps/decide/gen/lockstep"
	"steps/decide/gen/lockstep/blob"
	"steps/decide/gen/lockstep/http"
	"steps/decide/gen/lockstep/run"
	"steps/decide/gen/lockstep/state"
	"steps/decide/gen/lockstep/timer"
	"steps/decide/gen/lockstep/tools"
	"steps/decide/gen/lockstep/updates"
)

func OnAsked(event events.Asked) (events.Emits, error) {
	lockstep.Info("attempt ", run.Whoami().Attempt)
	timer.Set("remind", time.Minute)
	kept, err := blob.Put([]byte("some bytes"))
	if err != nil {
		return events.Approved{}, err
	}
	lockstep.Info("kept as ", kept)
	state.Add("seen", 1)
	if err := updates.Publish("progress", map[string]int{"done": 1}); err != nil {
		return events.Approved{}, err
	}
	page, err := http.Get("https://api.example.com/")
	if err != nil {
		return events.Approved{}, err
	}
	lockstep.Info(len(page.Text()), " bytes came back")
	told, err := tools.Call("read_text_file", map[string]string{"path": "notes.txt"})
	if err != nil {
		return events.Approved{}, err
	}
	lockstep.Info("the tool said ", told)
	return events.Approved{
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
	}, nil
}

func OnTimerFired(event events.TimerFired) error {
	return nil
}
