package tools

import "lockstep-sdk/lockstep"

func list() []Tool {
	found := hostList()
	tools := make([]Tool, len(found))
	for i, tool := range found {
		tools[i] = Tool(tool)
	}
	return tools
}

func call(name string, arguments lockstep.JSON) (lockstep.JSON, error) {
	result := hostCall(name, arguments)
	if result.Err != nil {
		return "", wrong(*result.Err)
	}
	return *result.Ok, nil
}

func wrong(err hostError) *Error {
	switch err := err.(type) {
	case hostErrorDenied:
		return &Error{Kind: Denied, Denial: &err.Value, Why: err.Value.Why}
	case hostErrorRefused:
		return &Error{Kind: Refused, Why: err.Value}
	case hostErrorInvalidArguments:
		return &Error{Kind: InvalidArguments, Why: err.Value}
	case hostErrorFailed:
		return &Error{Kind: Failed, Why: err.Value}
	case hostErrorTimeout:
		return &Error{Kind: Timeout}
	case hostErrorTooLarge:
		return &Error{Kind: TooLarge}
	case hostErrorUnavailable:
		return &Error{Kind: Unavailable, Why: err.Value}
	default:
		panic("the host gave an error that it does not have")
	}
}
