"""What is told of an author's file that is not the step of its world."""

import sys

import pytest
from conftest import WORLD

from lockstep import _check, _world
from lockstep._check import Mistake

WHOLE = """
def on_order(event): pass
def on_round(all): pass
def on_served(order, as_): pass
def on_timer_fired(event): pass
"""


@pytest.fixture
def load(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(_world, "MAIN", "step")

    def load(text: str):
        (tmp_path / "step.py").write_text(text)
        sys.modules.pop("step", None)
        return _check.load(f"{tmp_path}/")

    return load


def test_a_whole_step_is_loaded(load):
    assert load(WHOLE).on_order


@pytest.mark.parametrize(
    "text, line, what, shown",
    [
        ("x = 1\ndef on_order(event:\n    pass\n", 2, "SyntaxError: '(' was never closed", "def on_order(event:"),
        (
            "\nimport nowhere\n",
            2,
            "ModuleNotFoundError: No module named 'nowhere'; if `nowhere` is a package, name it in requirements.txt",
            "import nowhere",
        ),
        ("import sys\nsys.exit(3)\n", 2, "SystemExit: 3", "sys.exit(3)"),
        (
            "from events import Tea\n",
            1,
            "ImportError: cannot import name 'Tea' from 'events'",
            "from events import Tea",
        ),
        (
            "from lockstep import state\nstate.get('x')\n",
            2,
            "RuntimeError: `state.get` needs a host, and there is none here",
            "state.get('x')",
        ),
        (
            WHOLE.replace("on_round", "on_roud"),
            3,
            "there is no `on_round`, which world `room` asks for: `def on_round(all: list[Order])`; "
            "did you mean `on_roud`?",
            "",
        ),
        (
            WHOLE.replace("on_served", "pour"),
            0,
            "there is no `on_served`, which world `room` asks for: `def on_served(order: Order, as_: Brewed)`",
            "",
        ),
        (WHOLE.replace("def on_order", "async def on_order"), 2, "`on_order` is async; a handler is a plain `def`", ""),
        (
            WHOLE.replace("order, as_", "order"),
            4,
            "`on_served` cannot be called as the world does, `def on_served(order: Order, as_: Brewed)`: "
            "too many positional arguments",
            "",
        ),
        (WHOLE + "on_order = 3\n", 0, "there is no `on_order`", ""),
    ],
)
def test_a_mistake_is_told_at_its_line(load, text, line, what, shown):
    with pytest.raises(Mistake) as mistake:
        load(text)
    told = mistake.value
    assert told.file.endswith("/step.py") and told.line == line and told.what.startswith(what)
    assert shown in told.shown


def test_functions_that_nobody_calls_are_told(load):
    strangers = _check.strangers(load(WHOLE + "def on_tea(event): pass\ndef once(): pass\n"))
    assert [(one.line, one.what) for one in strangers] == [
        (6, "world `room` has no handler `on-tea`, so nothing calls this function")
    ]


def test_an_interface_that_the_world_lacks_says_what_to_add(load, monkeypatch):
    from lockstep import _host

    monkeypatch.delitem(_host.INTERFACES, "http")
    monkeypatch.delitem(sys.modules, "lockstep.http", raising=False)
    monkeypatch.delattr(sys.modules["lockstep"], "http", raising=False)
    with pytest.raises(Mistake) as mistake:
        load("from lockstep import http\n")
    assert (mistake.value.line, mistake.value.what) == (
        1,
        "ImportError: world `room` does not import `http`; add `import lockstep:step/http@0.1.0;` to it",
    )


def test_the_first_code_of_a_new_step_is_whole_and_runs(monkeypatch, playing):
    monkeypatch.setattr(_world, "MAIN", "step")
    sys.modules.pop("step", None)
    step = _check.load(f"{WORLD}/")
    assert _check.strangers(step) == []
    answers = {"http": [{"answer": {"body": "page"}}], "tools": [{"name": "read_text_file", "answer": {"output": 1}}]}
    with playing(**answers):
        for handler, given in zip(_world.HANDLERS, ([None], [[]], [None, None], [None]), strict=True):
            handler.attempt(getattr(step, handler.function), given)
    sys.modules.pop("step")
