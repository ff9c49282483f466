"""Cases: their files, what stands in for the host, and what is told where they do not hold."""

import logging
import sys
import types

import pytest

from events import Brewed, EventsCup, Heat, Refused
from lockstep import Failure, _world, blob, http, info, run, state, timer, tools, updates
from lockstep._stand_in import Ended
from lockstep.testing import Case, Wrong


@pytest.fixture
def case(tmp_path, monkeypatch):
    """A case of `on_timer_fired` or `on_order`, which do what they are given."""

    def case(text: str, function=lambda event: None, handler: str = "on-timer-fired", name: str = "case.toml") -> Case:
        step = types.ModuleType("step")
        setattr(step, handler.replace("-", "_"), function)
        monkeypatch.setitem(sys.modules, "step", step)
        monkeypatch.setattr(_world, "MAIN", "step")
        path = tmp_path / name
        path.write_text(text)
        return Case(path)

    return case


FIRED = 'handler = "on-timer-fired"\nevent = { name = "t" }\n'


def wrong(case: Case) -> list[str]:
    with pytest.raises(Wrong) as told:
        case.check()
    return str(told.value).splitlines()[1:]


def test_a_handler_does_all_that_a_case_can_tell(case):
    def work(event):
        info(f"{event.name} fired")
        logging.getLogger("tea").warning("%s is hot", "it")
        logging.getLogger("tea").debug("not said")
        state.set("cup", {"of": "tea"})
        state.add("count", 2)
        state.append("list", [1])
        state.delete("gone")
        updates.publish("progress", {"done": 1})
        timer.set("again", 5)
        timer.cancel("not")
        assert state.keys("c") == ["count", "cup"] and state.get("none", 7) == 7
        assert list(state.elements("list")) == [0, [1]]
        answer = http.post("https://Tea.example:443", json={"n": 1}, headers={"X-Kind": "green"})
        assert (answer.status, answer.header("X-Of"), answer.json()) == (201, "tea", [1])
        assert tools.call("brew", {"cups": 2}) == {"made": "tea"}
        assert [tool.name for tool in tools.list()] == ["brew", "pour"]
        assert blob.read(blob.put(b"x" * 5_000_000)) == b"x" * 5_000_000
        assert run.whoami().session == "noon" and run.now() == 7 and len(run.random(3)) == 3

    whole = case(
        FIRED
        + """
        [state]
        count = 40
        list = [0]
        gone = 1
        [run]
        session = "noon"
        now = 7
        [[http]]
        method = "post"
        url = "https://tea.example/"
        headers = { x-kind = "green" }
        json = { n = 1 }
        answer = { status = 201, headers = { X-Of = "tea" }, json = [1] }
        [[tools]]
        name = "pour"
        [[tools]]
        name = "brew"
        arguments = { cups = 2 }
        answer = { output = { made = "tea" } }
        [expect]
        emits = []
        state = { cup = { of = "tea" }, count = 42, list = [0, [1]] }
        deleted = ["gone"]
        updates = [{ progress = { done = 1 } }]
        timers = [{ set = "again", after-ms = 5 }, { cancel = "not" }]
        log = ["info: t fired", "warn: it is hot"]
        calls = ["POST https://tea.example/", "tool brew"]
        """,
        work,
    )
    whole.check()


def test_every_difference_is_told_with_its_path(case):
    def work(event):
        state.set("cup", {"of": "tea", "hot": True})
        state.set("more", 1)
        updates.publish("progress", 1)
        info("one")

    told = wrong(
        case(
            FIRED
            + """[expect]
            emits = [{ left = { n = 1 } }]
            state = { cup = { of = "tea", hot = 1 }, less = 2 }
            deleted = ["gone"]
            updates = [{ progress = "1" }, { progress = 2 }]
            log = ["info: two"]
            calls = ["GET https://tea.example/"]
            """,
            work,
        )
    )
    assert told == [
        'emits[0]: expected left {"n": 1}, got nothing',
        "state.cup.hot: expected 1, got true",
        "state.less: expected 2, got no change of this key",
        "state.more: expected no change of this key, got 1",
        'deleted[0]: expected "gone", got nothing',
        "updates[1]: expected progress 2, got nothing",
        'log[0]: expected "info: two", got "info: one"',
        'calls[0]: expected "GET https://tea.example/", got nothing',
    ]


