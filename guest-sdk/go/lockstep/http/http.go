// Package http is requests to other servers, as the step's grant allows: its tables http say to which hosts, with which
// methods and paths.
//
//	rate, err := http.Get("https://rates.example.com/eur")
//	if err != nil {
//		return nil, err
//	}
//	body := map[string]string{"order": event.Order, "rate": rate.Text()}
//	answer, err := http.Post("https://api.example.com/v1/refunds").JSON(body).Key(event.Order).Send()
//	if err != nil {
//		return nil, err
//	}
//	if err := answer.Successful(); err != nil {
//		return nil, err
//	}
//
// What went wrong is an [*Error]. A handler that returns it fails: in a transient way where another attempt may
// succeed ("http-timeout", "http-connect", "http-tls", "http-protocol"), for good where not ("http-denied",
// "http-refused", "http-too-large", "http-invalid-request"). Secrets are the host's: name one in the grant, and
// leave the header out here.
package http

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"lockstep-sdk/internal/mend"
	"lockstep-sdk/internal/refusal"
	"lockstep-sdk/internal/text"
	"lockstep-sdk/lockstep"
)

// Request is one that is put together call by call; Send sends it.
type Request struct {
	method  string
	url     string
	headers []Header
	body    []byte
	timeout *uint64
	key     *string
	wrong   error
}

// Header is one header of a request or an answer.
type Header struct {
	Name  string
	Value string
}

// Response is an answer, whole. One with a status of 400 and more is an answer, too.
type Response struct {
	Status uint16
	// Headers have their names in lower case.
	Headers []Header
	// Body is as it came: nothing is unpacked.
	Body []byte
}

// Get asks for what is there.
func Get(url string) (*Response, error) {
	return NewRequest("GET", url).Send()
}

// Post begins a POST.
func Post(url string) *Request {
	return NewRequest("POST", url)
}

// NewRequest begins a request with any method.
func NewRequest(method, url string) *Request {
	return &Request{method: method, url: url}
}

// Header adds a header; a content-type takes the place of the one that is there.
func (request *Request) Header(name, value string) *Request {
	if isContentType(Header{Name: name}) {
		request.headers = slices.DeleteFunc(request.headers, isContentType)
	}
	request.headers = append(request.headers, Header{name, value})
	return request
}

// Body is what the request carries.
func (request *Request) Body(body []byte) *Request {
	request.body = body
	return request
}

// JSON is what the request carries, with the header that says so, unless it has a content-type. Where the value is
// nothing that JSON can say, Send fails.
func (request *Request) JSON(value any) *Request {
	written, err := text.Of(value)
	request.wrong = err
	if !slices.ContainsFunc(request.headers, isContentType) {
		request.Header("content-type", "application/json")
	}
	return request.Body([]byte(written))
}

func isContentType(header Header) bool {
	return strings.EqualFold(header.Name, "content-type")
}

// Timeout is how long the call may take; the grant's rule may allow less.
func (request *Request) Timeout(timeout time.Duration) *Request {
	request.timeout = lockstep.Some(uint64(max(timeout, 0).Milliseconds()))
	return request
}

// Key makes the call the same one again wherever it has the same key, where the grant's rule sends keys.
func (request *Request) Key(key string) *Request {
	request.key = &key
	return request
}

// Send sends the request and waits for the whole answer.
func (request *Request) Send() (*Response, error) {
	if request.wrong != nil {
		return nil, request.wrong
	}
	return send(request)
}

// Header is the first header of a name, whatever its case; false where there is none.
func (response *Response) Header(name string) (string, bool) {
	isIt := func(header Header) bool { return strings.EqualFold(header.Name, name) }
	if at := slices.IndexFunc(response.Headers, isIt); at >= 0 {
		return response.Headers[at].Value, true
	}
	return "", false
}

// Text is the body as text; what is no text in it becomes �.
func (response *Response) Text() string {
	return mend.UTF8(string(response.Body))
}

// Successful is nil if the status is in the 200s; else the failure "http-status", transient where the server may do
// better later: at 408, 425, 429 and from 500 on.
func (response *Response) Successful() error {
	message := fmt.Sprintf("the server answered with %d", response.Status)
	switch status := response.Status; {
	case status >= 200 && status < 300:
		return nil
	case status == 408 || status == 425 || status == 429 || status >= 500:
		return lockstep.Transient("http-status", message)
	default:
		return lockstep.Permanent("http-status", message)
	}
}

// Kind is what went wrong with a call.
type Kind string

const (
	// Denied: the grant does not allow it.
	Denied Kind = "denied"
	// Refused: the grant wants a person to decide, and that person said no, or nobody said anything in time.
	Refused Kind = "refused"
	// Timeout: it took longer than it may.
	Timeout Kind = "timeout"
	// TooLarge: the answer is larger than the grant's rule allows.
	TooLarge Kind = "too-large"
	// Connect: there is no connection, and nothing was sent.
	Connect Kind = "connect"
	// TLS: the server did not prove who it is, and nothing was sent.
	TLS Kind = "tls"
	// Protocol: what came back is no answer, or broke off.
	Protocol Kind = "protocol"
	// InvalidRequest: no request can be made of it.
	InvalidRequest Kind = "invalid-request"
)

var rules = map[Kind]refusal.Rule{
	Timeout:  {MayPass: true, Says: "the server did not answer in time"},
	TooLarge: {Says: "the answer is too large for the grant"},
	Connect:  {MayPass: true, Says: "no connection: WHY"},
	TLS:      {MayPass: true, Says: "no secure connection: WHY"},
	Protocol: {MayPass: true, Says: "no proper answer: WHY"},
}

// Error says why there is no answer:
//
//	var refused *http.Error
//	if errors.As(err, &refused) && refused.Kind == http.Refused {
type Error struct {
	Kind Kind
	// Why, in the words of the host; empty for Timeout and TooLarge.
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
	return refusal.Failure("http-"+string(err.Kind), err.Why, err.Denial, rules[err.Kind])
}
