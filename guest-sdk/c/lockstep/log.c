// The log of a step.

#include "log.h"

#include <stdarg.h>

text lockstep_formatted(const char *format, va_list values);

#define LEVEL(name, level)                            \
  void name(const char *format, ...) {                \
    va_list values;                                   \
    va_start(values, format);                         \
    text line = lockstep_formatted(format, values);   \
    va_end(values);                                   \
    lockstep_log_log(level, &line);                   \
    free(line.ptr);                                   \
  }

LEVEL(log_trace, LOCKSTEP_LOG_LEVEL_TRACE)
LEVEL(log_debug, LOCKSTEP_LOG_LEVEL_DEBUG)
LEVEL(log_info, LOCKSTEP_LOG_LEVEL_INFO)
LEVEL(log_warn, LOCKSTEP_LOG_LEVEL_WARN)
LEVEL(log_error, LOCKSTEP_LOG_LEVEL_ERROR)

void lockstep_last_words(text words) { lockstep_log_log(LOCKSTEP_LOG_LEVEL_ERROR, &words); }
