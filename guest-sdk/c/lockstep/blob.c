// Blobs that are longer than one call reads.

#include "blob.h"

/// What one call reads at most.
#define LARGEST_PART (4u << 20)

static bytes joined(bytes one, bytes other) {
  bytes made = {take(uint8_t, one.len + other.len + 1), one.len + other.len};
  if (one.len) memcpy(made.ptr, one.ptr, one.len);
  if (other.len) memcpy(made.ptr + one.len, other.ptr, other.len);
  return made;
}

bytes_result blob_read(text reference) {
  bytes_result whole = blob_get(reference, 0, LARGEST_PART);
  for (size_t got = whole.value.len; !whole.failed && got == LARGEST_PART;) {
    bytes_result part = blob_get(reference, whole.value.len, LARGEST_PART);
    if (part.failed) return part;
    got = part.value.len;
    whole.value = joined(whole.value, part.value);
  }
  return whole;
}
