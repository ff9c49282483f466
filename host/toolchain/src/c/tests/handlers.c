// Written by `lockstep build`.

#include "step.h"

void *lockstep_room(void *list, size_t len, size_t size);

static void copy_lockstep_types_json_t(lockstep_types_json_t *it) {
  *it = text_copy(*it);
}

static void copy_audit_item_t(audit_item_t *it) {
  it->note = text_copy(it->note);
}

static void copy_bindings_tuple2_u8_string_t(bindings_tuple2_u8_string_t *it) {
  it->f1 = text_copy(it->f1);
}

static void copy_audit_done_t(audit_done_t *it) {
  copy_audit_item_t(&it->item);
  copy_bindings_tuple2_u8_string_t(&it->pair);
}

static void copy_events_json_t(events_json_t *it) {
  copy_lockstep_types_json_t(it);
}

static void copy_events_way_t(events_way_t *it) {
  if (it->tag == 1) {
    it->val.account = text_copy(it->val.account);
  }
  if (it->tag == 2) {
    copy_bindings_tuple2_u8_string_t(&it->val.split);
  }
}

static void copy_events_item_t(events_item_t *it) {
  it->name = text_copy(it->name);
}

static void copy_events_option_json_t(events_option_json_t *it) {
  if (it->is_some) {
    copy_events_json_t(&it->val);
  }
}

static void copy_events_list_item_t(events_list_item_t *it) {
  __typeof__(it->ptr) made = lockstep_take(sizeof *it->ptr, it->len);
  if (it->len) memcpy(made, it->ptr, it->len * sizeof *made);
  it->ptr = made;
  for (size_t i = 0; i < it->len; i++) {
    copy_events_item_t(&it->ptr[i]);
  }
}

static void copy_bindings_list_u8_t(bindings_list_u8_t *it) {
  __typeof__(it->ptr) made = lockstep_take(sizeof *it->ptr, it->len);
  if (it->len) memcpy(made, it->ptr, it->len * sizeof *made);
  it->ptr = made;
}

static void copy_events_result_u32_string_t(events_result_u32_string_t *it) {
  if (it->is_err) {
    it->val.err = text_copy(it->val.err);
  } else {
  }
}

static void copy_bindings_map_string_u64_t(bindings_map_string_u64_t *it) {
  __typeof__(it->ptr) made = lockstep_take(sizeof *it->ptr, it->len);
  if (it->len) memcpy(made, it->ptr, it->len * sizeof *made);
  it->ptr = made;
  for (size_t i = 0; i < it->len; i++) {
    it->ptr[i].key = text_copy(it->ptr[i].key);
  }
}

static void copy_events_approved_t(events_approved_t *it) {
  it->order = text_copy(it->order);
  copy_events_way_t(&it->way);
  copy_events_list_item_t(&it->items);
  copy_bindings_list_u8_t(&it->bytes);
  copy_events_result_u32_string_t(&it->checked);
  copy_events_json_t(&it->data);
  copy_events_option_json_t(&it->note);
  copy_bindings_map_string_u64_t(&it->totals);
}

static void copy_events_denied_t(events_denied_t *it) {
  it->why = text_copy(it->why);
}

static void copy_bindings_approved_t(bindings_approved_t *it) {
  copy_events_approved_t(it);
}

static void copy_bindings_denied_t(bindings_denied_t *it) {
  copy_events_denied_t(it);
}

static void copy_bindings_done_t(bindings_done_t *it) {
  copy_audit_done_t(it);
}

static outcome emit_0_on_asked(bindings_approved_t event) {
  copy_bindings_approved_t(&event);
  bindings_emits_t *told = take(bindings_emits_t, 1);
  told->tag = 0;
  told->val.approved = event;
  outcome made = {told, NULL};
  return made;
}

static outcome emit_1_on_asked(bindings_denied_t event) {
  copy_bindings_denied_t(&event);
  bindings_emits_t *told = take(bindings_emits_t, 1);
  told->tag = 1;
  told->val.denied = event;
  outcome made = {told, NULL};
  return made;
}

bool exports_bindings_on_asked(bindings_asked_t *event_0, bindings_emits_t *ret, lockstep_types_failure_t *err) {
  static const on_asked_emit lockstep_emit = {emit_0_on_asked, emit_1_on_asked};
  outcome lockstep_told = on_asked(event_0, lockstep_emit);
  if (lockstep_told.failed) {
    *err = *lockstep_told.failed;
    return false;
  }
  if (!lockstep_told.emitted) panic("`on_asked` returned neither an event nor a failure");
  *ret = *(const bindings_emits_t *)lockstep_told.emitted;
  return true;
}

static outcome emit_0_on_both(bindings_denied_t event) {
  copy_bindings_denied_t(&event);
  bindings_option_denied_t *told = take(bindings_option_denied_t, 1);
  told->is_some = true;
  told->val = event;
  outcome made = {told, NULL};
  return made;
}

static outcome emit_1_on_both(void) {
  static const bindings_option_denied_t told = {0};
  outcome made = {&told, NULL};
  return made;
}

