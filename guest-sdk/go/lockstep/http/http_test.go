package http

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"lockstep-sdk/lockstep"
)

func TestARequestIsWhatWasPutTogether(t *testing.T) {
	request := Post("https://a.example/").JSON(map[string]int{"n": 1}).Timeout(time.Second).Key("7")
	if request.method != "POST" || string(request.body) != `{"n":1}` || *request.timeout != 1_000 || *request.key != "7" {
		t.Errorf("got %+v", request)
	}
	if len(request.headers) != 1 || request.headers[0] != (Header{"content-type", "application/json"}) {
		t.Errorf("got %v", request.headers)
	}
	if _, err := Post("https://a.example/").JSON(func() {}).Send(); err == nil {
		t.Error("what is no JSON was sent")
	}
}

func TestARequestHasTheOneContentTypeThatItsAuthorGives(t *testing.T) {
	patch := Header{"Content-Type", "application/merge-patch+json"}
	for _, request := range []*Request{
		Post("https://a.example/").Header("accept", "x").Header(patch.Name, patch.Value).JSON(1),
		Post("https://a.example/").Header("accept", "x").JSON(1).Header(patch.Name, patch.Value),
	} {
		if !slices.Equal(request.headers, []Header{{"accept", "x"}, patch}) {
			t.Errorf("got %v", request.headers)
		}
	}
}

func TestAStandInAnswersInATest(t *testing.T) {
	StandIn(func(sent Sent) (*Response, error) {
		return &Response{Status: 200, Headers: []Header{{"x-kind", "tea"}}, Body: []byte(sent.Method + "\xff\xe2\x82")}, nil
	})
	answer, err := Get("https://a.example/")
	if err != nil || answer.Text() != "GET��" {
		t.Fatalf("got %v, %v", answer, err)
	}
	if kind, found := answer.Header("X-Kind"); !found || kind != "tea" {
		t.Errorf("got %q", kind)
	}
	if _, found := answer.Header("y"); found {
		t.Error("there is no such header")
	}
}

func TestStatusesThatMayPassAreTransient(t *testing.T) {
	kinds := map[uint16]lockstep.FailureKind{
		302: lockstep.FailureKindPermanent,
		404: lockstep.FailureKindPermanent,
		429: lockstep.FailureKindTransient,
		503: lockstep.FailureKindTransient,
	}
	for status, kind := range kinds {
		failure := lockstep.FailureOf((&Response{Status: status}).Successful())
		want := fmt.Sprintf("the server answered with %d", status)
		if failure.Kind != kind || failure.Code != "http-status" || failure.Message != want {
			t.Errorf("%d: got %+v", status, *failure)
		}
	}
	if err := (&Response{Status: 204}).Successful(); err != nil {
		t.Error(err)
	}
}

func TestWhatWentWrongIsAFailureThatRulesCanMatch(t *testing.T) {
	denial := &lockstep.Denial{Capability: "http", What: "GET https://a.example/", Why: "path"}
	for _, one := range []struct {
		err     *Error
		kind    lockstep.FailureKind
		code    string
		message string
	}{
		{&Error{Kind: Denied, Denial: denial}, lockstep.FailureKindPermanent, "http-denied",
			"the grant does not allow `GET https://a.example/`: path"},
		{&Error{Kind: Denied, Why: "host"}, lockstep.FailureKindPermanent, "http-denied", "host"},
		{&Error{Kind: Refused, Why: "not today"}, lockstep.FailureKindPermanent, "http-refused", "not today"},
		{&Error{Kind: Timeout}, lockstep.FailureKindTransient, "http-timeout", "the server did not answer in time"},
		{&Error{Kind: TooLarge}, lockstep.FailureKindPermanent, "http-too-large",
			"the answer is too large for the grant"},
		{&Error{Kind: Connect, Why: "no"}, lockstep.FailureKindTransient, "http-connect", "no connection: no"},
		{&Error{Kind: TLS, Why: "no"}, lockstep.FailureKindTransient, "http-tls", "no secure connection: no"},
		{&Error{Kind: Protocol, Why: "no"}, lockstep.FailureKindTransient, "http-protocol", "no proper answer: no"},
		{&Error{Kind: InvalidRequest, Why: "n"}, lockstep.FailureKindPermanent, "http-invalid-request", "n"},
	} {
		failure := lockstep.FailureOf(one.err)
		if failure.Kind != one.kind || failure.Code != one.code || failure.Message != one.message {
			t.Errorf("%s: got %+v", one.code, *failure)
		}
		var found *Error
		if !errors.As(fmt.Errorf("wrapped: %w", one.err), &found) || found.Kind != one.err.Kind {
			t.Errorf("%s: it is not found again", one.code)
		}
	}
}
