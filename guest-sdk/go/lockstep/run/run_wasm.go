package run

import "time"

func whoami() Identity {
	me := hostWhoami()
	return Identity{
		Run:            me.Run,
		Workflow:       me.Workflow,
		Step:           me.Step,
		Attempt:        me.Attempt,
		Deadline:       time.UnixMilli(int64(me.DeadlineMs)).UTC(),
		IdempotencyKey: me.IdempotencyKey,
		Session:        me.Session,
	}
}