ORDER = """handler = "on-order"
[event]
number = "18446744073709551615"
bool = true
tiny = 1
short = 1
word = 1
int = 1
count = 1
change = 1
price = 0.5
weight = inf
letter = "c"
str = "s"
bytes = ""
signed = []
cups = []
leaves = { grams = 1 }
sort = "plain"
extras = []
paid = { ok = 1 }
done = { ok = 0 }
any = {}
not = "n"
HTTP_code = 1
kind = "permanent"
"""


def test_events_are_compared_by_what_they_say(case):
    brewed = Brewed(EventsCup(1, Heat.HOT), 2**64 - 1)
    told = """[expect]
    emits = [{ brewed = { cup = { size = 1, heat = "HOT" }, at = "18446744073709551615" } }]
    """
    case(ORDER + told, lambda event: brewed, "on-order").check()
    assert wrong(case(ORDER + told, lambda event: Refused("no"), "on-order")) == [
        'emits[0]: expected brewed {"cup": {"size": 1, "heat": "HOT"}, "at": "18446744073709551615"}, '
        'got refused {"why": "no", "details": null}',
    ]


def test_failures_are_expected_or_wrong(case):
    def fail(event):
        state.set("cup", 1)
        raise Failure.transient("busy", "later, please", retry_after_ms=5, details={"n": 1})

    good = """[expect]
    state = {}
    [expect.failure]
    class = "transient"
    code = "busy"
    message-contains = "please"
    retry-after-ms = 5
    details = { n = 1 }
    """
    case(FIRED + good, fail).check()
    case(FIRED + '[expect]\nemits = []\nor-failure = { code = "busy" }\n', fail).check()
    assert wrong(case(FIRED + '[expect]\nfailure = { class = "permanent", message = "no" }\n', fail)) == [
        'failure.class: expected "permanent", got "transient"',
        'failure.message: expected "no", got "later, please"',
    ]
    assert wrong(case(FIRED + "[expect]\nemits = []\n", fail)) == [
        'emits: expected events, got transient `busy`: later, please, again after 5 ms, {"n": 1}'
    ]
    assert wrong(case(FIRED, fail)) == [
        'the case expects nothing; it came to transient `busy`: later, please, again after 5 ms, {"n": 1}'
    ]
    assert wrong(case(FIRED)) == ["the case expects nothing; it came to no event"]
    assert wrong(case(FIRED + '[expect]\nfailure = { code = "busy" }\n')) == [
        "failure: expected a failure, got no event"
    ]


def test_the_exception_behind_a_failure_is_shown_with_it(case):
    def crash(event):
        raise ValueError("the cup fell")

    with pytest.raises(Wrong, match="permanent `exception`: ValueError: the cup fell$") as told:
        case(FIRED, crash).check()
    assert isinstance(told.value.__cause__, ValueError)


@pytest.mark.parametrize(
    "answer, code, message",
    [
        ('denied = "path"', "http-denied", "the grant does not allow `GET https://tea.example/`: path"),
        ('refused = "not today"', "http-refused", "not today"),
        ('error = "timeout"', "http-timeout", "the server did not answer in time"),
        ('error = "too-large"', "http-too-large", "the answer is too large for the grant"),
        ('error = "connect"', "http-connect", "no connection: as the case says"),
        ('error = "tls"\nanswer.message = "who?"', "http-tls", "no secure connection: who?"),
        ('error = "protocol"', "http-protocol", "no proper answer: as the case says"),
        ('error = "invalid-request"', "http-invalid-request", "as the case says"),
        ("status = 503", "http-status", "the server answered with 503"),
        ('body = "tea"', "http-not-json", "the answer is not JSON: Expecting value: line 1 column 1 (char 0)"),
    ],
)
def test_what_goes_wrong_with_a_request_is_a_failure(case, answer, code, message):
    def work(event):
        http.get("https://tea.example").successful().json()

    happened = case(f"{FIRED}[[http]]\nanswer.{answer}\n", work).run()
    assert happened.failure and (happened.failure.code, happened.failure.message) == (code, message)
    transient = {"http-timeout", "http-connect", "http-tls", "http-protocol", "http-status"}
    assert (happened.failure.kind.name == "TRANSIENT") == (code in transient)


