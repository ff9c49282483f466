// The state of the run: JSON values by key, shared by all steps of the run. Needs `[state]` in the step's grant.
//
//     text seen;
//     int64_t times = 0;
//     if (state_get(event->order, &seen)) json_integer(seen, &times);
//     state_set(event->order, text_printf("%lld", times + 1));
//
// A handler sees what was there when its attempt began and what it has written itself. Its writes are kept only if
// it succeeds, all at once. Where another attempt changes something that this one has read, this one begins anew,
// which costs no attempt; `state_add` and `state_append` read nothing and so never get in each other's way.
//
// A key is 1 to 512 bytes of text, a value at most 1 MiB of JSON. A call beyond a bound, or with something that is
// not JSON, ends the attempt: it does not return.

#ifndef LOCKSTEP_STATE_H
#define LOCKSTEP_STATE_H

#include "core.h"

/// Texts in a row.
typedef bindings_list_string_t texts;

/// Whether the key has a value; and the value, at most 16 MiB of JSON.
static inline bool state_get(text key, text *value) { return lockstep_state_get(&key, value); }

/// The key has this value from now on.
static inline void state_set(text key, text json) { lockstep_state_set(&key, &json); }

/// The key is not there any more; one that is not there is no error.
static inline void state_delete(text key) { lockstep_state_delete(&key); }

/// The keys that begin with `prefix`, in order, at most 10,000; the empty prefix is every key's.
static inline texts state_keys(text prefix) {
  texts keys;
  lockstep_state_keys(&prefix, &keys);
  return keys;
}

/// The whole number that the key holds grows by so much; a key that is not there holds 0.
static inline void state_add(text key, int64_t by) { lockstep_state_add(&key, by); }

/// The list that the key holds has one more element; a key that is not there holds an empty one.
static inline void state_append(text key, text json) { lockstep_state_append(&key, &json); }

/// The elements of a list from `offset` on: at most `limit`, at most 1,000 and about 1 MiB of them, but at least one
/// as long as there is one.
static inline texts state_page(text key, uint64_t offset, uint32_t limit) {
  lockstep_state_list_json_t found;
  lockstep_state_page(&key, offset, limit, &found);
  texts page = {found.ptr, found.len};
  return page;
}

#endif
