package lockstep

// JSON is JSON text, for data that WIT cannot type. The host checks that it is JSON. encoding/json reads it:
//
//	err := json.Unmarshal([]byte(event.Body), &body)
type JSON string

// MarshalJSON is the text itself.
func (text JSON) MarshalJSON() ([]byte, error) {
	return []byte(text), nil
}

// UnmarshalJSON keeps the text as it is.
func (text *JSON) UnmarshalJSON(data []byte) error {
	*text = JSON(data)
	return nil
}

// Result is either what worked out or what went wrong: one of the two is not nil.
type Result[T, E any] struct {
	Ok  *T
	Err *E
}

// Ok makes a result that worked out.
func Ok[T, E any](value T) Result[T, E] {
	return Result[T, E]{Ok: &value}
}

// Err makes a result that went wrong.
func Err[T, E any](value E) Result[T, E] {
	return Result[T, E]{Err: &value}
}

// Some is a value that is there, for a field that may also hold nil.
func Some[T any](value T) *T {
	return &value
}

// Denial is a call that the grant does not allow.
type Denial struct {
	// Capability is the interface that it went through: "http", "tools".
	Capability string
	// What was asked: "POST https://api.example.com/v1/payouts".
	What string
	// Why, in one word: host, scheme, port, method, path, query, network; tool, argument, pin, budget.
	Why string
}
