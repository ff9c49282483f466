// Requests to other servers, as the step's grant allows: `[[http]]` says to which hosts, with which methods and paths.
//
//     http_response rate = TRY(http_get(text("https://rates.example.com/eur")));
//
//     http_request request = {.method = text("POST"), .url = text("https://api.example.com/v1/refunds"), .key = some(order)};
//     http_json(&request, text_printf("{\"order\": %s}", cstr(json_quote(order))));
//     http_response answer = TRY(http_successful(http_send(request)));
//
// `TRY` makes a failure of what went wrong: transient where another attempt may succeed (`http-timeout`,
// `http-connect`, `http-tls`, `http-protocol`), permanent where not (`http-denied`, `http-refused`,
// `http-too-large`, `http-invalid-request`). Secrets are the host's: name one in the grant, and leave the header out.

#ifndef LOCKSTEP_HTTP_H
#define LOCKSTEP_HTTP_H

#include "bytes.h"

#ifdef __cplusplus
extern "C" {
#endif

/// A request: `method` and `url`; and if need be `headers` and `body`, which the functions below set, `timeout_ms`,
/// and `key`, which makes it the same call again wherever it has the same key.
typedef lockstep_http_request_t http_request;

/// An answer: `status`, `headers`, `body`.
typedef lockstep_http_response_t http_response;

/// Why there is no answer: `tag` is one of `LOCKSTEP_HTTP_ERROR_…`.
typedef lockstep_http_error_t http_error;

/// An answer, or why there is none: as a failure, and in the host's words.
typedef struct http_result {
  bool failed;
  struct lockstep_types_failure_t failure;
  http_response value;
  http_error error;
} http_result;

/// Asks for what is there.
http_result http_get(text url);

/// Sends a request and waits for the whole answer.
http_result http_send(http_request request);

/// One more header for a request; a content-type takes the place of the one that is there.
void http_header(http_request *request, text name, text value);

/// This JSON as the body of a request, and the header that says so, unless it has a content-type.
void http_json(http_request *request, text json);

/// The answer if its status is in the 200s; else the failure `http-status`, transient where the server may do better
/// later: at 408, 425, 429 and from 500 on.
http_result http_successful(http_result told);

/// Whether an answer has a header of this name, whatever its case; and its value, of the first.
bool http_header_of(http_response answer, const char *name, text *value);

/// The body of an answer as text; what is no UTF-8 in it becomes U+FFFD.
text http_text(http_response answer);

#ifdef __cplusplus
}
#endif
#endif
