// A reader that walks JSON text and keeps nothing of it. A position is a pointer into the text; NULL is the end of a
// text that is no JSON.

#include "json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

typedef const char *position;

static position space(position at, position end) {
  while (at && at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r')) at++;
  return at;
}

/// Behind one character, and behind the space around it.
static position behind(position at, position end, char wanted) {
  at = space(at, end);
  return at && at < end && *at == wanted ? space(at + 1, end) : NULL;
}

static position behind_string(position at, position end) {
  if (!at || at >= end || *at != '"') return NULL;
  for (at++; at < end && *at != '"'; at++)
    if (*at == '\\' && ++at >= end) return NULL;
  return at < end ? at + 1 : NULL;
}

/// Behind a whole value: brackets are counted, what lies in them is not looked at.
static position behind_value(position at, position end) {
  position begin = at;
  size_t depth = 0;
  while (at && at < end) {
    if (*at == '"') {
      at = behind_string(at, end);
    } else if (*at == '{' || *at == '[') {
      depth++, at++;
    } else if (*at == '}' || *at == ']') {
      if (depth == 0) return at > begin ? at : NULL;
      depth--, at++;
    } else if (depth == 0 && (*at == ',' || *at == ' ' || *at == '\t' || *at == '\n' || *at == '\r')) {
      return at > begin ? at : NULL;
    } else {
      at++;
      continue;
    }
    if (depth == 0) return at;
  }
  return depth == 0 && at && at > begin ? at : NULL;
}

static text part(position begin, position end) { return text_from(begin, (size_t)(end - begin)); }

/// Whether a JSON string, with its quotes, is this name. Only one with escapes has to be read for it.
static bool is_key(text quoted, const char *name) {
  text key = {quoted.ptr + 1, quoted.len - 2};
  if (!memchr(key.ptr, '\\', key.len)) return text_is(key, name);
  if (!json_text(quoted, &key)) return false;
  bool is_it = text_is(key, name);
  free(key.ptr);
  return is_it;
}

bool json_member(text object, const char *name, text *value) {
  position end = cstr(object) + object.len;
  for (position at = behind(cstr(object), end, '{'); at;) {
    position key = behind_string(at, end);
    position from = key ? behind(key, end, ':') : NULL;
    position to = from ? behind_value(from, end) : NULL;
    if (!to) return false;
    text quoted = {(uint8_t *)at, (size_t)(key - at)};
    if (is_key(quoted, name)) {
      *value = part(from, to);
      return true;
    }
    at = behind(to, end, ',');
  }
  return false;
}

bool json_element(text array, size_t index, text *value) {
  position end = cstr(array) + array.len;
  for (position at = behind(cstr(array), end, '['); at; index--) {
    position to = behind_value(at, end);
    if (to && index == 0) *value = part(at, to);
    if (!to || index == 0) return to;
    at = behind(to, end, ',');
  }
  return false;
}

/// The four digits of `\uXXXX`, or -1.
static long digits(position at, position end) {
  char copy[5] = {0};
  if (end - at < 4) return -1;
  for (int i = 0; i < 4; i++) {
    if (!strchr("0123456789abcdefABCDEF", at[i]) || !at[i]) return -1;
    copy[i] = at[i];
  }
  return strtol(copy, NULL, 16);
}

static size_t encode(unsigned long character, uint8_t *to) {
  size_t more = character < 0x80 ? 0 : character < 0x800 ? 1 : character < 0x10000 ? 2 : 3;
  static const uint8_t first[] = {0, 0xC0, 0xE0, 0xF0};
  to[0] = (uint8_t)(first[more] | character >> 6 * more);
  for (size_t i = 1; i <= more; i++) to[i] = (uint8_t)(0x80 | (character >> 6 * (more - i) & 0x3F));
  return more + 1;
}

/// The character that an escape stands for, `at` behind its backslash; and how long it is, 0 if it is none.
static size_t escape(position at, position end, unsigned long *character) {
  static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
  const char *simple = *at ? strchr(from, *at) : NULL;
  if (simple) {
    *character = (unsigned char)to[simple - from];
    return 1;
  }
  long high = *at == 'u' ? digits(at + 1, end) : -1;
  if (high < 0) return 0;
  bool is_pair = high >= 0xD800 && high < 0xDC00 && end - at > 6 && at[5] == '\\' && at[6] == 'u';
  long low = is_pair ? digits(at + 7, end) : -1;
  if (low >= 0xDC00 && low < 0xE000) {
    *character = 0x10000ul + ((unsigned long)(high - 0xD800) << 10) + (unsigned long)(low - 0xDC00);
    return 11;
  }
  *character = high >= 0xD800 && high < 0xE000 ? 0xFFFDul : (unsigned long)high;
  return 5;
}

bool json_text(text json, text *value) {
  position end = cstr(json) + json.len;
  position at = space(cstr(json), end);
  position close = behind_string(at, end);
  if (!close || space(close, end) != end) return false;
  text made = {take(uint8_t, json.len + 1), 0};
  for (at++; at < close - 1;) {
    unsigned long character = 0;
    size_t length = *at == '\\' ? escape(at + 1, close - 1, &character) : 0;
    if (*at == '\\' && length == 0) return false;
    if (length) made.len += encode(character, made.ptr + made.len);
    else made.ptr[made.len++] = (uint8_t)*at;
    at += length ? length + 1 : 1;
  }
  *value = made;
  return true;
}

/// The JSON number that a text is, without the space around it; empty if it is none. C reads more than JSON has.
static text number(text json) {
  position end = cstr(json) + json.len, at = space(cstr(json), end);
  position close = at + strspn(at, "-+.eE0123456789");
  bool is_number = at < end && *at != '+' && space(close, end) == end;
  return is_number ? part(at, close) : text("");
}

bool json_integer(text json, int64_t *value) {
  text told = number(json);
  char *behind;
  errno = 0;
  long long read = strtoll(cstr(told), &behind, 10);
  if (errno || told.len == 0 || *behind) return false;
  *value = read;
  return true;
}

bool json_number(text json, double *value) {
  text told = number(json);
  char *behind;
  double read = strtod(cstr(told), &behind);
  if (told.len == 0 || *behind) return false;
  *value = read;
  return true;
}

text json_quote(text it) {
  text made = {take(uint8_t, 6 * it.len + 3), 0};
  made.ptr[made.len++] = '"';
  for (size_t i = 0; i < it.len; i++) {
    uint8_t c = it.ptr[i];
    if (c == '"' || c == '\\') made.ptr[made.len++] = '\\';
    if (c >= 0x20) made.ptr[made.len++] = c;
    else made.len += (size_t)snprintf((char *)made.ptr + made.len, 7, "\\u%04x", c);
  }
  made.ptr[made.len++] = '"';
  return made;
}