bool exports_bindings_on_both(bindings_approved_t *event_0, bindings_text_t *event_1, bindings_option_denied_t *ret, lockstep_types_failure_t *err) {
  static const on_both_emit lockstep_emit = {emit_0_on_both, emit_1_on_both};
  outcome lockstep_told = on_both(event_0, event_1, lockstep_emit);
  if (lockstep_told.failed) {
    *err = *lockstep_told.failed;
    return false;
  }
  if (!lockstep_told.emitted) panic("`on_both` returned neither an event nor a failure");
  *ret = *(const bindings_option_denied_t *)lockstep_told.emitted;
  return true;
}

static bindings_list_ends_t list_of_on_all;

static void emit_0_on_all(bindings_done_t event) {
  copy_bindings_done_t(&event);
  list_of_on_all.ptr = lockstep_room(list_of_on_all.ptr, list_of_on_all.len, sizeof *list_of_on_all.ptr);
  __typeof__(list_of_on_all.ptr) told = &list_of_on_all.ptr[list_of_on_all.len++];
  told->tag = 0;
  told->val.done = event;
}

static void emit_1_on_all(bindings_text_t event) {
  list_of_on_all.ptr = lockstep_room(list_of_on_all.ptr, list_of_on_all.len, sizeof *list_of_on_all.ptr);
  __typeof__(list_of_on_all.ptr) told = &list_of_on_all.ptr[list_of_on_all.len++];
  told->tag = 1;
  told->val.text = event;
}

static outcome emit_2_on_all(void) {
  outcome made = {&list_of_on_all, NULL};
  return made;
}

bool exports_bindings_on_all(bindings_list_denied_t *event_0, bindings_list_ends_t *ret, lockstep_types_failure_t *err) {
  static const on_all_emit lockstep_emit = {emit_0_on_all, emit_1_on_all, emit_2_on_all};
  outcome lockstep_told = on_all(event_0, lockstep_emit);
  if (lockstep_told.failed) {
    *err = *lockstep_told.failed;
    return false;
  }
  if (!lockstep_told.emitted) panic("`on_all` returned neither an event nor a failure");
  *ret = *(const bindings_list_ends_t *)lockstep_told.emitted;
  return true;
}

static bindings_list_denied_t list_of_on_some;

static void emit_0_on_some(bindings_denied_t event) {
  copy_bindings_denied_t(&event);
  list_of_on_some.ptr = lockstep_room(list_of_on_some.ptr, list_of_on_some.len, sizeof *list_of_on_some.ptr);
  __typeof__(list_of_on_some.ptr) told = &list_of_on_some.ptr[list_of_on_some.len++];
  *told = event;
}

static outcome emit_1_on_some(void) {
  bindings_option_list_denied_t *told = take(bindings_option_list_denied_t, 1);
  told->is_some = true;
  told->val = list_of_on_some;
  outcome made = {told, NULL};
  return made;
}

static outcome emit_2_on_some(void) {
  static const bindings_option_list_denied_t told = {0};
  outcome made = {&told, NULL};
  return made;
}

bool exports_bindings_on_some(bindings_asked_t *event_0, bindings_list_done_t *event_1, bindings_option_list_denied_t *ret, lockstep_types_failure_t *err) {
  static const on_some_emit lockstep_emit = {emit_0_on_some, emit_1_on_some, emit_2_on_some};
  outcome lockstep_told = on_some(event_0, event_1, lockstep_emit);
  if (lockstep_told.failed) {
    *err = *lockstep_told.failed;
    return false;
  }
  if (!lockstep_told.emitted) panic("`on_some` returned neither an event nor a failure");
  *ret = *(const bindings_option_list_denied_t *)lockstep_told.emitted;
  return true;
}

static bindings_list_option_approved_t list_of_on_done;

static void emit_0_on_done(bindings_approved_t event) {
  copy_bindings_approved_t(&event);
  list_of_on_done.ptr = lockstep_room(list_of_on_done.ptr, list_of_on_done.len, sizeof *list_of_on_done.ptr);
  __typeof__(list_of_on_done.ptr) told = &list_of_on_done.ptr[list_of_on_done.len++];
  told->is_some = true;
  told->val = event;
}

static outcome emit_1_on_done(void) {
  outcome made = {&list_of_on_done, NULL};
  return made;
}

bool exports_bindings_on_done(bindings_done_t *event_0, bindings_list_option_approved_t *ret, lockstep_types_failure_t *err) {
  static const on_done_emit lockstep_emit = {emit_0_on_done, emit_1_on_done};
  outcome lockstep_told = on_done(event_0, lockstep_emit);
  if (lockstep_told.failed) {
    *err = *lockstep_told.failed;
    return false;
  }
  if (!lockstep_told.emitted) panic("`on_done` returned neither an event nor a failure");
  *ret = *(const bindings_list_option_approved_t *)lockstep_told.emitted;
  return true;
}

static outcome emit_0_on_text(void) {
  static const bool told = true;
  outcome made = {&told, NULL};
  return made;
}

bool exports_bindings_on_text(bindings_text_t *event_0, lockstep_types_failure_t *err) {
  static const on_text_emit lockstep_emit = {emit_0_on_text};
  outcome lockstep_told = on_text(event_0, lockstep_emit);
  if (lockstep_told.failed) {
    *err = *lockstep_told.failed;
    return false;
  }
  if (!lockstep_told.emitted) panic("`on_text` returned neither an event nor a failure");
  return true;
}

