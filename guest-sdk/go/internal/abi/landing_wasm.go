package abi

import "unsafe"

// What the host hands over it puts where realloc says. No call may leave the component in the meantime, and whatever
// Go's own allocator does may ask for the time. So that memory comes from outside of the heap, is filled from its
// beginning, and is used again as soon as nobody reads it.
var landing struct {
	begin unsafe.Pointer
	size  uintptr
	used  uintptr
	// readers are those who copy something out of it: another goroutine may call the host while one does.
	readers int
}

// early is the room of the WASI adapter: its stack and its state, of 64 KiB each. It asks for them while the runtime
// of Go begins, and keeps them for good.
var (
	early [3 << 13]uint64
	taken uint32
)

// outside is an address that no memory has, so that the host says that there is none.
const outside = 0xffff_0000

// sbrk is how the runtime takes memory from the system.
//
//go:linkname sbrk runtime.sbrk
func sbrk(size uintptr) unsafe.Pointer

// Begin goes before a call of the host: what it answers lands from now on.
func (call *Call) Begin() {
	if landing.readers == 0 {
		landing.used = 0
	}
	landing.readers++
}

// End goes after the answer is copied. Until then the call holds what the host has read.
func (call *Call) End() {
	landing.readers--
	call.held = nil
}

// Arrived goes before what a call by the host brings is copied.
func Arrived() {
	landing.readers++
}

// Copied goes after that.
func Copied() {
	landing.readers--
}

//go:wasmexport cabi_realloc
func realloc(_ unsafe.Pointer, _, align, size uint32) unsafe.Pointer {
	from := (landing.used + uintptr(align) - 1) &^ (uintptr(align) - 1)
	if from+uintptr(size) > landing.size {
		// What has landed so far stays where it is, for those who read it.
		larger := max(2*landing.size, uintptr(size), 1<<16)
		begin := sbrk(larger)
		if begin == nil {
			return Address(outside)
		}
		landing.begin, landing.size, from = begin, larger, 0
	}
	landing.used = from + uintptr(size)
	return unsafe.Add(landing.begin, from)
}

//go:wasmexport cabi_realloc_adapter
func reallocAdapter(_ unsafe.Pointer, _, _, size uint32) unsafe.Pointer {
	from := taken
	taken += (size + 7) / 8
	return unsafe.Pointer(&early[from])
}
