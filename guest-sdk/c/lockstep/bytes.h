// Bytes that are no text.

#ifndef LOCKSTEP_BYTES_H
#define LOCKSTEP_BYTES_H

#include "core.h"

/// `len` bytes at `ptr`.
typedef bindings_list_u8_t bytes;

/// Bytes, or why there are none.
typedef struct bytes_result {
  bool failed;
  struct lockstep_types_failure_t failure;
  bytes value;
} bytes_result;

/// The bytes of a text, without a copy.
static inline bytes text_bytes(text it) {
  bytes made = {it.ptr, it.len};
  return made;
}

#endif
