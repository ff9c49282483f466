// Package lockstep is what every step has: failures, JSON, values that Go has no word for, and, where its world
// imports it, the log.
package lockstep

import (
	"errors"
	"time"
)

// FailureKind says whether another attempt may help.
type FailureKind uint8

const (
	// FailureKindTransient: another attempt may succeed.
	FailureKindTransient FailureKind = iota
	// FailureKindPermanent: no attempt will help.
	FailureKindPermanent
)

// Failure says why a handler could not handle its event. A handler returns it as its error:
//
//	return nil, lockstep.Transient("ledger-busy", "the ledger is being closed").RetryAfter(2 * time.Second)
//
// Any other error becomes a permanent failure with the code "error" and the error's text.
type Failure struct {
	// Kind says whether another attempt may help.
	Kind FailureKind
	// Code is short and stable, for people and rules to match: "card-declined".
	Code string
	// Message says what happened, for people.
	Message string
	// RetryAfterMs says when to try again, in milliseconds from now; without it the retry policy decides.
	RetryAfterMs *uint64
	// Details are more for machines to read.
	Details *JSON
}

// Transient makes a failure that another attempt may mend; the step's retry policy decides how many there are.
func Transient(code, message string) *Failure {
	return &Failure{Kind: FailureKindTransient, Code: code, Message: message}
}

// Permanent makes a failure that no attempt will mend.
func Permanent(code, message string) *Failure {
	return &Failure{Kind: FailureKindPermanent, Code: code, Message: message}
}

// RetryAfter gives the failure with the time when to try again, counted from now.
func (failure Failure) RetryAfter(wait time.Duration) *Failure {
	failure.RetryAfterMs = Some(uint64(max(wait, 0).Milliseconds()))
	return &failure
}

// WithDetails gives the failure with more for machines to read. The host checks that it is JSON.
func (failure Failure) WithDetails(details JSON) *Failure {
	failure.Details = &details
	return &failure
}

// Error is the message. One that is nil is an error all the same, once it is returned as one.
func (failure *Failure) Error() string {
	if failure == nil {
		return "a nil *lockstep.Failure"
	}
	return failure.Message
}

// FailureOf is the failure that a handler fails with when it returns this error: the failure itself; one that the
// error wraps, with the text of the whole error as its message; or a permanent one with the code "error".
func FailureOf(err error) *Failure {
	var wrapped *Failure
	if !errors.As(err, &wrapped) || wrapped == nil {
		return Permanent("error", err.Error())
	}
	failure := *wrapped
	failure.Message = err.Error()
	return &failure
}
