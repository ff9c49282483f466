// Package text turns Go values into JSON and back, losing nothing on the way: numbers beyond 2^53 stay what they
// are, and text that is not UTF-8 is an error.
package text

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"lockstep-sdk/lockstep"
)

// replaced is what encoding/json writes for bytes that are no UTF-8, as older and newer versions of it spell it.
var replaced = [][]byte{[]byte(`\ufffd`), []byte("\ufffd")}

// Of is a value as JSON. JSON that is given as such is taken as it is.
func Of(value any) (lockstep.JSON, error) {
	if given, isJSON := value.(lockstep.JSON); isJSON {
		return given, nil
	}
	written, err := json.Marshal(value)
	if err != nil {
		return "", err
	}
	isIn := func(mark []byte) bool { return bytes.Contains(written, mark) }
	if slices.ContainsFunc(replaced, isIn) && !isUTF8(reflect.ValueOf(value)) {
		return "", fmt.Errorf("json: the %T holds text that is not UTF-8", value)
	}
	return lockstep.JSON(written), nil
}

// As reads JSON. A number that goes into an any is a json.Number, which has all its digits.
func As[T any](given lockstep.JSON) (T, error) {
	var value T
	if raw, isJSON := any(&value).(*lockstep.JSON); isJSON {
		*raw = given
		return value, nil
	}
	decoder := json.NewDecoder(strings.NewReader(string(given)))
	decoder.UseNumber()
	err := decoder.Decode(&value)
	return value, err
}

// isUTF8 says whether all texts in a value are. It ends, since encoding/json has come to the end of it before.
func isUTF8(value reflect.Value) bool {
	switch value.Kind() {
	case reflect.String:
		return utf8.ValidString(value.String())
	case reflect.Pointer, reflect.Interface:
		return value.IsNil() || isUTF8(value.Elem())
	case reflect.Slice, reflect.Array:
		for i := range value.Len() {
			if !isUTF8(value.Index(i)) {
				return false
			}
		}
	case reflect.Map:
		for each := value.MapRange(); each.Next(); {
			if !isUTF8(each.Key()) || !isUTF8(each.Value()) {
				return false
			}
		}
	case reflect.Struct:
		for i := range value.NumField() {
			if !isUTF8(value.Field(i)) {
				return false
			}
		}
	}
	return true
}
