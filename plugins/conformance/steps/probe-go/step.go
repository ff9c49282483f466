// Package step is the conformance step in Go: each handler does what its line in wit/worlds.wit says.
package step

import (
	"strconv"
	"time"

	"probe/gen/events"
	"probe/gen/lockstep"
	"probe/gen/lockstep/blob"
	"probe/gen/lockstep/http"
	"probe/gen/lockstep/run"
	"probe/gen/lockstep/state"
	"probe/gen/lockstep/timer"
	"probe/gen/lockstep/tools"
	"probe/gen/lockstep/updates"
)

func OnEcho(event events.Echo) (events.Echoed, error) {
	return events.Echoed{Values: event.Values}, nil
}

func OnChoose(event events.Choose) (events.Emits, error) {
	switch event.Way {
	case "left":
		return events.Left{Note: event.Note}, nil
	case "right":
		return events.Right{N: 7}, nil
	default:
		return nil, lockstep.Permanent("no-way", "there is no way "+event.Way)
	}
}

func OnSpread(event events.Spread) ([]events.Emits, error) {
	var all []events.Emits
	for n := range event.N {
		if n%2 == 0 {
			all = append(all, events.Left{Note: strconv.Itoa(int(n))})
		} else {
			all = append(all, events.Right{N: n})
		}
	}
	return all, nil
}

func OnPerhaps(event events.Perhaps) (*events.Left, error) {
	if !event.Give {
		return nil, nil
	}
	return &events.Left{Note: "given"}, nil
}

func OnQuiet(event events.Quiet) error {
	lockstep.Info(event.Note)
	return nil
}

func OnFail(event events.Fail) error {
	return &lockstep.Failure{
		Kind:         event.Kind,
		Code:         event.Code,
		Message:      event.Message,
		RetryAfterMs: event.RetryAfterMs,
		Details:      event.Details,
	}
}

func OnCrash(event events.Crash) error {
	panic(event.Message)
}

func OnRemember(event events.Remember) (remembered events.Remembered, err error) {
	if remembered.Before, err = state.Get[lockstep.JSON](event.Key); err != nil {
		return remembered, err
	}
	if err = state.Set(event.Key, event.Value); err != nil {
		return remembered, err
	}
	state.Add("count", event.By)
	if err = state.Append("list", event.Value); err != nil {
		return remembered, err
	}
	state.Delete("gone")
	if remembered.After, err = state.Get[lockstep.JSON](event.Key); err != nil {
		return remembered, err
	}
	remembered.Keys = state.Keys("")
	remembered.Page, err = state.Page[lockstep.JSON]("list", 0, 10)
	return remembered, err
}

func OnFetch(event events.Fetch) (events.Fetched, error) {
	request := http.NewRequest(event.Method, event.Url).Header("x-probe", event.Header)
	answer, err := request.Body([]byte(event.Body)).Send()
	if err != nil {
		return events.Fetched{}, err
	}
	fetched := events.Fetched{Status: answer.Status, Body: answer.Text()}
	if header, found := answer.Header("x-answer"); found {
		fetched.Header = &header
	}
	return fetched, nil
}

func OnUseTool(event events.UseTool) (events.Used, error) {
	var used events.Used
	for _, tool := range tools.List() {
		used.Tools = append(used.Tools, tool.Name)
	}
	output, err := tools.Call(event.Name, event.Arguments)
	used.Output = output
	return used, err
}

func OnShow(event events.Show) error {
	lockstep.Trace(event.Line)
	lockstep.Debug(event.Line)
	lockstep.Info(event.Line)
	lockstep.Warn(event.Line)
	lockstep.Error(event.Line)
	return updates.Publish(event.Name, event.Item)
}

func OnKeep(event events.Keep) (events.Kept, error) {
	reference, err := blob.Put(event.Bytes)
	if err != nil {
		return events.Kept{}, err
	}
	beginning, err := blob.Get(reference, 0, 4)
	return events.Kept{Reference: reference, Beginning: beginning}, err
}

func OnArm(event events.Arm) error {
	timer.Set(event.Name, time.Duration(event.AfterMs)*time.Millisecond)
	timer.Cancel(event.Not)
	return nil
}

func OnAsk(event events.Ask) (events.Known, error) {
	me := run.Whoami()
	return events.Known{
		Run:      me.Run,
		Workflow: me.Workflow,
		Step:     me.Step,
		Attempt:  me.Attempt,
		HasKey:   me.IdempotencyKey != "",
		Session:  me.Session,
		Now:      uint64(run.Now().UnixMilli()),
		Random:   uint32(len(run.Random(event.Random))),
	}, nil
}

func OnTimerFired(event events.TimerFired) (events.Left, error) {
	return events.Left{Note: event.Name}, nil
}
