// Package tools is tools of servers and of components, as the step's grant allows: its tables tools say which, with what
// arguments, and which calls a person decides on.
//
//	before, err := tools.Call("read_text_file", map[string]string{"path": "faq.md"})
//	if err != nil {
//		return nil, err
//	}
//
// Where the grant says approve, Call does not come back until a person has decided: the attempt ends, and a later
// one makes the same call and gets what came of it. So a step asks for the same again when it is run again; what it
// asked for otherwise is another call.
//
// What went wrong is an [*Error]. A handler that returns it fails: in a transient way where another attempt may
// succeed ("tool-timeout", "tool-unavailable"), for good where not ("tool-denied", "tool-refused",
// "tool-invalid-arguments", "tool-failed", "tool-too-large").
package tools

import (
	"lockstep-sdk/internal/refusal"
	"lockstep-sdk/internal/text"
	"lockstep-sdk/lockstep"
)

// Tool is one that the grant allows.
type Tool struct {
	// Name is as Call wants it.
	Name string
	// Description says what it does, in the words of whoever made it.
	Description string
	// InputSchema is the JSON Schema of its arguments, as the grant leaves them.
	InputSchema lockstep.JSON
}

// List is the tools that the grant allows, by name. One whose server cannot be reached now is not among them.
func List() []Tool {
	return list()
}

// Call calls a tool and waits for its result. Arguments are an object: a struct, a map, or JSON as it is.
func Call(name string, arguments any) (lockstep.JSON, error) {
	written, err := text.Of(arguments)
	if err != nil {
		return "", err
	}
	return call(name, written)
}

// Kind is what went wrong with a call.
type Kind string

const (
	// Denied: the grant does not allow it: the tool, an argument, or one more call.
	Denied Kind = "denied"
	// Refused: the grant wants a person to decide, and that person said no, or nobody said anything in time.
	Refused Kind = "refused"
	// InvalidArguments: the arguments are not what the tool takes, and nothing was called.
	InvalidArguments Kind = "invalid-arguments"
	// Failed: the tool was called, and says that it could not do it.
	Failed Kind = "failed"
	// Timeout: it took longer than it may.
	Timeout Kind = "timeout"
	// TooLarge: the result is larger than the grant allows.
	TooLarge Kind = "too-large"
	// Unavailable: the tool could not be reached, or was lost on the way.
	Unavailable Kind = "unavailable"
)

var rules = map[Kind]refusal.Rule{
	Timeout:     {MayPass: true, Says: "the tool took longer than it may"},
	TooLarge:    {Says: "the result is too large for the grant"},
	Unavailable: {MayPass: true},
}

// Error says why a call has no result:
//
//	var refused *tools.Error
//	if errors.As(err, &refused) && refused.Kind == tools.Refused {
type Error struct {
	Kind Kind
	// Why, in the words of the host or the tool; empty for Timeout and TooLarge.
	Why string
	// Denial is what was denied, for Denied alone.
	Denial *lockstep.Denial
}

// Error is the message of the failure.
func (err *Error) Error() string {
	return err.failure().Message
}

// Unwrap is the failure that a handler fails with when it returns the error.
func (err *Error) Unwrap() error {
	return err.failure()
}

func (err *Error) failure() *lockstep.Failure {
	return refusal.Failure("tool-"+string(err.Kind), err.Why, err.Denial, rules[err.Kind])
}
