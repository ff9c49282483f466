// Does in C what `wit/worlds.wit` says.

#include "step.h"

outcome on_echo(echo *event, on_echo_emit emit) {
  return emit.echoed((echoed){.values = event->values});
}

outcome on_choose(choose *event, on_choose_emit emit) {
  if (text_is(event->way, "left")) return emit.left((left){.note = event->note});
  if (text_is(event->way, "right")) return emit.right((right){.n = 7});
  return fail_permanent("no-way", "there is no way %s", cstr(event->way));
}

outcome on_spread(spread *event, on_spread_emit emit) {
  for (uint32_t n = 0; n < event->n; n++) {
    if (n % 2 == 0) emit.left((left){.note = text_printf("%u", n)});
    else emit.right((right){.n = n});
  }
  return emit.done();
}

outcome on_perhaps(perhaps *event, on_perhaps_emit emit) {
  if (!event->give) return emit.nothing();
  return emit.left((left){.note = text("given")});
}

outcome on_quiet(quiet *event, on_quiet_emit emit) {
  log_info("%s", cstr(event->note));
  return emit.done();
}

outcome on_fail(fail *event, on_fail_emit emit) {
  (void)emit;
  return fail_with((failure){
      .kind = event->kind,
      .code = event->code,
      .message = event->message,
      .retry_after_ms = event->retry_after_ms,
      .details = {event->details.is_some, event->details.val},
  });
}

outcome on_crash(crash *event, on_crash_emit emit) {
  (void)emit;
  panic("%s", cstr(event->message));
}

outcome on_remember(remember *event, on_remember_emit emit) {
  remembered told = {0};
  told.before.is_some = state_get(event->key, &told.before.val);
  state_set(event->key, event->value);
  state_add(text("count"), event->by);
  state_append(text("list"), event->value);
  state_delete(text("gone"));
  told.after.is_some = state_get(event->key, &told.after.val);
  told.keys = state_keys(text(""));
  texts page = state_page(text("list"), 0, 10);
  told.page.ptr = page.ptr;
  told.page.len = page.len;
  return emit.remembered(told);
}

outcome on_fetch(fetch *event, on_fetch_emit emit) {
  http_request request = {.method = event->method, .url = event->url, .body = text_bytes(event->body)};
  http_header(&request, text("x-probe"), event->header);
  http_response answer = TRY(http_send(request));
  fetched told = {.status = answer.status, .body = http_text(answer)};
  told.header.is_some = http_header_of(answer, "x-answer", &told.header.val);
  return emit.fetched(told);
}

outcome on_use_tool(use_tool *event, on_use_tool_emit emit) {
  tool_list tools = tools_list();
  text *names = take(text, tools.len);
  for (size_t i = 0; i < tools.len; i++) names[i] = tools.ptr[i].name;
  text output = TRY(tools_call(event->name, event->arguments));
  return emit.used((used){.tools = {names, tools.len}, .output = output});
}

outcome on_show(show *event, on_show_emit emit) {
  const char *line = cstr(event->line);
  updates_publish(event->name, event->item);
  log_trace("%s", line);
  log_debug("%s", line);
  log_info("%s", line);
  log_warn("%s", line);
  log_error("%s", line);
  return emit.done();
}

outcome on_keep(keep *event, on_keep_emit emit) {
  text reference = TRY(blob_put(event->bytes));
  return emit.kept((kept){.reference = reference, .beginning = TRY(blob_get(reference, 0, 4))});
}

outcome on_arm(arm *event, on_arm_emit emit) {
  timer_set(event->name, event->after_ms);
  timer_cancel(event->not_);
  return emit.done();
}

outcome on_ask(ask *event, on_ask_emit emit) {
  run_identity who = run_whoami();
  return emit.known((known){
      .run = who.run,
      .workflow = who.workflow,
      .step = who.step,
      .attempt = who.attempt,
      .has_key = who.idempotency_key.len > 0,
      .session = who.session,
      .now = run_now(),
      .random = run_random(event->random).len,
  });
}

outcome on_timer_fired(timer_fired *event, on_timer_fired_emit emit) {
  return emit.left((left){.note = event->name});
}
