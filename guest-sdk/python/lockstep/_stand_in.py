"""The host's stand-in while a case is run in plain Python: it answers as the case says, and notes what it was asked."""

import contextlib
import copy
import hashlib
import logging
import random
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from . import _address, _case, _host, _json, _schema
from .failure import Failure
from .wit import Err

# The beginning of 2026, as `lockstep test` has it.
NOW = 1_767_225_600_000
RUN = "01HCASE0000000000000000000"
DEADLINE = 30_000

NO_ANSWER = "the case has no answer for it"

# The bounds of one blob and of one part of it, in bytes.
BLOB, PART = 8 << 20, 4 << 20


# What the host calls the server of the tools of a step that is tested by itself.
SERVER = "case"


class Ended(BaseException):
    """The host would end the attempt here, with a failure of this class; a handler cannot catch that."""

    def __init__(self, word: str, code: str, message: str):
        super().__init__(message)
        self.word, self.failure = word, Failure.permanent(code, message)


@dataclass
class Unanswered:
    """A call that the case does not answer."""

    call: str
    nearly: list[str] = field(default_factory=list)
    """Why answers that are nearly for it are not."""

    def told(self) -> str:
        return "\n  ".join([f"the case does not answer `{self.call}`", *self.nearly])


class Playing(contextlib.AbstractContextManager):
    """A case that is being run: within it the SDK has functions to call."""

    def __init__(self, told: dict[str, Any], about: dict[str, Any]):
        self.before: dict[str, Any] = told.get("state", {})
        self.state = copy.deepcopy(self.before)
        self.http = [(answer, [0]) for answer in told.get("http", [])]
        self.tools = [(answer, [0]) for answer in told.get("tools", [])]
        self.about = about
        self.chance = random.Random(about.get("random", 1))
        self.blobs: dict[str, bytes] = {}
        self.log: list[str] = []
        self.updates: list[dict[str, Any]] = []
        self.timers: list[dict[str, Any]] = []
        self.calls: list[str] = []
        self.unanswered: list[Unanswered] = []

    def __enter__(self):
        own = {"log": Log, "run": Run, "state": State, "timer": Timer, "updates": Updates}
        own |= {"http": Http, "tools": Tools, "blob": Blob}
        self.kept = {name: dict(vars(interface)) for name, interface in _host.INTERFACES.items()}
        for name, interface in _host.INTERFACES.items():
            stand_in = own[name](self)
            vars(interface).update({one: getattr(stand_in, one) for one in vars(own[name]) if one[0] != "_"})
        self.root = logging.getLogger()
        self.level, self.handler = self.root.level, None
        if "log" in _host.INTERFACES:
            from . import log

            self.handler = log.Handler()
            self.root.addHandler(self.handler)
            self.root.setLevel(logging.INFO if self.level == logging.WARNING else self.level)
        return self

    def __exit__(self, *_):
        for name, interface in _host.INTERFACES.items():
            vars(interface).clear()
            vars(interface).update(self.kept[name])
        if self.handler:
            self.root.removeHandler(self.handler)
            self.root.setLevel(self.level)

    def changed(self) -> tuple[dict[str, Any], list[str]]:
        """What the state holds that was added or changed, and the keys that are gone."""
        before = {key: _json.canonical(value) for key, value in self.before.items()}
        changed = {key: value for key, value in self.state.items() if before.get(key) != _json.canonical(value)}
        return changed, [key for key in before if key not in self.state]

    def answer(self, answers: list, line: str, call: str, misfit) -> dict[str, Any] | None:
        """The first answer that fits and is not used up; the call leaves, unless it is one that says no."""
        nearly = []
        for answer, given in answers:
            why = misfit(answer)
            if why is None and given[0] >= answer.get("times", given[0] + 1):
                why = f"it was given {answer['times']} times already"
            if why is None:
                given[0] += 1
                if not {"denied", "refused"} & {*answer["answer"]}:
                    self.calls.append(line)
                return answer["answer"]
            nearly += [f"an answer is not for it: {why}"] if why else []
        self.unanswered.append(Unanswered(call, nearly))
        return None


class Log:
    def __init__(self, playing: Playing):
        self._playing = playing

    def log(self, level, message: str) -> None:
        self._playing.log.append(f"{level.name.lower()}: {message}")


