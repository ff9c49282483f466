// Requests: how they are put together, and what becomes of them.

#include "http.h"

#include <strings.h>

static failure failed(lockstep_types_failure_kind_t kind, const char *code, text message) {
  failure why = {.kind = kind, .code = text(code), .message = message};
  return why;
}

static failure explained(http_error error) {
  switch (error.tag) {
    case LOCKSTEP_HTTP_ERROR_DENIED:
      return failed(PERMANENT, "http-denied",
                    text_printf("the grant does not allow `%s`: %s", cstr(error.val.denied.what),
                                cstr(error.val.denied.why)));
    case LOCKSTEP_HTTP_ERROR_REFUSED:
      return failed(PERMANENT, "http-refused", error.val.refused);
    case LOCKSTEP_HTTP_ERROR_TIMEOUT:
      return failed(TRANSIENT, "http-timeout", text("the server did not answer in time"));
    case LOCKSTEP_HTTP_ERROR_TOO_LARGE:
      return failed(PERMANENT, "http-too-large", text("the answer is too large for the grant"));
    case LOCKSTEP_HTTP_ERROR_CONNECT:
      return failed(TRANSIENT, "http-connect", text_printf("no connection: %s", cstr(error.val.connect)));
    case LOCKSTEP_HTTP_ERROR_TLS:
      return failed(TRANSIENT, "http-tls", text_printf("no secure connection: %s", cstr(error.val.tls)));
    case LOCKSTEP_HTTP_ERROR_PROTOCOL:
      return failed(TRANSIENT, "http-protocol", text_printf("no proper answer: %s", cstr(error.val.protocol)));
    default:
      return failed(PERMANENT, "http-invalid-request", error.val.invalid_request);
  }
}

http_result http_send(http_request request) {
  http_result told = {0};
  told.failed = !lockstep_http_fetch(&request, &told.value, &told.error);
  if (told.failed) told.failure = explained(told.error);
  return told;
}

http_result http_get(text url) {
  http_request request = {.method = text("GET"), .url = url};
  return http_send(request);
}

static bool is_content_type(text name) { return strcasecmp(cstr(name), "content-type") == 0; }

// The place of the content-type among the headers; their number, if there is none.
static size_t content_type(const http_request *request) {
  size_t at = 0;
  while (at < request->headers.len && !is_content_type(request->headers.ptr[at].f0)) at++;
  return at;
}

void http_header(http_request *request, text name, text value) {
  size_t count = request->headers.len, at = content_type(request);
  if (is_content_type(name) && at < count) {
    request->headers.ptr[at].f1 = text_copy(value);
    return;
  }
  bindings_tuple2_string_string_t *headers = take(bindings_tuple2_string_string_t, count + 1);
  if (count) memcpy(headers, request->headers.ptr, count * sizeof *headers);
  headers[count].f0 = text_copy(name);
  headers[count].f1 = text_copy(value);
  request->headers.ptr = headers;
  request->headers.len = count + 1;
}

void http_json(http_request *request, text json) {
  if (content_type(request) == request->headers.len) {
    http_header(request, text("content-type"), text("application/json"));
  }
  request->body = text_bytes(text_copy(json));
}

http_result http_successful(http_result told) {
  uint16_t status = told.value.status;
  if (told.failed || (status >= 200 && status <= 299)) return told;
  bool may_pass = status == 408 || status == 425 || status == 429 || status >= 500;
  told.failed = true;
  told.failure = failed(may_pass ? TRANSIENT : PERMANENT, "http-status", text_printf("the server answered with %u", status));
  return told;
}

bool http_header_of(http_response answer, const char *name, text *value) {
  for (size_t i = 0; i < answer.headers.len; i++) {
    if (strcasecmp(cstr(answer.headers.ptr[i].f0), name) == 0) {
      *value = answer.headers.ptr[i].f1;
      return true;
    }
  }
  return false;
}

text http_text(http_response answer) { return text_from(answer.body.ptr, answer.body.len); }
