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
import json
import os
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import _case, _world
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
        text = self.path.read_text(encoding="utf-8")
        try:
            told = json.loads(text) if self.path.suffix == ".json" else tomllib.loads(text)
        except ValueError as error:
            raise Wrong(f"{self.path}: {error}") from None
        found = _case.findings(told)
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
        happened = self.run()
        found = [one.told() for one in happened.unanswered]
        found += [] if expect is None else _case.differences(expect, happened)
        if expect is None and happened.failure:
            found.append(f"it failed: {_case.told(happened.failure)}")
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
        given = told["given"] if "given" in told else {name: told["event"] for name, _ in handler.takes[:1]}
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
        return Happened(None, failure, **seen)
    except Ended as ended:
        raise Wrong(f"the attempt ended: {ended}") from ended
    try:
        emits = [{name: of(type(event)).write(event)} for name, event in handler.emitted(taken)]
    except ValueError as error:
        raise Wrong(f"its event is broken: a `json` in it is none: {error}") from None
    state, deleted = playing.changed()
    return Happened(emits, None, state, deleted, playing.updates, playing.timers, **seen)


def _workflow(path: Path) -> str:
    """The name of the nearest workflow; empty if there is none."""
    for folder in path.parents:
        if (file := folder / "workflow.toml").is_file():
            return tomllib.loads(file.read_text(encoding="utf-8")).get("workflow", "")
    return ""
