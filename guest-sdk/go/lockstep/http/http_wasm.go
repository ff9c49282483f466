package http

import "lockstep-sdk/lockstep"

func send(request *Request) (*Response, error) {
	headers := make([]lockstep.Tuple2[string, string], len(request.headers))
	for i, header := range request.headers {
		headers[i] = lockstep.Tuple2[string, string]{F0: header.Name, F1: header.Value}
	}
	result := hostFetch(hostRequest{
		Method:    request.method,
		Url:       request.url,
		Headers:   headers,
		Body:      request.body,
		TimeoutMs: request.timeout,
		Key:       request.key,
	})
	if result.Err != nil {
		return nil, wrong(*result.Err)
	}
	response := &Response{Status: result.Ok.Status, Body: result.Ok.Body}
	for _, header := range result.Ok.Headers {
		response.Headers = append(response.Headers, Header{header.F0, header.F1})
	}
	return response, nil
}

func wrong(err hostError) *Error {
	switch err := err.(type) {
	case hostErrorDenied:
		return &Error{Kind: Denied, Denial: &err.Value, Why: err.Value.Why}
	case hostErrorRefused:
		return &Error{Kind: Refused, Why: err.Value}
	case hostErrorTimeout:
		return &Error{Kind: Timeout}
	case hostErrorTooLarge:
		return &Error{Kind: TooLarge}
	case hostErrorConnect:
		return &Error{Kind: Connect, Why: err.Value}
	case hostErrorTls:
		return &Error{Kind: TLS, Why: err.Value}
	case hostErrorProtocol:
		return &Error{Kind: Protocol, Why: err.Value}
	case hostErrorInvalidRequest:
		return &Error{Kind: InvalidRequest, Why: err.Value}
	default:
		panic("the host gave an error that it does not have")
	}
}
