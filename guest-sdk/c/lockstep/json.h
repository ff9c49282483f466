// JSON is text in Lockstep: state, updates, tools and `json` fields hold it as such. To write it, print it:
//
//     text_printf("{\"order\": %s, \"cents\": %u}", cstr(json_quote(order)), cents)
//
// To read it, look up what you need; whoever needs more puts a JSON library beside his step. What has no such part is
// not found, nor is a part that breaks off. Nothing else is checked: what comes from the host is JSON.

#ifndef LOCKSTEP_JSON_H
#define LOCKSTEP_JSON_H

#include "core.h"

#ifdef __cplusplus
extern "C" {
#endif

/// A text as a JSON string, with its quotes.
text json_quote(text it);

/// Whether an object has a member of this name; and its value, which is JSON.
bool json_member(text object, const char *name, text *value);

/// Whether an array has so many elements; and the one at `index`, counted from 0, which is JSON.
bool json_element(text array, size_t index, text *value);

/// Whether it is a JSON string; and its text.
bool json_text(text json, text *value);

/// Whether it is a whole number of 64 bits; and which.
bool json_integer(text json, int64_t *value);

/// Whether it is a number; and which, as near as a double comes.
bool json_number(text json, double *value);

#ifdef __cplusplus
}
#endif
#endif
