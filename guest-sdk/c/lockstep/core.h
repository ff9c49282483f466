// For authors of Lockstep steps in C and C++: texts, memory, failures, and what a handler returns. `step.h`, which
// `lockstep build` writes for the step's world, includes this and the parts for what the world imports.
//
// Memory: an attempt runs in a fresh instance that is thrown away afterwards, so nothing has to be freed. What comes
// in (events, answers) is there until the attempt ends. What goes out is copied when it is handed over, by `emit`
// and by every other call: it may lie in a local buffer.

#ifndef LOCKSTEP_CORE_H
#define LOCKSTEP_CORE_H

#include "bindings.h"

#include <stdlib.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/// UTF-8, `len` bytes at `ptr`. Whatever the host or this SDK makes has a zero byte behind its end, so that it is
/// a C string too: see `cstr`.
typedef bindings_string_t text;

/// The text that a C string holds, without a copy.
#define text(string) lockstep_text(string)

static inline text lockstep_text(const char *string) {
  text made = {(uint8_t *)string, strlen(string)};
  return made;
}

/// A text as a C string, for `%s` and for C's own functions. Not for a text that was cut out of another by hand:
/// copy that first, with `text_copy`.
static inline const char *cstr(text it) { return it.len ? (const char *)it.ptr : ""; }

/// A text by the rules of `printf`; what is no UTF-8 in it becomes U+FFFD.
text text_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/// The same text in memory of its own, with a zero byte behind it.
text text_copy(text it);

/// Bytes as text; what is no UTF-8 in them becomes U+FFFD, as much of a character as there is becomes one.
text text_from(const void *bytes, size_t length);

/// Whether a text is just this C string.
static inline bool text_is(text it, const char *string) {
  size_t length = strlen(string);
  return it.len == length && (length == 0 || memcmp(it.ptr, string, length) == 0);
}

/// Whether two texts are the same.
static inline bool text_same(text one, text other) {
  return one.len == other.len && (one.len == 0 || memcmp(one.ptr, other.ptr, one.len) == 0);
}

/// The value of an option that has one, where an initializer stands: `.session = some(name)`. An option that is
/// left out has none.
#define some(...) {true, __VA_ARGS__}

void *lockstep_take(size_t size, size_t count);

/// Room for so many values of a type, all zero: `point *points = take(point, 3);`, in C++ `take<point>(3)`.
#ifndef __cplusplus
#define take(type, count) ((type *)lockstep_take(sizeof(type), (count)))
#else
extern "C++" template <typename type> type *take(size_t count) {
  return static_cast<type *>(lockstep_take(sizeof(type), count));
}
#endif

/// Why a handler could not handle its event: `kind`, `code`, `message`, and if there is more to say
/// `retry_after_ms` and `details`, which is JSON.
typedef lockstep_types_failure_t failure;

/// Another attempt may succeed.
#define TRANSIENT LOCKSTEP_TYPES_FAILURE_KIND_TRANSIENT
/// No attempt will help.
#define PERMANENT LOCKSTEP_TYPES_FAILURE_KIND_PERMANENT

/// What a handler returns. Its `emit` makes one of an event, the functions below of a failure; nothing else does.
typedef struct outcome {
  const void *emitted;
  const failure *failed;
} __attribute__((warn_unused_result)) outcome;

/// Another attempt may succeed; the step's retry policy decides how many there are. The code is for rules to match,
/// the rest a message for people by the rules of `printf`.
outcome fail_transient(const char *code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/// No attempt will help.
outcome fail_permanent(const char *code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/// A failure with all that it can say. What is no UTF-8 in its texts becomes U+FFFD.
outcome fail_with(failure why);

/// When to try again, counted from now; without it the retry policy decides.
outcome fail_retry_after(outcome failed, uint64_t milliseconds);

/// More for machines to read: JSON text, which the host checks.
outcome fail_details(outcome failed, text json);

/// The value of a call that may fail. Where it has failed, the function that this stands in returns the failure:
/// `http_response answer = TRY(http_get(url));`.
#define TRY(call)                                 \
  __extension__({                                 \
    __typeof__(call) lockstep_result = (call);    \
    if (lockstep_result.failed)                   \
      return fail_with(lockstep_result.failure);  \
    lockstep_result.value;                        \
  })

/// A text, or why there is none.
typedef struct text_result {
  bool failed;
  struct lockstep_types_failure_t failure;
  text value;
} text_result;

/// Ends the attempt with a message by the rules of `printf`: for what must not happen. A failed `assert` does the
/// same, and in C `abort()`. The host knows the message from the step's log, so the world must import
/// `lockstep:step/log`.
#define panic(...) lockstep_panic(__FILE__, __LINE__, __VA_ARGS__)

void lockstep_panic(const char *file, int line, const char *format, ...)
    __attribute__((noreturn, format(printf, 3, 4)));

#ifndef __cplusplus
#define abort() panic("abort() was called")
#endif

#ifdef __cplusplus
}
#endif
#endif
