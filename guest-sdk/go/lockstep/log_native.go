//go:build !wasm

package lockstep

import (
	"fmt"
	"os"
)

func log(level level, line string) {
	names := [...]string{"trace", "debug", "info", "warn", "error"}
	fmt.Fprintf(os.Stderr, "%s: %s\n", names[level], line)
}
