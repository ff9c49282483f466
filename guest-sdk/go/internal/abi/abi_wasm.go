// Package abi carries values over the border of the component: what the generated bindings are written with.
//
// What goes out lies in the heap of Go, whose objects do not move; a [Call] holds it for as long as the host may read
// it. What comes in lands outside of that heap, and is copied (see landing_wasm.go).
package abi

import (
	"unicode/utf8"
	"unsafe"
)

// Call is one call of the host, or the end of a call by the host: it holds the memory that the other side reads.
type Call struct {
	held []unsafe.Pointer
}

// Invalid is what a step wanted to hand over and what has no form on the other side.
type Invalid struct {
	Code    string
	Message string
}

// Room is memory for so many bytes, all zero.
func (call *Call) Room(size int) unsafe.Pointer {
	if size == 0 {
		return nil
	}
	return call.hold(unsafe.Pointer(unsafe.SliceData(make([]uint64, (size+7)/8))))
}

// Text is where a text lies, and its length.
func (call *Call) Text(path, text string) (unsafe.Pointer, uint32) {
	if !utf8.ValidString(text) {
		Refuse(path, "is not UTF-8")
	}
	return call.hold(unsafe.Pointer(unsafe.StringData(text))), uint32(len(text))
}

// Numbers is where the numbers of a list lie, and how many there are.
func Numbers[T any](call *Call, numbers []T) (unsafe.Pointer, uint32) {
	return call.hold(unsafe.Pointer(unsafe.SliceData(numbers))), uint32(len(numbers))
}

func (call *Call) hold(pointer unsafe.Pointer) unsafe.Pointer {
	call.held = append(call.held, pointer)
	return pointer
}

// At is the value so many bytes from a place.
func At[T any](place unsafe.Pointer, offset int) *T {
	return (*T)(unsafe.Add(place, offset))
}

// Address is a place by its number.
func Address(number uint32) unsafe.Pointer {
	return unsafe.Pointer(uintptr(number))
}

// Number is the number of a place.
func Number(place unsafe.Pointer) uint32 {
	return uint32(uintptr(place))
}

// String is a copy of the text at a place.
func String(place unsafe.Pointer, length uint32) string {
	return string(unsafe.Slice((*byte)(place), length))
}

// List is a copy of the numbers at a place.
func List[T any](place unsafe.Pointer, length uint32) []T {
	numbers := make([]T, length)
	copy(numbers, unsafe.Slice((*T)(place), length))
	return numbers
}

// Bool is 1 for true.
func Bool(value bool) int32 {
	if value {
		return 1
	}
	return 0
}

// Char is a character by its number.
func Char(path string, char rune) int32 {
	if !utf8.ValidRune(char) {
		Refuse(path, "is no character")
	}
	return char
}

// Case is a case of an enum by its number; it has so many.
func Case(path string, number, cases uint32) int32 {
	if number >= cases {
		Refuse(path, "is no case of its enum")
	}
	return int32(number)
}

// Flags are flags by their bits.
func Flags(path string, bits, all uint32) int32 {
	if bits&^all != 0 {
		Refuse(path, "has flags that its type does not have")
	}
	return int32(bits)
}

// Refuse ends the call: something has no form on the other side.
func Refuse(path, why string) {
	panic(Invalid{"invalid-value", "`" + path + "` " + why})
}

// Undeclared ends the call: an event is none that the world declares there.
func Undeclared(path, declared string) {
	panic(Invalid{"undeclared-event", "`" + path + "` is none of " + declared})
}
