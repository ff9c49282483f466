"""Case files: read, and what happened held against what they expect. The format is the host's own, and so is what is
the same: a field that is missing is none, an element of a list is not, and a whole number may be written as text.
"""

import datetime
import itertools
import json
import math
import tomllib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from . import _address, _json, _schema

if TYPE_CHECKING:
    from .testing import Happened

# What stands where an error that has a text is not given one.
NO_MESSAGE = "as the case says"

# So much of a value is shown.
SHOWN = 400


def read(text: str, suffix: str) -> tuple[dict[str, Any], list[str]]:
    """What the text of a file says, and what makes it no case."""
    try:
        told = _json.strict(text) if suffix == ".json" else tomllib.loads(text)
    except ValueError as error:
        return {}, [f"this is not {'JSON' if suffix == '.json' else 'TOML'}: {error}"]
    if not isinstance(told, dict):
        return {}, [f"a case takes a table, not {_schema.shown(told)}"]
    if found := [f"`{date}` is a date, which JSON has no word for; quote it" for date in _dates(told)]:
        return {}, found
    root = _schema.of_cases()
    case = _schema.settled(root, root["$defs"]["step"], plain(told))
    found = list(_schema.findings(root, root["$defs"]["step"], case))
    return case, found or list(_requests(case))


def _dates(value: Any) -> Iterator[str]:
    """The dates and times in a value of TOML; readers spell them differently."""
    if isinstance(value, (datetime.date, datetime.time)):
        yield value.isoformat()
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        yield from _dates(one)


def _requests(case: dict[str, Any]) -> Iterator[str]:
    """Brings answers into the spelling that requests have; what no request can be for, or no call, is a finding."""
    for one in case.get("http", []):
        one["method"] = one.get("method", "").upper()
        try:
            one["url"] = one.get("url") and _address.address(one["url"])
        except _address.NoRequest as why:
            yield f"`http.url` cannot be {_schema.shown(one['url'])}: {why}"
    for one in case.get("tools", []):
        for key in _schema.unknown(one.get("schema", {})):
            yield f"`tools.schema` has `{key}`, which plain tests do not know: run this case with `lockstep test`"


def differences(expect: dict[str, Any], happened: "Happened") -> list[str]:
    """Everything that is not as expected, a line each."""
    failure = happened.failure
    if "or-failure" in expect and failure:
        found = list(_failure("or-failure", expect["or-failure"], happened))
        if not found or "failure" not in expect:
            return found
    found = list(_came(expect, happened))
    if "state" in expect:
        wanted = expect["state"]
        for key in sorted({*wanted, *happened.state}):
            if key not in wanted:
                found.append(f"state.{key}: expected no change of this key, got {shown(happened.state[key])}")
            elif key not in happened.state:
                found.append(f"state.{key}: expected {shown(wanted[key])}, got no change of this key")
            else:
                found += _value(f"state.{key}", wanted[key], happened.state[key])
    if "deleted" in expect:
        found += _list("deleted", sorted(expect["deleted"]), sorted(happened.deleted))
    if "updates" in expect:
        found += _events("updates", expect["updates"], happened.updates)
    if "timers" in expect:
        found += _list("timers", [_timer(one) for one in expect["timers"]], [_timer(one) for one in happened.timers])
    for key in ("log", "calls"):
        if key in expect:
            found += _list(key, expect[key], getattr(happened, key))
    return found


def _came(expect: dict[str, Any], happened: "Happened"):
    failure = happened.failure
    if "failure" in expect:
        if failure is None:
            yield f"failure: expected a failure, got {came(happened)}"
        else:
            yield from _failure("failure", expect["failure"], happened)
    elif failure:
        yield f"emits: expected events, got {came(happened)}"
    elif "emits" in expect:
        yield from _events("emits", expect["emits"], happened.emits or [])


def _failure(path: str, wanted: dict[str, Any], happened: "Happened"):
    failure = happened.failure
    assert failure
    got = {"class": happened.failure_class, "code": failure.code, "message": failure.message}
    got |= {"retry-after-ms": failure.retry_after_ms, "details": failure.details}
    for key, value in wanted.items():
        if key == "message-contains":
            if value not in failure.message:
                yield f"{path}.{key}: expected {shown(value)}, got {shown(failure.message)}"
        else:
            yield from _value(f"{path}.{key}", value, got[key])


def _events(path: str, wanted: list, got: list):
    for at, (left, right) in enumerate(itertools.zip_longest(wanted, got)):
        if left and right and [*left] == [*right]:
            [(name, value)] = left.items()
            yield from _value(f"{path}[{at}].{name}", value, right[name])
        else:
            yield f"{path}[{at}]: expected {_event(left)}, got {_event(right)}"


def _event(event: dict[str, Any] | None) -> str:
    return "nothing" if event is None else " ".join(f"{name} {shown(value)}" for name, value in event.items())


def _timer(wish: dict[str, Any]) -> str:
    return f"cancel {wish['cancel']}" if "cancel" in wish else f"set {wish['set']} after {wish['after-ms']} ms"


def _list(path: str, wanted: list, got: list):
    """A list has as many elements as are expected: one that is missing is not the same as `null`."""
    for at, (left, right) in enumerate(zip(wanted, got)):
        yield from _value(f"{path}[{at}]", left, right)
    for at in range(len(got), len(wanted)):
        yield f"{path}[{at}]: expected {_text(wanted[at])}, got nothing"
    for at in range(len(wanted), len(got)):
        yield f"{path}[{at}]: expected nothing, got {_text(got[at])}"


def _value(path: str, wanted: Any, got: Any):
    if isinstance(wanted, dict) and isinstance(got, dict):
        for key in sorted({*wanted, *got}):
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
    """A value of TOML as JSON has it: a float that is no number is text."""
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else str(value)
    return value


def came(happened: "Happened") -> str:
    """The names of the events, or the failure in full."""
    failure = happened.failure
    if failure is None:
        return ", ".join(next(iter(event)) for event in happened.emits or []) or "no event"
    after = "" if failure.retry_after_ms is None else f", again after {failure.retry_after_ms} ms"
    # Its stack is shown by whoever shows the exception behind it.
    is_told = failure.details is None or failure.__cause__ is not None
    details = "" if is_told else f", {json.dumps(failure.details, ensure_ascii=False)}"
    return f"{happened.failure_class} `{failure.code}`: {failure.message}{after}{details}"


def shown(value: Any) -> str:
    return "nothing" if value is None else _text(value)


def _text(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
