// Calls of tools, and what becomes of them.

#include "tools.h"

static failure failed(lockstep_types_failure_kind_t kind, const char *code, text message) {
  failure why = {.kind = kind, .code = text(code), .message = message};
  return why;
}

static failure explained(tool_error error) {
  switch (error.tag) {
    case LOCKSTEP_TOOLS_ERROR_DENIED:
      return failed(PERMANENT, "tool-denied",
                    text_printf("the grant does not allow `%s`: %s", cstr(error.val.denied.what),
                                cstr(error.val.denied.why)));
    case LOCKSTEP_TOOLS_ERROR_REFUSED:
      return failed(PERMANENT, "tool-refused", error.val.refused);
    case LOCKSTEP_TOOLS_ERROR_INVALID_ARGUMENTS:
      return failed(PERMANENT, "tool-invalid-arguments", error.val.invalid_arguments);
    case LOCKSTEP_TOOLS_ERROR_FAILED:
      return failed(PERMANENT, "tool-failed", error.val.failed);
    case LOCKSTEP_TOOLS_ERROR_TIMEOUT:
      return failed(TRANSIENT, "tool-timeout", text("the tool took longer than it may"));
    case LOCKSTEP_TOOLS_ERROR_TOO_LARGE:
      return failed(PERMANENT, "tool-too-large", text("the result is too large for the grant"));
    default:
      return failed(TRANSIENT, "tool-unavailable", error.val.unavailable);
  }
}

tool_result tools_call(text name, text arguments) {
  tool_result told = {0};
  told.failed = !lockstep_tools_call(&name, &arguments, &told.value, &told.error);
  if (told.failed) told.failure = explained(told.error);
  return told;
}
