// Written by `lockstep build` from world `assess`: whatever is changed here is written anew.

#ifndef LOCKSTEP_STEP_H
#define LOCKSTEP_STEP_H

#include "lockstep/core.h"
#include "lockstep/json.h"
#include "lockstep/bytes.h"
#include "lockstep/log.h"
#include "lockstep/state.h"

#ifdef __cplusplus
extern "C" {
#endif

// The types of the events, as the WIT names them.

/// JSON text, for data that WIT cannot type. The host checks that it is JSON and shows it as JSON.
typedef lockstep_types_json_t json;
typedef audit_size_t size;
#define SIZE_SMALL 0u
#define SIZE_VERY_LARGE 1u
typedef audit_item_t item;
typedef bindings_tuple2_u8_string_t tuple2_u8_string;
typedef events_audit_size_t audit_size;
#define AUDIT_SIZE_SMALL 0u
#define AUDIT_SIZE_VERY_LARGE 1u
typedef events_size_t events_size;
#define EVENTS_SIZE_SMALL 0u
#define EVENTS_SIZE_VERY_LARGE 1u
typedef events_marks_t marks;
#define MARKS_PAID (1u << 0)
#define MARKS_SENT_BACK (1u << 1)
/// How it is paid out.
typedef events_way_t way;
#define WAY_CARD 0u
#define WAY_ACCOUNT 1u
#define WAY_SPLIT 2u
static inline way way_card(void) {
  way made;
  memset(&made, 0, sizeof made);
  made.tag = 0;
  return made;
}
static inline way way_account(text value) {
  way made;
  memset(&made, 0, sizeof made);
  made.tag = 1;
  made.val.account = value;
  return made;
}
static inline way way_split(tuple2_u8_string value) {
  way made;
  memset(&made, 0, sizeof made);
  made.tag = 2;
  made.val.split = value;
  return made;
}
typedef events_item_t events_item;
typedef events_option_json_t option_json;
typedef events_list_item_t list_item;
typedef bindings_list_u8_t list_u8;
typedef events_result_u32_string_t result_u32_string;
typedef bindings_map_string_u64_t map_string_u64;
/// Somebody wants money back.
typedef bindings_asked_t asked;
/// Here it is.
typedef bindings_approved_t approved;
typedef bindings_denied_t denied;
/// A name that C has already.
typedef bindings_text_t text_;
typedef bindings_done_t done;
typedef bindings_list_denied_t list_denied;
typedef bindings_list_done_t list_done;

// The handlers: the step has each of them.

typedef struct on_asked_emit {
  outcome (*approved)(approved event);
  outcome (*denied)(denied event);
} on_asked_emit;

/// One of two.
outcome on_asked(asked *event, on_asked_emit emit);

typedef struct on_both_emit {
  outcome (*denied)(denied event);
  outcome (*nothing)(void);
} on_both_emit;

/// Both of a pair, or none.
outcome on_both(approved *approved_, text_ *emit_, on_both_emit emit);

typedef struct on_all_emit {
  void (*done)(done event);
  void (*text_)(text_ event);
  outcome (*done_)(void);
} on_all_emit;

/// Some, of which one is called like the end.
outcome on_all(list_denied *all, on_all_emit emit);

typedef struct on_some_emit {
  void (*denied)(denied event);
  outcome (*done)(void);
  outcome (*nothing)(void);
} on_some_emit;

outcome on_some(asked *one, list_done *all, on_some_emit emit);

typedef struct on_done_emit {
  void (*approved)(approved event);
  outcome (*done)(void);
} on_done_emit;

outcome on_done(done *event, on_done_emit emit);

typedef struct on_text_emit {
  outcome (*done)(void);
} on_text_emit;

outcome on_text(text_ *event, on_text_emit emit);

#ifdef __cplusplus
}
#endif
#endif