class Run:
    def __init__(self, playing: Playing):
        self._about, self._chance = playing.about, playing.chance

    def whoami(self):
        from .run import Identity

        about, now = self._about, self.now()
        return Identity(
            run=about.get("run", RUN),
            workflow=about["workflow"],
            step=about["step"],
            attempt=about.get("attempt", 1),
            deadline_ms=now + DEADLINE,
            idempotency_key=hashlib.sha256(about.get("run", RUN).encode()).hexdigest(),
            session=about.get("session"),
        )

    def now(self) -> int:
        return self._about.get("now", NOW)

    def random(self, n: int) -> bytes:
        if n > 65_536:
            raise Ended("limit", "random", f"`run.random` gives at most 65536 bytes, and was asked for {n}")
        return self._chance.randbytes(n)


class State:
    def __init__(self, playing: Playing):
        self._state = playing.state

    def get(self, key: str) -> str | None:
        return _json.dump(self._state[_key(key)]) if key in self._state else None

    def set(self, key: str, value: str) -> None:
        self._state[_key(key)] = _json.load(value)

    def delete(self, key: str) -> None:
        self._state.pop(_key(key), None)

    def keys(self, prefix: str) -> list[str]:
        return sorted((key for key in self._state if key.startswith(prefix)), key=str.encode)

    def add(self, key: str, by: int) -> None:
        known = self._state.get(_key(key), 0)
        if type(known) is not int:
            told = f"`state.add` adds to a whole number, and `{key}` holds {_json.dump(known)}"
            raise Ended("invalid", "state", told)
        self._state[key] = known + by

    def append(self, key: str, value: str) -> None:
        self._state[key] = [*self._list(key), _json.load(value)]

    def page(self, key: str, offset: int, limit: int) -> list[str]:
        return [_json.dump(one) for one in self._list(key)[offset : offset + min(limit, 1000)]]

    def _list(self, key: str) -> list:
        known = self._state.get(_key(key), [])
        if not isinstance(known, list):
            raise Ended("invalid", "state", f"`{key}` of the state is no list: it holds {_json.dump(known)}")
        return known


def _key(key: str) -> str:
    return _name(key, "a key of the state", "state-key", 512)


def _name(name: str, what: str, code: str, longest: int) -> str:
    if not 0 < len(name.encode()) <= longest or any(ord(char) < 32 or ord(char) == 127 for char in name):
        word = "limit" if len(name.encode()) > longest else "invalid"
        told = f"{what} is 1 to {longest} bytes of text without control characters, not {name!r}"
        raise Ended(word, code, told)
    return name


class Timer:
    def __init__(self, playing: Playing):
        self._timers = playing.timers

    def set(self, name: str, after_ms: int) -> None:
        self._timers.append({"set": _timer(name), "after-ms": after_ms})

    def cancel(self, name: str) -> None:
        self._timers.append({"cancel": _timer(name)})


def _timer(name: str) -> str:
    return _name(name, "the name of a timer", "timer-name", 128)


class Updates:
    def __init__(self, playing: Playing):
        self._updates = playing.updates

    def publish(self, name: str, item: str) -> None:
        self._updates.append({_name(name, "the name of an update", "update-name", 64): _json.load(item)})


