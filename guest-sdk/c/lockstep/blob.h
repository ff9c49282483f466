// Bytes that are too large for an event: one step puts them and passes a reference on, another reads them.
//
//     text reference = TRY(blob_put(page));
//
// What an attempt has put it can read at once, and others as soon as it has succeeded. Whoever has a reference may
// read. A blob is at most 8 MiB; one attempt puts at most 1,000 times and 16 MiB of different bytes, and reads at
// most 10,000 times.

#ifndef LOCKSTEP_BLOB_H
#define LOCKSTEP_BLOB_H

#include "bytes.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Stores the bytes, and gives the reference to pass on: `sha256:` and 64 hex digits.
static inline text_result blob_put(bytes it) {
  text_result told = {0};
  told.failed = !lockstep_blob_put(&it, &told.value, &told.failure);
  return told;
}

/// The bytes of a reference from `offset` on: at most `length` of them, at most 4 MiB, and fewer only where they end.
static inline bytes_result blob_get(text reference, uint64_t offset, uint32_t length) {
  bytes_result told = {0};
  told.failed = !lockstep_blob_get(&reference, offset, length, &told.value, &told.failure);
  return told;
}

/// All bytes of a reference.
bytes_result blob_read(text reference);

#ifdef __cplusplus
}
#endif
#endif
