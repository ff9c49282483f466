// Package refusal makes failures of calls that did not work out.
package refusal

import (
	"strings"

	"lockstep-sdk/lockstep"
)

// Rule is what becomes of one kind of them.
type Rule struct {
	// MayPass: another attempt may succeed.
	MayPass bool
	// Says is the message, with WHY in the place of the reason; without it the reason is the message.
	Says string
}

// Failure is the one that a handler fails with. The denial is there if the grant does not allow the call.
func Failure(code, why string, denial *lockstep.Denial, rule Rule) *lockstep.Failure {
	message := why
	switch {
	case denial != nil:
		message = "the grant does not allow `" + denial.What + "`: " + denial.Why
	case rule.Says != "":
		message = strings.ReplaceAll(rule.Says, "WHY", why)
	}
	if rule.MayPass {
		return lockstep.Transient(code, message)
	}
	return lockstep.Permanent(code, message)
}
