//go:build !wasm

package http

// Sent is a request as it would leave.
type Sent struct {
	Method  string
	URL     string
	Headers []Header
	Body    []byte
}

var answer = func(sent Sent) (*Response, error) {
	return nil, &Error{Kind: Connect, Why: "there is no server in a test; http.StandIn puts one in its place"}
}

// StandIn answers the requests of a test in the place of all servers. A component has no such function.
func StandIn(server func(sent Sent) (*Response, error)) {
	answer = server
}

func send(request *Request) (*Response, error) {
	return answer(Sent{request.method, request.url, request.headers, request.body})
}
