"""Cases of a step in plain Python, without WebAssembly: the files that `lockstep test` runs for real.

    from lockstep.testing import Case, cases

    @cases("cases/*.toml")
    def test_case(case: Case):
        case.check()

Each file is a test of pytest. The handler is called in this process, so breakpoints stop in it, and it takes
milliseconds; what it calls of the host is answered from the file. `case.run()` gives what happened, for checks of your
own.
"""

import importlib
import os
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import _case, _schema, _world
from ._handler import Handler
from ._shape import Misread, of
from ._stand_in import Ended, Playing, Unanswered
from .failure import Failure


@dataclass
class Happened:
    """What came of a case, as JSON has it: `emits` is a list of `{name: fields}`."""

    emits: list[dict[str, Any]] | None
    """None if it failed."""
    failure: Failure | None
    failure_class: str | None = None
    """As `[expect]` has it: the host has more of them than a step can raise."""
    state: dict[str, Any] = field(default_factory=dict)
    """What it added or changed."""
    deleted: list[str] = field(default_factory=list)
    updates: list[dict[str, Any]] = field(default_factory=list)
    timers: list[dict[str, Any]] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    unanswered: list[Unanswered] = field(default_factory=list)
    """Calls that the case has no answer for."""


class Wrong(AssertionError):
    """A case does not hold: every difference, a line each."""


@dataclass
class Case:
    """A case of a handler, from a file."""

    path: Path

    def __str__(self) -> str:
        return self.path.stem

    def read(self) -> dict[str, Any]:
        """What the file says; `Wrong` if it is no case."""
        told, found = _case.read(self.path.read_text(encoding="utf-8"), self.path.suffix)
        if found:
            raise Wrong("\n".join(f"{self.path}: {one}" for one in found))
        return told

    def run(self) -> Happened:
        """Calls the handler, and gives what came of it."""
        told = self.read()
        handler = self._handler(told.get("handler"))
        parameters = self._parameters(told, handler)
        playing = Playing(told, self._identity(told.get("run", {})))
        with playing:
            function = getattr(importlib.import_module(_world.MAIN), handler.function, None)
            if function is None:
                raise Wrong(f"{self.path}: there is no `{handler.function}` in {_world.MAIN}.py")
            return _attempt(handler, function, parameters, playing)

    def check(self) -> None:
        """Runs it, and raises `Wrong` with every difference from what it expects."""
        __tracebackhide__ = True
        expect = self.read().get("expect")
        if expect and "parked" in expect:
            _skip("only a host can park an attempt: run this case with `lockstep test`")
        happened = self.run()
        found = [one.told() for one in happened.unanswered]
        if expect is None:
            found.append(f"the case expects nothing; it came to {_case.came(happened)}")
        else:
            found += _case.differences(expect, happened)
        if found:
            # The exception behind a failure is shown with it, at the line where it was raised.
            raise Wrong("\n".join([f"{os.path.relpath(self.path)}:", *found])) from (
                happened.failure and happened.failure.__cause__
            )

    def _handler(self, name: str | None) -> Handler:
        known = {handler.name: handler for handler in _world.HANDLERS}
        if name is None and len(known) == 1:
            return _world.HANDLERS[0]
        if name not in known:
            raise Wrong(f"{self.path}: `handler` is to be one of {', '.join(known)}, not {name}")
        return known[name]

    def _parameters(self, told: dict[str, Any], handler: Handler) -> list[Any]:
        names = [name for name, _ in handler.takes]
        if "given" not in told and len(names) != 1:
            raise Wrong(f"{self.path}: `{handler.name}` has several parameters; give {', '.join(names)} in [given]")
        given = told["given"] if "given" in told else {names[0]: told["event"]}
        for name in given:
            if name not in names:
                near = _schema.meant(name, names)
                raise Wrong(f"{self.path}: `{handler.name}` has no parameter `{name}`{near}")
        try:
            return [of(taken).read(given.get(name), name) for name, taken in handler.takes]
        except Misread as error:
            raise Wrong(f"{self.path}: {error}") from None

    def _identity(self, told: dict[str, Any]) -> dict[str, Any]:
        return {"workflow": _workflow(self.path.resolve()), "step": _world.STEP, **told}


def cases(pattern: str) -> Callable:
    """A test of pytest for each of the files that a pattern names, from the folder of the test."""
    import pytest  # type: ignore[import-not-found]

    folder = Path(sys._getframe(1).f_globals["__file__"]).parent
    paths = sorted(folder.glob(pattern))
    if not paths:
        raise Wrong(f"there is no {folder / pattern}")
    return pytest.mark.parametrize("case", [pytest.param(Case(path), id=path.stem) for path in paths])


def _attempt(handler: Handler, function: Callable, parameters: list[Any], playing: Playing) -> Happened:
    seen = {"log": playing.log, "calls": playing.calls, "unanswered": playing.unanswered}
    try:
        taken = handler.attempt(function, parameters)
    except Failure as failure:
        return Happened(None, failure, failure.kind.name.lower(), **seen)
    except Ended as ended:
        # Where it was is shown with it.
        ended.failure.__cause__ = ended
        return Happened(None, ended.failure, ended.word, **seen)
    try:
        emits = [{name: of(type(event)).write(event)} for name, event in handler.emitted(taken)]
    except ValueError as error:
        raise Wrong(f"its event is broken: a `json` in it is none: {error}") from None
    state, deleted = playing.changed()
    return Happened(emits, None, None, state, deleted, playing.updates, playing.timers, **seen)


def _skip(why: str) -> None:
    import pytest  # type: ignore[import-not-found]

    pytest.skip(why)


def _workflow(path: Path) -> str:
    """The name of the nearest workflow; empty if there is none."""
    for folder in path.parents:
        if (file := folder / "workflow.toml").is_file():
            return tomllib.loads(file.read_text(encoding="utf-8")).get("workflow", "")
    return ""
