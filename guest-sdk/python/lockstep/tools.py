"""Tools of servers and of components, as the step's grant allows: `[[tools]]` says which, with what arguments, and
which calls a person decides on.

>>> from lockstep import Failure, tools
>>> tools.call("read_text_file", {"path": "faq.md"})
'# Questions'
>>> try:
...     tools.call("write_file", {"path": "faq.md", "content": "# Answers"})
... except Failure as failure:
...     print(failure.code)
tool-refused

Where the grant says `approve`, `call` does not come back until a person has decided: the attempt ends, and a later one
makes the same call and gets what came of it. So a step asks for the same again when it is run again; what it asked for
otherwise is another call.

What goes wrong is a `Failure`, whose `code` says what: transient where another attempt may succeed (`tool-timeout`,
`tool-unavailable`), permanent where not (`tool-denied`, `tool-refused`, `tool-invalid-arguments`, `tool-failed`,
`tool-too-large`).
"""

import builtins
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import _json
from ._host import imported, named
from ._shape import check
from .failure import Failure
from .wit import Err

_tools = imported("tools")


@dataclass(frozen=True)
class Tool:
    """A tool that the grant allows."""

    name: str
    """As `call` wants it."""
    description: str
    """What it does, in the words of whoever made it."""
    input_schema: Any
    """The JSON Schema of its arguments, as the grant leaves them."""


def list() -> builtins.list[Tool]:
    """The tools that the grant allows, by name, each with the schema of its arguments. One whose server cannot be
    reached now is not among them."""
    return [Tool(tool.name, tool.description, _json.load(tool.input_schema)) for tool in _tools.list()]


def call(name: str, arguments: Mapping[str, Any] = {}) -> Any:
    """Calls a tool and waits for its result, a value as `json.loads` gives it."""
    asked = check(str, name, "name"), _json.dump(dict(arguments))
    try:
        return _json.load(_tools.call(*asked))
    except Err as error:
        raise _failure(*named(error)) from None


def _failure(case: str, inside: Any) -> Failure:
    match case:
        case "Denied":
            message = f"the grant does not allow `{inside.what}`: {inside.why}"
            return Failure.permanent("tool-denied", message)
        case "Refused":
            return Failure.permanent("tool-refused", inside)
        case "InvalidArguments":
            return Failure.permanent("tool-invalid-arguments", inside)
        case "Failed":
            return Failure.permanent("tool-failed", inside)
        case "Timeout":
            return Failure.transient("tool-timeout", "the tool took longer than it may")
        case "TooLarge":
            return Failure.permanent("tool-too-large", "the result is too large for the grant")
        case _:
            return Failure.transient("tool-unavailable", inside)