@pytest.mark.parametrize(
    "answer, code, message",
    [
        ('denied = "argument"', "tool-denied", "the grant does not allow `case/brew`: argument"),
        ('refused = "not today"', "tool-refused", "not today"),
        ('failed = "no water"', "tool-failed", "no water"),
        ('error = "timeout"', "tool-timeout", "the tool took longer than it may"),
        ('error = "too-large"', "tool-too-large", "the result is too large for the grant"),
        ('error = "unavailable"', "tool-unavailable", "as the case says"),
        ('error = "invalid-arguments"', "tool-invalid-arguments", "as the case says"),
    ],
)
def test_what_goes_wrong_with_a_tool_is_a_failure(case, answer, code, message):
    happened = case(f'{FIRED}[[tools]]\nname = "brew"\nanswer.{answer}\n', lambda event: tools.call("brew")).run()
    assert happened.failure and (happened.failure.code, happened.failure.message) == (code, message)
    assert (happened.failure.kind.name == "TRANSIENT") == (code in {"tool-timeout", "tool-unavailable"})


def test_a_call_without_an_answer_is_told_with_what_is_nearly_one(case):
    def work(event):
        for _ in range(2):
            http.get("https://tea.example/cups?size=2")
        tools.call("brew", {"cups": 3})

    told = wrong(
        case(
            FIRED
            + """
            [[http]]
            url = "https://elsewhere.example/"
            answer = {}
            [[http]]
            url = "https://tea.example/cups?size=1"
            answer = {}
            [[http]]
            method = "POST"
            answer = {}
            [[http]]
            times = 1
            answer = {}
            """,
            work,
        )
    )
    assert told == [
        "the case does not answer `GET https://tea.example/cups?size=2`",
        "  an answer is not for it: its `url` is https://tea.example/cups?size=1",
        "  an answer is not for it: its `method` is POST",
        "  an answer is not for it: it was given 1 times already",
        "the case expects nothing; it came to transient `http-connect`: no connection: the case has no answer for it",
    ]


@pytest.mark.parametrize(
    "call, failure",
    [
        (lambda: state.set("", 1), 'class = "invalid", code = "state-key", message-contains = "not \'\'"'),
        (lambda: state.set("a" * 513, 1), 'class = "limit", code = "state-key"'),
        (lambda: state.add("text", 1), 'class = "invalid", code = "state", message-contains = "`text` holds"'),
        (lambda: state.append("text", 1), 'class = "invalid", code = "state", message-contains = "is no list"'),
        (lambda: timer.set("a\nb", 1), 'class = "invalid", code = "timer-name"'),
        (lambda: run.random(70_000), 'class = "limit", code = "random"'),
    ],
)
def test_what_ends_an_attempt_cannot_be_caught(case, call, failure):
    def work(event):
        try:
            call()
        except Exception:
            return None

    given = FIRED + '[state]\ntext = "t"\n[expect]\n'
    case(f"{given}failure = {{ {failure} }}\n", work).check()
    with pytest.raises(Wrong) as ended:
        case(f"{given}emits = []\n", work).check()
    assert isinstance(ended.value.__cause__, Ended)


