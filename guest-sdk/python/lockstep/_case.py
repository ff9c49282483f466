"""Case files: which keys they have, and what happened held against what they expect. The format is the host's own, and
so is what counts as the same: a field that is missing is none, and a whole number may be written as text.
"""

import datetime
import difflib
import json
import math
from typing import TYPE_CHECKING, Any

from .failure import Failure

if TYPE_CHECKING:
    from .testing import Happened

# What stands where an error that has a text is not given one.
NO_MESSAGE = "as the case says"

# So much of a value is shown.
SHOWN = 400

KEYS = {
    "": {"case", "handler", "event", "given", "state", "http", "tools", "run", "expect"},
    "http": {"method", "url", "headers", "body", "json", "times", "answer"},
    "http.answer": {"status", "headers", "body", "json", "error", "message", "denied", "refused"},
    "tools": {"name", "description", "schema", "arguments", "times", "answer"},
    "tools.answer": {"output", "failed", "error", "message", "denied", "refused"},
    "run": {"run", "workflow", "step", "attempt", "session", "now", "random"},
    "expect": {
        "emits",
        "failure",
        "or-failure",
        "parked",
        "state",
        "deleted",
        "updates",
        "timers",
        "log",
        "calls",
        "fuel-at-most",
        "memory-at-most",
    },
    "expect.failure": {"class", "code", "message", "message-contains", "retry-after-ms", "details"},
    "expect.or-failure": {"class", "code", "message", "message-contains", "retry-after-ms", "details"},
    "expect.timers": {"set", "after-ms", "cancel"},
}


def findings(told: dict[str, Any]) -> list[str]:
    """What makes a file no case."""
    found = list(_strangers(told, ""))
    if ("event" in told) == ("given" in told):
        found.append("give one of `event`, `given`")
    for key, needed in (("http", "answer"), ("tools", "name")):
        found += [f"`{key}.{needed}` is missing" for one in told.get(key, []) if needed not in one]
    if "parked" in told.get("expect", {}):
        found.append("`expect.parked` takes a host that keeps calls: run this case with `lockstep test`")
    return found


def _strangers(table: Any, path: str):
    known = KEYS[path]
    if not isinstance(table, dict):
        yield f"`{path}` takes a table"
        return
    for key, value in table.items():
        inner = f"{path}.{key}" if path else key
        if key not in known:
            near = difflib.get_close_matches(key, sorted(known), n=1)
            yield f"unknown key `{inner}`" + (f"; did you mean `{near[0]}`?" if near else "")
        elif inner in KEYS:
            for one in value if isinstance(value, list) else [value]:
                yield from _strangers(one, inner)


def differences(expect: dict[str, Any], happened: "Happened") -> list[str]:
    """Everything that is not as expected, a line each."""
    failure = happened.failure
    if "or-failure" in expect and failure:
        found = list(_failure("or-failure", expect["or-failure"], failure))
        if not found or "failure" not in expect:
            return found
    found = list(_came(expect, happened))
    if "state" in expect:
        wanted = plain(expect["state"])
        for key in sorted({*wanted, *happened.state}):
            if key not in wanted:
                found.append(f"state.{key}: expected no change of this key, got {shown(happened.state[key])}")
            elif key not in happened.state:
                found.append(f"state.{key}: expected {shown(wanted[key])}, got no change of this key")
            else:
                found += _value(f"state.{key}", wanted[key], happened.state[key])
    if "deleted" in expect:
        found += _list("deleted", sorted(expect["deleted"]), sorted(happened.deleted))
    for key in ("updates", "timers", "log", "calls"):
        if key in expect:
            found += _list(key, plain(expect[key]), getattr(happened, key))
    return found


def _came(expect: dict[str, Any], happened: "Happened"):
    failure = happened.failure
    if "failure" in expect:
        if failure is None:
            names = ", ".join(next(iter(event)) for event in happened.emits or [])
            yield f"failure: expected a failure, got {names or 'no event'}"
        else:
            yield from _failure("failure", expect["failure"], failure)
    elif failure:
        yield f"emits: expected events, got {told(failure)}"
    elif "emits" in expect:
        yield from _list("emits", plain(expect["emits"]), happened.emits or [])


def _failure(path: str, wanted: dict[str, Any], failure: Failure):
    got = {"class": failure.kind.name.lower(), "code": failure.code, "message": failure.message}
    got |= {"retry-after-ms": failure.retry_after_ms, "details": failure.details}
    for key, value in wanted.items():
        if key == "message-contains":
            if value not in failure.message:
                yield f"{path}.{key}: expected {shown(value)}, got {shown(failure.message)}"
        else:
            yield from _value(f"{path}.{key}", plain(value), got[key])


def _list(path: str, wanted: list, got: list):
    for at in range(max(len(wanted), len(got))):
        left, right = wanted[at] if at < len(wanted) else None, got[at] if at < len(got) else None
        yield from _value(f"{path}[{at}]", left, right)


def _value(path: str, wanted: Any, got: Any):
    if isinstance(wanted, dict) and isinstance(got, dict):
        for key in [*wanted, *(key for key in got if key not in wanted)]:
            yield from _value(f"{path}.{key}", wanted.get(key), got.get(key))
    elif isinstance(wanted, list) and isinstance(got, list):
        yield from _list(path, wanted, got)
    elif not _is_same(wanted, got):
        yield f"{path}: expected {shown(wanted)}, got {shown(got)}"


def same(wanted: Any, got: Any) -> bool:
    """Whether two values of JSON say the same."""
    return not any(_value("", wanted, got))


def _is_same(wanted: Any, got: Any) -> bool:
    is_number = isinstance(got, (int, float)) and not isinstance(got, bool)
    if isinstance(wanted, str) and is_number:
        return wanted == str(got)
    # In Python True is 1.
    return wanted == got and isinstance(wanted, bool) == isinstance(got, bool)


def plain(value: Any) -> Any:
    """A value of TOML as JSON has it: a float that is no number, and a date, are texts."""
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else str(value)
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    return value


def told(failure: Failure) -> str:
    """A failure in full."""
    after = "" if failure.retry_after_ms is None else f", again after {failure.retry_after_ms} ms"
    # Its stack is shown by whoever shows the exception behind it.
    is_told = failure.details is None or failure.__cause__ is not None
    details = "" if is_told else f", {json.dumps(failure.details, ensure_ascii=False)}"
    return f"{failure.kind.name.lower()} `{failure.code}`: {failure.message}{after}{details}"


def shown(value: Any) -> str:
    if value is None:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
