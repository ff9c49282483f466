package tools

import (
	"testing"

	"lockstep-sdk/lockstep"
)

func TestAStandInAnswersInATest(t *testing.T) {
	StandIn([]Tool{{Name: "brew"}}, func(name string, arguments lockstep.JSON) (lockstep.JSON, error) {
		if name != "brew" {
			return "", &Error{Kind: Failed, Why: "no water"}
		}
		return arguments, nil
	})
	output, err := Call(List()[0].Name, map[string]int{"cups": 2})
	if err != nil || output != `{"cups":2}` {
		t.Errorf("got %s, %v", output, err)
	}
	if _, err := Call("pour", lockstep.JSON("{}")); lockstep.FailureOf(err).Code != "tool-failed" {
		t.Errorf("got %v", err)
	}
}

func TestWhatWentWrongIsAFailureThatRulesCanMatch(t *testing.T) {
	denial := &lockstep.Denial{Capability: "tools", What: "files/write_file", Why: "tool"}
	for _, one := range []struct {
		err     *Error
		kind    lockstep.FailureKind
		code    string
		message string
	}{
		{&Error{Kind: Denied, Denial: denial}, lockstep.FailureKindPermanent, "tool-denied",
			"the grant does not allow `files/write_file`: tool"},
		{&Error{Kind: Denied, Why: "tool"}, lockstep.FailureKindPermanent, "tool-denied", "tool"},
		{&Error{Kind: Refused, Why: "not today"}, lockstep.FailureKindPermanent, "tool-refused", "not today"},
		{&Error{Kind: InvalidArguments, Why: "n"}, lockstep.FailureKindPermanent, "tool-invalid-arguments", "n"},
		{&Error{Kind: Failed, Why: "no such file"}, lockstep.FailureKindPermanent, "tool-failed", "no such file"},
		{&Error{Kind: Timeout}, lockstep.FailureKindTransient, "tool-timeout", "the tool took longer than it may"},
		{&Error{Kind: TooLarge}, lockstep.FailureKindPermanent, "tool-too-large",
			"the result is too large for the grant"},
		{&Error{Kind: Unavailable, Why: "it crashed"}, lockstep.FailureKindTransient, "tool-unavailable", "it crashed"},
	} {
		failure := lockstep.FailureOf(one.err)
		if failure.Kind != one.kind || failure.Code != one.code || failure.Message != one.message {
			t.Errorf("%s: got %+v", one.code, *failure)
		}
	}
}