class Http:
    def __init__(self, playing: Playing):
        self._playing = playing

    def fetch(self, request):
        from .http import Response

        try:
            method, url = _address.asked(request.method, request.url)
        except _address.NoRequest as why:
            raise Err(_variant("InvalidRequest", str(why))) from None
        call, told = f"{method} {url}", self._playing.http
        answer = self._playing.answer(told, call, call, lambda one: self._misfit(one, request, method, url))
        if answer is None:
            raise Err(_variant("Connect", NO_ANSWER))
        if "denied" in answer:
            raise Err(_variant("Denied", SimpleNamespace(capability="http", what=call, why=answer["denied"])))
        if "refused" in answer:
            raise Err(_variant("Refused", answer["refused"]))
        if "error" in answer:
            raise Err(_variant(_camel(answer["error"]), answer.get("message", _case.NO_MESSAGE)))
        body = answer.get("body", _json.dump(answer["json"]) if "json" in answer else "")
        headers = [(name.lower(), value) for name, value in answer.get("headers", {}).items()]
        return Response(answer.get("status", 200), headers, body.encode())

    def _misfit(self, answer: dict[str, Any], request, method: str, url: str) -> str | None:
        """Why an answer is not for a request; empty if it is for another one altogether."""
        if (wanted := answer.get("url")) and wanted != url:
            return f"its `url` is {wanted}" if wanted.partition("?")[0] == url.partition("?")[0] else ""
        if answer.get("method") and answer["method"] != method:
            return f"its `method` is {answer['method']}"
        sent = [(name.lower(), value) for name, value in request.headers]
        for name, value in answer.get("headers", {}).items():
            if (name.lower(), value) not in sent:
                return f"its header `{name}` is not what was sent"
        if "body" in answer and answer["body"].encode() != request.body:
            return "its body is not what was sent"
        if "json" in answer and not _is_json(request.body, answer["json"]):
            return "its body is not what was sent"
        return None


class Tools:
    def __init__(self, playing: Playing):
        self._playing = playing

        self._schemas = {tool["name"]: tool.get("schema", {"type": "object"}) for tool, _ in reversed(playing.tools)}

    def list(self):
        told = {tool["name"]: tool.get("description", "") for tool, _ in reversed(self._playing.tools)}
        known = sorted(self._schemas.items())
        return [
            SimpleNamespace(name=name, description=told[name], input_schema=_json.dump(schema))
            for name, schema in known
        ]

    def call(self, name: str, arguments: str) -> str:
        schema = self._schemas.get(name, {})
        for why in _schema.findings(schema, schema, _json.load(arguments), "arguments"):
            raise Err(_variant("InvalidArguments", why))
        line, told = f"tool {name}", self._playing.tools
        answer = self._playing.answer(told, line, f"{line} {arguments}", lambda one: self._misfit(one, name, arguments))
        if answer is None:
            raise Err(_variant("Unavailable", NO_ANSWER))
        if "output" in answer:
            return _json.dump(answer["output"])
        if "denied" in answer:
            denied = SimpleNamespace(capability="tools", what=f"{SERVER}/{name}", why=answer["denied"])
            raise Err(_variant("Denied", denied))
        for key in ("failed", "refused"):
            if key in answer:
                raise Err(_variant(_camel(key), answer[key]))
        raise Err(_variant(_camel(answer["error"]), answer.get("message", _case.NO_MESSAGE)))

    def _misfit(self, tool: dict[str, Any], name: str, arguments: str) -> str | None:
        if tool["name"] != name:
            return ""
        if "arguments" in tool and not _is_json(arguments, tool["arguments"]):
            return "its `arguments` are not what was given"
        return None if "answer" in tool else "it has no `answer`"


class Blob:
    def __init__(self, playing: Playing):
        self._blobs = playing.blobs

    def put(self, content: bytes) -> str:
        if len(content) > BLOB:
            raise Err(_failure("blob-size", f"a blob is at most {BLOB} bytes, and this one is {len(content)}"))
        reference = f"sha256:{hashlib.sha256(content).hexdigest()}"
        self._blobs[reference] = content
        return reference

    def get(self, reference: str, offset: int, length: int) -> bytes:
        if not reference.startswith("sha256:"):
            raise Err(_failure("blob-reference", f"`{reference}` is no reference to a blob"))
        if reference not in self._blobs:
            raise Err(_failure("blob-unknown", f"nothing is stored under `{reference}`"))
        return self._blobs[reference][offset : offset + min(length, PART)]


def _failure(code: str, message: str) -> SimpleNamespace:
    kind = SimpleNamespace(name="PERMANENT")
    return SimpleNamespace(kind=kind, code=code, message=message, retry_after_ms=None, details=None)


def _variant(case: str, value: object) -> object:
    """A case of a variant, named as the runtime names its classes."""
    return type(f"Error_{case}", (SimpleNamespace,), {})(value=value)


def _camel(word: str) -> str:
    return "".join(part.capitalize() for part in word.split("-"))


def _is_json(text: str | bytes, wanted: object) -> bool:
    try:
        return _case.same(wanted, _json.load(text))
    except ValueError:
        return False
