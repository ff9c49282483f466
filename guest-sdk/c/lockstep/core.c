// Texts, failures and the end of an attempt.

#include "core.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/// How many bytes belong together here: a character of UTF-8, or as much of one as there is.
static size_t character(const uint8_t *at, size_t left, bool *is_whole) {
  uint8_t first = at[0];
  size_t length = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
  uint8_t low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  uint8_t high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  size_t there = 1;
  for (; there < length && there < left && at[there] >= low && at[there] <= high; there++) low = 0x80, high = 0xBF;
  *is_whole = there == length;
  return there;
}

text text_from(const void *bytes, size_t length) {
  const uint8_t *from = bytes;
  bool is_whole;
  size_t size = 0;
  for (size_t i = 0, next; i < length; i = next) {
    next = i + character(from + i, length - i, &is_whole);
    size += is_whole ? next - i : 3;
  }
  text made = {take(uint8_t, size + 1), 0};
  for (size_t i = 0, next; i < length; i = next) {
    next = i + character(from + i, length - i, &is_whole);
    memcpy(made.ptr + made.len, is_whole ? from + i : (const uint8_t *)"\xEF\xBF\xBD", is_whole ? next - i : 3);
    made.len += is_whole ? next - i : 3;
  }
  return made;
}

static bool is_utf8(text it) {
  bool is_whole = true;
  for (size_t i = 0; is_whole && i < it.len;) i += character(it.ptr + i, it.len - i, &is_whole);
  return is_whole;
}

/// `%.3s` and `%c` may cut a character, and the host takes none that is cut.
text lockstep_formatted(const char *format, va_list values) {
  va_list again;
  va_copy(again, values);
  int length = vsnprintf(NULL, 0, format, again);
  va_end(again);
  if (length < 0) panic("`%s` cannot be formatted", format);
  text made = {take(uint8_t, (size_t)length + 1), (size_t)length};
  vsnprintf((char *)made.ptr, made.len + 1, format, values);
  if (is_utf8(made)) return made;
  text mended = text_from(made.ptr, made.len);
  free(made.ptr);
  return mended;
}

text text_printf(const char *format, ...) {
  va_list values;
  va_start(values, format);
  text made = lockstep_formatted(format, values);
  va_end(values);
  return made;
}

text text_copy(text it) {
  text made = {take(uint8_t, it.len + 1), it.len};
  if (it.len) memcpy(made.ptr, it.ptr, it.len);
  return made;
}

outcome fail_with(failure why) {
  failure *kept = take(failure, 1);
  *kept = why;
  kept->code = text_from(why.code.ptr, why.code.len);
  kept->message = text_from(why.message.ptr, why.message.len);
  if (why.details.is_some) kept->details.val = text_from(why.details.val.ptr, why.details.val.len);
  outcome told = {NULL, kept};
  return told;
}

static outcome failed(lockstep_types_failure_kind_t kind, const char *code, const char *format, va_list values) {
  failure why = {.kind = kind, .code = text(code), .message = lockstep_formatted(format, values)};
  return fail_with(why);
}

outcome fail_transient(const char *code, const char *format, ...) {
  va_list values;
  va_start(values, format);
  outcome told = failed(TRANSIENT, code, format, values);
  va_end(values);
  return told;
}

outcome fail_permanent(const char *code, const char *format, ...) {
  va_list values;
  va_start(values, format);
  outcome told = failed(PERMANENT, code, format, values);
  va_end(values);
  return told;
}

static failure of(outcome told, const char *function) {
  if (!told.failed) panic("%s wants a failure, and was given an event", function);
  return *told.failed;
}

outcome fail_retry_after(outcome told, uint64_t milliseconds) {
  failure why = of(told, "fail_retry_after");
  why.retry_after_ms.is_some = true;
  why.retry_after_ms.val = milliseconds;
  return fail_with(why);
}

outcome fail_details(outcome told, text json) {
  failure why = of(told, "fail_details");
  why.details.is_some = true;
  why.details.val = json;
  return fail_with(why);
}

/// Where a log is imported, `log.c` has one that writes there.
__attribute__((weak)) void lockstep_last_words(text words) { (void)words; }

void lockstep_panic(const char *file, int line, const char *format, ...) {
  va_list values;
  va_start(values, format);
  text message = lockstep_formatted(format, values);
  va_end(values);
  lockstep_last_words(text_printf("panicked at %s:%d:\n%s", file, line, cstr(message)));
  __builtin_trap();
}

/// What `assert` calls.
__attribute__((noreturn)) void __assert_fail(const char *claim, const char *file, int line, const char *function) {
  (void)function;
  lockstep_panic(file, line, "assertion failed: %s", claim);
}