@pytest.mark.parametrize("reference, code", [("tea", "blob-reference"), ("sha256:00", "blob-unknown")])
def test_a_blob_that_is_not_there_is_a_failure(case, reference, code):
    happened = case(FIRED, lambda event: blob.get(reference, 0, 1)).run()
    assert happened.failure and happened.failure.code == code


@pytest.mark.parametrize(
    "text, told",
    [
        ("evnet = {}\n", ["unknown key `evnet`; did you mean `event`?", "give one of `event`, `given`"]),
        ("event = {}\n[expect]\nemit = []\n", ["unknown key `expect.emit`; did you mean `emits`?"]),
        ("event = {}\n[[http]]\nurl = 'x'\n", ["`http.answer` is missing"]),
        (
            "event = {}\nhandler = 'on-tea'\n",
            ["`handler` is to be one of on-order, on-round, on-served, on-timer-fired, not on-tea"],
        ),
        ("handler = 'on-timer-fired'\nevent = {}\n", ["event.name: expected string, found null"]),
        ("event = {\n", ["this is not TOML: Invalid initial character for a key part (at line 1, column 10)"]),
    ],
)
def test_a_file_that_is_no_case_is_refused(case, text, told):
    with pytest.raises(Wrong) as wrong:
        case(text).check()
    assert [line.partition("case.toml: ")[2] for line in str(wrong.value).splitlines()] == told


def test_a_schema_that_says_more_than_plain_tests_know_is_refused_by_name(case):
    schema = 'schema = { title = "known", properties = { cups = { anyOf = [{ multipleOf = 2 }] } } }'
    told = "`tools.schema` has `multipleOf`, which plain tests do not know: run this case with `lockstep test`"
    with pytest.raises(Wrong, match=f"{told}$"):
        case(f'{FIRED}[[tools]]\nname = "brew"\n{schema}\n').check()


def test_tools_are_listed_by_name_each_as_it_stands_first(case):
    def work(event):
        assert [f"{tool.name}: {tool.description}" for tool in tools.list()] == ["brew: two", "pour: one"]

    listed = [("pour", "one"), ("brew", "two"), ("pour", "three")]
    told = "".join(f'[[tools]]\nname = "{name}"\ndescription = "{what}"\n' for name, what in listed)
    case(f"{FIRED}{told}[expect]\n", work).check()


def test_a_case_that_only_a_host_can_run_is_skipped(case):
    with pytest.raises(pytest.skip.Exception, match="run this case with `lockstep test`"):
        case(FIRED + '[expect]\nparked = "unknown-effect"\n').check()


def test_a_case_may_be_json(case):
    text = """{"handler": "on-served", "given": {"as": {"cup": {"size": 1, "heat": "cold"}, "at": 3}},
               "expect": {"failure": {}}}"""
    with pytest.raises(Wrong, match="order: expected record Order, found null"):
        case(text, handler="on-served", name="case.json").check()


def test_outside_of_a_case_there_is_a_log_and_no_host(capsys):
    info("here")
    assert capsys.readouterr().err == "info: here\n"
    with pytest.raises(RuntimeError, match="`state.get` needs a host, and there is none here"):
        state.get("cup")


def test_json_that_is_none_breaks_an_event(case):
    with pytest.raises(Wrong, match="its event is broken: a `json` in it is none: Expecting property name"):
        case(ORDER, lambda event: Refused("no", "{"), "on-order").check()


def test_parameters_may_be_given_by_name(case):
    told = ORDER.replace('"on-order"', '"on-served"').replace("[event]", "[given.order]")
    told += '[given.as]\nat = 1\ncup = { size = 1, heat = "cold" }\n'
    happened = case(told, lambda order, as_: as_, "on-served").run()
    assert happened.emits == [{"brewed": {"cup": {"size": 1, "heat": "cold"}, "at": 1}}]
    told = ORDER.replace('"on-order"', '"on-round"').replace("[event]", "[[given.all]]")
    happened = case(told, lambda all: [Refused(one.str, one.any) for one in all], "on-round").run()
    assert happened.emits == [{"refused": {"why": "s", "details": {}}}]
