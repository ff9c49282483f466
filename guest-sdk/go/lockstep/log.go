package lockstep

import (
	"fmt"

	"lockstep-sdk/internal/mend"
)

// level is how loud a line of the log is.
type level uint8

const (
	levelTrace level = iota
	levelDebug
	levelInfo
	levelWarn
	levelError
)

// Trace writes a line for whoever watches the step, as fmt.Sprint puts it together. In tests it goes to stderr.
func Trace(values ...any) { write(levelTrace, fmt.Sprint(values...)) }

// Debug writes a line at level debug, as fmt.Sprint puts it together.
func Debug(values ...any) { write(levelDebug, fmt.Sprint(values...)) }

// Info writes a line at level info, as fmt.Sprint puts it together.
func Info(values ...any) { write(levelInfo, fmt.Sprint(values...)) }

// Warn writes a line at level warn, as fmt.Sprint puts it together.
func Warn(values ...any) { write(levelWarn, fmt.Sprint(values...)) }

// Error writes a line at level error, as fmt.Sprint puts it together.
func Error(values ...any) { write(levelError, fmt.Sprint(values...)) }

// Tracef writes a line at level trace, as fmt.Sprintf puts it together.
func Tracef(format string, values ...any) { write(levelTrace, fmt.Sprintf(format, values...)) }

// Debugf writes a line at level debug, as fmt.Sprintf puts it together.
func Debugf(format string, values ...any) { write(levelDebug, fmt.Sprintf(format, values...)) }

// Infof writes a line at level info, as fmt.Sprintf puts it together.
func Infof(format string, values ...any) { write(levelInfo, fmt.Sprintf(format, values...)) }

// Warnf writes a line at level warn, as fmt.Sprintf puts it together.
func Warnf(format string, values ...any) { write(levelWarn, fmt.Sprintf(format, values...)) }

// Errorf writes a line at level error, as fmt.Sprintf puts it together.
func Errorf(format string, values ...any) { write(levelError, fmt.Sprintf(format, values...)) }

// write never fails for the sake of a line: what is no text in it becomes �.
func write(level level, line string) {
	log(level, mend.UTF8(line))
}
