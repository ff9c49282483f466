"""The tables that every reader of case files is held to, those of the host and of the other SDKs too."""

import json
import sys
import types
from dataclasses import dataclass
from pathlib import Path

import pytest

from lockstep import Failure, _world, http, log, state, timer, tools, updates
from lockstep._address import NoRequest, asked
from lockstep._handler import Case as Choice
from lockstep._handler import Event, Handler, List, Variant
from lockstep._shape import of
from lockstep.testing import Case, Wrong
from lockstep.wit import Json, f32, u8, u32, u64

CORE = Path(__file__).parents[3] / "host/core/src"
ROWS = json.loads((CORE / "case/tests/table.json").read_text())["rows"]
ADDRESSES = json.loads((CORE / "grant/http/addresses.json").read_text())


# As room.wit, which lies beside the table, has them.
@dataclass
class Asked:
    what: str | None
    count: u64 | None
    bytes: bytes | None
    pair: tuple[u8, u8] | None


@dataclass
class Told:
    text: str | None
    count: u64 | None
    tags: list[str] | None
    maybe: list[u32 | None] | None
    single: f32 | None
    any: Json | None


@dataclass
class Hushed:
    why: str | None


EVENTS = {"told": Told, "hushed": Hushed}
EMITS = List(Variant([Choice(f"wit_world.Emits_{name}", Event(name, cls)) for name, cls in EVENTS.items()]))


def handler(does: dict):
    """A handler that does what a row says."""

    def on_asked(event: Asked):
        for call in does.get("calls", []):
            assert got(call) == call["gets"]
        for key, value in does.get("state", {}).items():
            state.set(key, value)
        for key in does.get("deleted", []):
            state.delete(key)
        for update in does.get("updates", []):
            updates.publish(*next(iter(update.items())))
        for wish in does.get("timers", []):
            timer.cancel(wish["cancel"]) if "cancel" in wish else timer.set(wish["set"], wish["after-ms"])
        for line in does.get("log", []):
            getattr(log, line.partition(": ")[0])(line.partition(": ")[2])
        if "failure" in does:
            failure = {key.replace("-", "_"): value for key, value in does["failure"].items()}
            raise getattr(Failure, failure.pop("class"))(**failure)
        return [of(EVENTS[name]).read(value, name) for event in does.get("emits", []) for name, value in event.items()]

    return on_asked


def got(call: dict) -> str:
    """The text that a call gives, or the code of its failure."""
    try:
        if "http" in call:
            method, _, url = call["http"].partition(" ")
            return http.request(method, url, json=call.get("json")).text()
        return json.dumps(tools.call(call["tool"], call["arguments"]), ensure_ascii=False, separators=(",", ":"))
    except Failure as failure:
        return failure.code


@pytest.mark.parametrize("row", ROWS, ids=[row["says"] for row in ROWS])
def test_every_row_has_its_verdict(row, tmp_path, monkeypatch):
    step = types.ModuleType("step")
    step.on_asked = handler(row["does"])
    monkeypatch.setitem(sys.modules, "step", step)
    monkeypatch.setattr(_world, "MAIN", "step")
    monkeypatch.setattr(_world, "HANDLERS", [Handler("on-asked", "on_asked", [("event", Asked)], EMITS)])
    path = tmp_path / ("case.toml" if "toml" in row else "case.json")
    path.write_text(row.get("toml") or row.get("json") or json.dumps(row["case"]))
    verdict = row["verdict"]
    lines = found(Case(path))
    if isinstance(verdict, list):
        assert [line.partition(": ")[0] for line in lines] == verdict
    elif "unanswered" in verdict:
        assert [line for line in lines if "does not answer" in line] == [
            f"the case does not answer `{call}`" for call in verdict["unanswered"]
        ]
    else:
        wanted = verdict["refused"]
        assert len(lines) == len(wanted) and all(any(part in line for line in lines) for part in wanted), lines


def found(case: Case) -> list[str]:
    try:
        case.check()
    except Wrong as wrong:
        return [line for line in str(wrong).splitlines() if not line.endswith("case.json:")]
    return []


@pytest.mark.parametrize("request_, spelled", ADDRESSES)
def test_a_request_has_the_spelling_of_the_host_or_is_none(request_, spelled):
    method, _, url = request_.partition(" ")
    if spelled is None:
        with pytest.raises(NoRequest):
            asked(method, url)
    else:
        assert " ".join(asked(method, url)) == spelled
