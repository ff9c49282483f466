// The SDK on the machine of its authors, with a host of its own: `lockstep build` has written `bindings.h` for a world
// that imports what is asked here.

#include <assert.h>
#include <stdio.h>

#include "lockstep/blob.h"
#include "lockstep/http.h"
#include "lockstep/json.h"
#include "lockstep/log.h"
#include "lockstep/tools.h"

static int wrong;

#define CHECK(claim) \
  ((claim) ? (void)0 : (void)(wrong++, printf("%s:%d: %s does not hold\n", __FILE__, __LINE__, #claim)))

// The memory that the SDK takes and does not give back, in pieces: it is compiled with these in the place of C's own.

#undef calloc
#undef free
void free(void *ptr);

static size_t kept;

void *counted_calloc(size_t count, size_t size) {
  void *made = malloc(count * size);
  kept += made != NULL;
  return made ? memset(made, 0, count * size) : NULL;
}

void counted_free(void *ptr) {
  kept -= ptr != NULL;
  free(ptr);
}

// The host.

static text logged;
static http_request sent;
static http_error http_told;
static tool_error tool_told;
static size_t blob_length;

void lockstep_log_log(lockstep_log_level_t level, text *line) {
  (void)level;
  counted_free(logged.ptr);
  logged = text_copy(*line);
}

bool lockstep_http_fetch(http_request *request, http_response *answer, http_error *error) {
  sent = *request;
  *error = http_told;
  *answer = (http_response){.status = (uint16_t)request->timeout_ms.val, .body = text_bytes(text("a\xFF"))};
  return request->timeout_ms.is_some;
}

bool lockstep_tools_call(text *name, text *arguments, text *result, tool_error *error) {
  (void)name, (void)arguments, (void)result;
  *error = tool_told;
  return false;
}

void lockstep_tools_list(tool_list *found) { (void)found; }

bool lockstep_blob_put(bytes *it, text *reference, lockstep_blob_failure_t *why) {
  (void)it, (void)reference, (void)why;
  return false;
}

bool lockstep_blob_get(text *reference, uint64_t offset, uint32_t length, bytes *part, lockstep_blob_failure_t *why) {
  (void)reference;
  if (blob_length == SIZE_MAX && offset > 0) {
    *why = (failure){.code = text("blob-unknown")};
    return false;
  }
  size_t left = blob_length == SIZE_MAX ? length : blob_length - offset;
  *part = (bytes){take(uint8_t, length), left < length ? left : length};
  for (size_t i = 0; i < part->len; i++) part->ptr[i] = (uint8_t)((offset + i) % 251);
  return true;
}

// What it should do.

static void texts_are_made_compared_and_mended(void) {
  CHECK(text_is(text_printf("%d %s", 7, "tea"), "7 tea"));
  CHECK(!text_is(text("tea"), "te") && !text_is(text("te"), "tea") && text_is(text(""), ""));
  CHECK(text_same(text_copy(text("tea")), text("tea")) && !text_same(text("a"), text("b")));
  text cut = {(uint8_t *)"teapot", 3};
  CHECK(strcmp(cstr(text_copy(cut)), "tea") == 0);
  CHECK(text_is(text_from("t\xC3\xA9", 3), "t\xC3\xA9"));
  CHECK(text_is(text_from("\xF0\x9F\x8D\xB5", 4), "\xF0\x9F\x8D\xB5"));
  CHECK(text_is(text_from("a\xFF\xE2\x82", 4), "a\xEF\xBF\xBD\xEF\xBF\xBD"));
  CHECK(text_is(text_from("\xF0\x9F\x8Dx\xE2\x82", 6), "\xEF\xBF\xBDx\xEF\xBF\xBD"));
  CHECK(text_is(text_from("\xED\xA0\x80", 3), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"));
  CHECK(text_is(text_printf("%.2s", "t\xC3\xA9"), "t\xEF\xBF\xBD"));
}

static void failures_say_all_that_they_can(void) {
  outcome told = fail_transient("busy", "%s, please", "later");
  CHECK(told.failed->kind == TRANSIENT && text_is(told.failed->code, "busy"));
  CHECK(text_is(told.failed->message, "later, please") && !told.failed->retry_after_ms.is_some);
  told = fail_details(fail_retry_after(told, 1500), text("{}"));
  CHECK(told.failed->retry_after_ms.val == 1500 && text_is(told.failed->details.val, "{}"));
  char buffer[] = "never";
  told = fail_with((failure){.kind = PERMANENT, .code = text(buffer), .message = text(buffer)});
  buffer[0] = 'x';
  CHECK(text_is(told.failed->code, "never") && text_is(told.failed->message, "never"));
  text stray = text("\xFF");
  told = fail_with((failure){.kind = PERMANENT, .code = stray, .message = stray, .details = {true, stray}});
  CHECK(text_is(told.failed->code, "\xEF\xBF\xBD") && text_is(told.failed->message, "\xEF\xBF\xBD"));
  CHECK(text_is(told.failed->details.val, "\xEF\xBF\xBD"));
}

static outcome tries(void) {
  http_response answer = TRY(http_get(text("https://a.example/")));
  (void)answer;
  return (outcome){.emitted = &wrong};
}

static void calls_without_an_answer_fail_by_their_kind(void) {
  struct {
    http_error error;
    lockstep_types_failure_kind_t kind;
    const char *code, *message;
  } cases[] = {
      {{LOCKSTEP_HTTP_ERROR_DENIED, {.denied = {.what = text("GET https://a.example/"), .why = text("host")}}},
       PERMANENT, "http-denied", "the grant does not allow `GET https://a.example/`: host"},
      {{LOCKSTEP_HTTP_ERROR_REFUSED, {.refused = text("no")}}, PERMANENT, "http-refused", "no"},
      {{.tag = LOCKSTEP_HTTP_ERROR_TIMEOUT}, TRANSIENT, "http-timeout", "the server did not answer in time"},
      {{.tag = LOCKSTEP_HTTP_ERROR_TOO_LARGE}, PERMANENT, "http-too-large", "the answer is too large for the grant"},
      {{LOCKSTEP_HTTP_ERROR_CONNECT, {.connect = text("x")}}, TRANSIENT, "http-connect", "no connection: x"},
      {{LOCKSTEP_HTTP_ERROR_TLS, {.tls = text("x")}}, TRANSIENT, "http-tls", "no secure connection: x"},
      {{LOCKSTEP_HTTP_ERROR_PROTOCOL, {.protocol = text("x")}}, TRANSIENT, "http-protocol", "no proper answer: x"},
      {{LOCKSTEP_HTTP_ERROR_INVALID_REQUEST, {.invalid_request = text("x")}}, PERMANENT, "http-invalid-request", "x"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    http_told = cases[i].error;
    outcome told = tries();
    CHECK(told.failed && told.failed->kind == cases[i].kind);
    CHECK(text_is(told.failed->code, cases[i].code) && text_is(told.failed->message, cases[i].message));
  }
}

static void tools_fail_by_their_kind(void) {
  struct {
    tool_error error;
    lockstep_types_failure_kind_t kind;
    const char *code, *message;
  } cases[] = {
      {{LOCKSTEP_TOOLS_ERROR_DENIED, {.denied = {.what = text("files/write_file"), .why = text("tool")}}}, PERMANENT,
       "tool-denied", "the grant does not allow `files/write_file`: tool"},
      {{LOCKSTEP_TOOLS_ERROR_REFUSED, {.refused = text("not today")}}, PERMANENT, "tool-refused", "not today"},
      {{LOCKSTEP_TOOLS_ERROR_INVALID_ARGUMENTS, {.invalid_arguments = text("n")}}, PERMANENT, "tool-invalid-arguments",
       "n"},
      {{LOCKSTEP_TOOLS_ERROR_FAILED, {.failed = text("no such file")}}, PERMANENT, "tool-failed", "no such file"},
      {{.tag = LOCKSTEP_TOOLS_ERROR_TIMEOUT}, TRANSIENT, "tool-timeout", "the tool took longer than it may"},
      {{.tag = LOCKSTEP_TOOLS_ERROR_TOO_LARGE}, PERMANENT, "tool-too-large", "the result is too large for the grant"},
      {{LOCKSTEP_TOOLS_ERROR_UNAVAILABLE, {.unavailable = text("gone")}}, TRANSIENT, "tool-unavailable", "gone"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    tool_told = cases[i].error;
    tool_result told = tools_call(text("x"), text("{}"));
    CHECK(told.failed && told.failure.kind == cases[i].kind);
    CHECK(text_is(told.failure.code, cases[i].code) && text_is(told.failure.message, cases[i].message));
  }
}

static void requests_are_what_was_put_together(void) {
  http_request request = {.method = text("POST"), .url = text("https://a.example/"), .timeout_ms = some(204)};
  http_header(&request, text("x-one"), text("1"));
  http_json(&request, text("{}"));
  http_result told = http_send(request);
  CHECK(!told.failed && told.value.status == 204 && sent.headers.len == 2 && sent.body.len == 2);
  CHECK(text_is(sent.headers.ptr[0].f1, "1") && text_is(sent.headers.ptr[1].f0, "content-type"));
  CHECK(text_is(http_text(told.value), "a\xEF\xBF\xBD"));
  bindings_tuple2_string_string_t header = {text("x-kind"), text("tea")};
  http_response answer = {.headers = {&header, 1}};
  text value;
  CHECK(http_header_of(answer, "X-Kind", &value) && text_is(value, "tea"));
  CHECK(!http_header_of(answer, "x-other", &value));
}

static void a_request_has_the_one_content_type_that_its_author_gives(void) {
  for (int is_first = 0; is_first < 2; is_first++) {
    http_request request = {.timeout_ms = some(204)};
    http_header(&request, text("accept"), text("x"));
    if (is_first) http_header(&request, text("Content-Type"), text("application/merge-patch+json"));
    http_json(&request, text("{}"));
    if (!is_first) http_header(&request, text("Content-Type"), text("application/merge-patch+json"));
    http_send(request);
    CHECK(sent.headers.len == 2 && text_is(sent.headers.ptr[1].f1, "application/merge-patch+json"));
  }
}

static void statuses_that_may_pass_are_transient(void) {
  struct {
    uint16_t status;
    bool failed;
    lockstep_types_failure_kind_t kind;
  } cases[] = {{204, false, 0}, {302, true, PERMANENT}, {404, true, PERMANENT}, {408, true, TRANSIENT},
               {429, true, TRANSIENT}, {503, true, TRANSIENT}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    http_request request = {.timeout_ms = some(cases[i].status)};
    http_result told = http_successful(http_send(request));
    CHECK(told.failed == cases[i].failed && (!told.failed || told.failure.kind == cases[i].kind));
  }
}

static void parts_make_the_whole_blob_at_every_length(void) {
  size_t part = 4 << 20;
  size_t lengths[] = {0, 1, part - 1, part, part + 1, 2 * part};
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    blob_length = lengths[i];
    bytes_result told = blob_read(text("sha256:"));
    CHECK(!told.failed && told.value.len == blob_length);
    for (size_t n = 0; n < told.value.len; n++)
      if (told.value.ptr[n] != n % 251) CHECK(!"the bytes are those of the blob");
  }
  blob_length = SIZE_MAX;
  CHECK(blob_read(text("sha256:")).failed);
}

static void json_is_quoted_and_looked_up(void) {
  CHECK(text_is(json_quote(text("a \"b\"\\\n")), "\"a \\\"b\\\"\\\\\\u000a\""));
  text json = text(" { \"a\" : [1, {\"x\": \"]\"} , -2.5e1] , \"b\\u00e9\": \"t\\u00e9 \\ud83c\\udf75\\n\", \"c\":null}");
  text a, it;
  CHECK(json_member(json, "a", &a) && text_is(a, "[1, {\"x\": \"]\"} , -2.5e1]"));
  CHECK(json_element(a, 1, &it) && text_is(it, "{\"x\": \"]\"}"));
  CHECK(json_member(it, "x", &it) && json_text(it, &it) && text_is(it, "]"));
  double number = 0;
  CHECK(json_element(a, 2, &it) && json_number(it, &number) && number == -25);
  CHECK(!json_element(a, 3, &it) && !json_member(json, "d", &it) && !json_member(a, "a", &it));
  CHECK(json_member(json, "b\xC3\xA9", &it) && json_text(it, &it) && text_is(it, "t\xC3\xA9 \xF0\x9F\x8D\xB5\n"));
  CHECK(json_member(json, "c", &it) && text_is(it, "null"));
  int64_t whole = 0;
  CHECK(json_integer(text(" -9223372036854775808 "), &whole) && whole == INT64_MIN);
  const char *no_integers[] = {"", "1.0", "9223372036854775808", "x", "1 2", "+1", "-", "0x10", "\"1\""};
  for (size_t i = 0; i < sizeof no_integers / sizeof *no_integers; i++)
    CHECK(!json_integer(text(no_integers[i]), &whole));
  const char *no_numbers[] = {"", "nan", "inf", "1e", "0x1p3", "1 2", "--1"};
  for (size_t i = 0; i < sizeof no_numbers / sizeof *no_numbers; i++)
    CHECK(!json_number(text(no_numbers[i]), &number));
  const char *broken[] = {"", "{", "{\"a\"", "{\"a\":", "{\"a\": ", "{\"a\": [1", "{\"b\": \"x", "{\"b\": 1 \"a\": 2}", "[1]"};
  for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) CHECK(!json_member(text(broken[i]), "a", &it));
  CHECK(!json_element(text("[[1, 2"), 0, &it));
  CHECK(!json_text(text("\"a"), &it) && !json_text(text("\"\\x\""), &it) && !json_text(text("\"\\u12\""), &it));
  CHECK(json_text(text("\"\\ud800\""), &it) && text_is(it, "\xEF\xBF\xBD"));
}

static void what_is_asked_for_often_is_not_kept_as_often(void) {
  text it, json = text("{\"a\": 0, \"b\\u00e9\": 0, \"c\": 12345}");
  log_info("%04d", 0);
  size_t before = kept;
  for (int i = 0; i < 1000; i++) log_info("%04d", i);
  for (int i = 0; i < 1000; i++) CHECK(!json_member(json, "d", &it));
  CHECK(kept == before);
}

static void lines_are_formatted(void) {
  log_info("%d %s", 3, "cups");
  CHECK(text_is(logged, "3 cups"));
  log_info("%.1s", "\xC3\xA9");
  CHECK(text_is(logged, "\xEF\xBF\xBD"));
}

int main(void) {
  texts_are_made_compared_and_mended();
  failures_say_all_that_they_can();
  calls_without_an_answer_fail_by_their_kind();
  tools_fail_by_their_kind();
  requests_are_what_was_put_together();
  a_request_has_the_one_content_type_that_its_author_gives();
  statuses_that_may_pass_are_transient();
  parts_make_the_whole_blob_at_every_length();
  json_is_quoted_and_looked_up();
  lines_are_formatted();
  what_is_asked_for_often_is_not_kept_as_often();
  return wrong != 0;
}
