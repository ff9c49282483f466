// Tools of servers and of components, as the step's grant allows: `[[tools]]` says which, with what arguments, and
// which calls a person decides on.
//
//     text before = TRY(tools_call(text("read_text_file"), text("{\"path\": \"faq.md\"}")));
//
// Where the grant says `approve`, `tools_call` does not come back until a person has decided: the attempt ends, and a
// later one makes the same call and gets what came of it. So a step asks for the same again when it is run again.
//
// `TRY` makes a failure of what went wrong: transient where another attempt may succeed (`tool-timeout`,
// `tool-unavailable`), permanent where not (`tool-denied`, `tool-refused`, `tool-invalid-arguments`, `tool-failed`,
// `tool-too-large`).

#ifndef LOCKSTEP_TOOLS_H
#define LOCKSTEP_TOOLS_H

#include "core.h"

#ifdef __cplusplus
extern "C" {
#endif

/// A tool: `name`, `description`, and `input_schema`, the JSON Schema of its arguments.
typedef lockstep_tools_tool_t tool;

/// Tools in a row.
typedef lockstep_tools_list_tool_t tool_list;

/// Why a call has no result: `tag` is one of `LOCKSTEP_TOOLS_ERROR_…`.
typedef lockstep_tools_error_t tool_error;

/// The result of a call, which is JSON, or why there is none: as a failure, and in the host's words.
typedef struct tool_result {
  bool failed;
  struct lockstep_types_failure_t failure;
  text value;
  tool_error error;
} tool_result;

/// The tools that the grant allows, by name. One whose server cannot be reached now is not among them.
static inline tool_list tools_list(void) {
  tool_list found;
  lockstep_tools_list(&found);
  return found;
}

/// Calls a tool and waits for its result. Arguments are an object: JSON text.
tool_result tools_call(text name, text arguments);

#ifdef __cplusplus
}
#endif
#endif
