// One of everything.

#include "step.h"

outcome on_asked(asked *event, on_asked_emit emit) {
  log_info("on-asked");
  state_add(text("seen"), 1);
  return emit.approved((approved){
      .order = event->order,
      .cents = event->cents,
      .letter = ' ',
      .data = text("{}"),
      .note = event->note,
      .totals = {&(bindings_map_string_u64_entry_t){text("all"), 7}, 1},
  });
}

outcome on_both(approved *approved_, text_ *emit_, on_both_emit emit) {
  return emit.denied((denied){.why = text("")});
}

outcome on_all(list_denied *all, on_all_emit emit) {
  emit.done((done){0});
  emit.text_((text_){true});
  return emit.done_();
}

outcome on_some(asked *one, list_done *all, on_some_emit emit) {
  emit.denied((denied){.why = text("")});
  return emit.done();
}

outcome on_done(done *event, on_done_emit emit) {
  emit.approved((approved){
      .order = text(""),
      .cents = 0,
      .letter = ' ',
      .data = text("{}"),
  });
  return emit.done();
}

outcome on_text(text_ *event, on_text_emit emit) {
  return emit.done();
}
