// Takes `asked`, `timer-fired`.

#include "step.h"

outcome on_asked(asked *event, on_asked_emit emit) {
  log_info("on-asked");
  run_identity me = run_whoami();
  log_info("attempt %u", me.attempt);
  timer_set(text("remind"), 60000);
  text reference = TRY(blob_put(text_bytes(text("some bytes"))));
  log_info("kept as %s", cstr(reference));
  state_add(text("seen"), 1);
  updates_publish(text("progress"), text("{\"done\": 1}"));
  http_response page = TRY(http_successful(http_get(text("https://api.example.com/"))));
  log_info("%zu bytes came back", page.body.len);
  text said = TRY(tools_call(text("read_text_file"), text("{\"path\": \"notes.txt\"}")));
  log_info("the tool said %s", cstr(said));
  return emit.approved((approved){
      .order = event->order,
      .cents = event->cents,
      .letter = ' ',
      .data = text("{}"),
      .note = event->note,
  });
}

outcome on_timer_fired(timer_fired *event, on_timer_fired_emit emit) {
  return emit.done();
}
