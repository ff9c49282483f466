// Package handler runs the handlers of a step: an error, a panic and what cannot be handed over become failures, and
// never end the component.
package handler

import (
	"runtime"
	"strconv"
	"strings"
	"unsafe"

	"lockstep-sdk/internal/abi"
	"lockstep-sdk/internal/mend"
	"lockstep-sdk/lockstep"
)

// Result is what a handler came to.
type Result[T any] = lockstep.Result[T, lockstep.Failure]

// given is what the host may read until it calls again.
var given *abi.Call

// Run calls a handler that returns something.
func Run[T any](handler func() (T, error)) (result Result[T]) {
	defer recovered(func(failure lockstep.Failure) { result = lockstep.Err[T](failure) })
	value, err := handler()
	if err != nil {
		return lockstep.Err[T](*lockstep.FailureOf(err))
	}
	return lockstep.Ok[T, lockstep.Failure](value)
}

// Do calls a handler that returns nothing but an error.
func Do(handler func() error) Result[struct{}] {
	return Run(func() (struct{}, error) { return struct{}{}, handler() })
}

// Give hands over what a handler came to; what cannot be handed over is a failure.
func Give[T any](result Result[T], lower func(*abi.Call, Result[T]) unsafe.Pointer) (where unsafe.Pointer) {
	if result.Err != nil {
		result.Err = plain(*result.Err)
	}
	given = new(abi.Call)
	defer recovered(func(failure lockstep.Failure) {
		where = lower(given, lockstep.Err[T](*plain(failure)))
	})
	return lower(given, result)
}

// recovered is deferred: it makes a failure of a panic.
func recovered(fail func(lockstep.Failure)) {
	switch panicked := recover().(type) {
	case nil:
	case *lockstep.Failure:
		fail(*panicked)
	case abi.Invalid:
		fail(*lockstep.Permanent(panicked.Code, panicked.Message))
	default:
		stack := lockstep.JSON(`{"stack": ` + quoted(stack()) + `}`)
		fail(*lockstep.Permanent("exception", text(panicked)).WithDetails(stack))
	}
}

// text is what a panic says, without fmt: most components are half a megabyte smaller for it.
func text(panicked any) string {
	switch panicked := panicked.(type) {
	case error:
		return panicked.Error()
	case interface{ String() string }:
		return panicked.String()
	case string:
		return panicked
	case int:
		return strconv.Itoa(panicked)
	default:
		return "a panic with a value that is no text"
	}
}

// stack is that of the goroutine, from where it panicked up to the handler.
func stack() string {
	buffer := make([]byte, 16<<10)
	stack := string(buffer[:runtime.Stack(buffer, false)])
	if _, after, found := strings.Cut(stack, "\npanic("); found {
		_, after, _ = strings.Cut(after, "\n")
		_, stack, _ = strings.Cut(after, "\n")
	}
	stack, _, _ = strings.Cut(stack, "\nmain.export")
	return stack
}

// plain is a failure whose texts can be handed over whatever is in them.
func plain(failure lockstep.Failure) *lockstep.Failure {
	failure.Code = mend.UTF8(failure.Code)
	failure.Message = mend.UTF8(failure.Message)
	if failure.Details != nil {
		failure.Details = lockstep.Some(lockstep.JSON(mend.UTF8(string(*failure.Details))))
	}
	return &failure
}

// quoted is a text as JSON writes it, without encoding/json for the same reason.
func quoted(text string) string {
	const hex = "0123456789abcdef"
	var json strings.Builder
	json.WriteByte('"')
	for _, char := range mend.UTF8(text) {
		switch {
		case char == '"' || char == '\\':
			json.WriteByte('\\')
			json.WriteRune(char)
		case char == '\n':
			json.WriteString(`\n`)
		case char < ' ':
			json.WriteString(`\u00` + hex[char>>4:char>>4+1] + hex[char&15:char&15+1])
		default:
			json.WriteRune(char)
		}
	}
	json.WriteByte('"')
	return json.String()
}
