"""What a handler returns and raises, and what comes of it."""

import pytest

from events import Brewed, EventsCup, Heat, Refused, TimerFired
from lockstep import Failure, FailureKind, _handler, _world, http, state

ORDER, ROUND, SERVED, TIMER = _world.HANDLERS
BREWED = Brewed(EventsCup(1, Heat.HOT), 5)
NOT_BREWED = Brewed(EventsCup(1, Heat.HOT), -5)


def ended(handler, function) -> Failure:
    with pytest.raises(Failure) as ended:
        handler.attempt(function, [None])
    return ended.value


def wired(handler, returned):
    """What the runtime is handed: cases by the names of their classes."""
    return handler.gives.wire(handler.attempt(lambda _: returned, [None]), lambda case, event: (case, event))


def test_an_event_is_found_to_be_its_case():
    assert wired(ORDER, BREWED) == ("wit_world.Emits_Brewed", BREWED)
    assert wired(ROUND, [Refused("no"), BREWED]) == [
        ("wit_world.Emits_Refused", Refused("no")),
        ("wit_world.Emits_Brewed", BREWED),
    ]
    assert (wired(ROUND, []), wired(SERVED, None), wired(SERVED, BREWED), wired(TIMER, None)) == (
        [],
        None,
        BREWED,
        None,
    )


def test_a_list_may_be_yielded():
    assert wired(ROUND, (Refused(str(n)) for n in range(2)))[1] == ("wit_world.Emits_Refused", Refused("1"))


def test_events_are_told_by_their_names():
    taken = ROUND.attempt(lambda _: [BREWED, Refused("no")], [None])
    assert ROUND.emitted(taken) == [("brewed", BREWED), ("refused", Refused("no"))]
    assert SERVED.emitted(None) == []


@pytest.mark.parametrize(
    "handler, returned, told",
    [
        (ORDER, None, "`on_order` returned nothing, and may return `Brewed` or `Refused`"),
        (ORDER, TimerFired("x"), "`on_order` returned `TimerFired`, and may return `Brewed` or `Refused`"),
        (ORDER, [BREWED], "`on_order` returned `list`, and may return `Brewed` or `Refused`"),
        (ROUND, BREWED, "`on_round` returned `Brewed`, and may return a list of `Brewed` or `Refused`"),
        (
            ROUND,
            [BREWED, None],
            "`on_round` returned a list with nothing in it, and may return a list of `Brewed` or `Refused`",
        ),
        (SERVED, {}, "`on_served` returned `dict`, and may return `Brewed` or None"),
        (TIMER, BREWED, "`on_timer_fired` returned `Brewed`, and may return nothing"),
        (TIMER, (one for one in "x"), "`on_timer_fired` returned a generator, and may return nothing"),
    ],
)
def test_what_the_world_does_not_declare_is_refused(handler, returned, told):
    failure = ended(handler, lambda _: returned)
    assert (failure.kind, failure.code, failure.message) == (FailureKind.PERMANENT, "undeclared-event", told)


def test_a_raised_failure_is_just_that():
    raised = Failure.transient("busy", "later", retry_after_ms=5, details={"queue": 3})

    def busy(_):
        raise raised

    assert ended(ORDER, busy) is raised


def test_an_exception_is_a_failure_with_the_authors_lines():
    def deeper():
        raise ValueError("the cup fell")

    def crash(_):
        deeper()

    failure = ended(ORDER, crash)
    assert (failure.kind, failure.code, failure.message) == (
        FailureKind.PERMANENT,
        "exception",
        "ValueError: the cup fell",
    )
    stack = failure.details["stack"]
    assert (
        stack.splitlines()[1].startswith(f'  File "{__file__}", line ') and 'raise ValueError("the cup fell")' in stack
    )
    assert "lockstep/_handler.py" not in stack


@pytest.mark.parametrize(
    "error, told",
    [
        (KeyError("x"), "KeyError: 'x'"),
        (ValueError(), "ValueError"),
        (ValueError("one\ntwo"), "ValueError: one\ntwo"),
        (ValueError("\ud800"), "ValueError: ?"),
        (SystemExit(3), "SystemExit: 3"),
    ],
)
def test_every_exception_has_a_message(error, told):
    def crash(_):
        raise error

    assert ended(ORDER, crash).message == told


def test_a_stack_is_cut_from_its_end():
    def crash(_):
        raise ValueError("tea" * 20_000)

    assert len(ended(ORDER, crash).details["stack"]) == _handler.LONGEST_STACK


def test_an_event_that_does_not_fit_is_told_by_its_path():
    for event, told in [
        (NOT_BREWED, "`Brewed.at` is to be a whole number from 0 to 18446744073709551615 (u64), and is -5"),
        (Refused(3), "`Refused.why` is to be a str, and is 3"),
    ]:
        failure = ended(ROUND, lambda _, event=event: [event])
        assert (failure.kind, failure.code, failure.message) == (FailureKind.PERMANENT, "invalid-event", told)


def test_an_argument_that_does_not_fit_is_an_exception_even_in_a_generator(playing):
    def yields(_):
        yield BREWED
        state.get(3)

    for handler, function in [(ORDER, lambda _: state.get(3)), (ROUND, yields)]:
        with playing():
            failure = ended(handler, function)
        assert (failure.code, failure.message) == ("exception", "TypeError: `key` is to be a str, and is 3")


def test_a_request_has_one_body_and_one_content_type(playing):
    ours, theirs = {"content-type": "application/json"}, "application/merge-patch+json"
    answers = [{"headers": ours, "answer": {"status": 200}}, {"answer": {"status": 201}}]
    with playing(http=answers):
        assert http.post("https://a.example/", json=None, headers={"accept": "x"}).status == 200
        assert http.post("https://a.example/", json=None, headers={"Content-Type": theirs}).status == 201
    with playing(http=[{"body": "null", "answer": {}}, {"body": "", "answer": {"status": 204}}]):
        assert http.post("https://a.example/", json=None).status == 200
        assert http.post("https://a.example/").status == 204
    with pytest.raises(TypeError, match="a `body` or `json`, not both"):
        http.post("https://a.example/", body=b"", json=1)


@pytest.mark.parametrize(
    "arguments, error",
    [
        ({"retry_after_ms": 2**64}, "`retry_after_ms` is to be a whole number from 0"),
        ({"details": {1, 2}}, "Object of type set is not JSON serializable"),
        ({"details": float("nan")}, "Out of range float values are not JSON compliant"),
    ],
)
def test_a_failure_is_checked_where_it_is_made(arguments, error):
    with pytest.raises((TypeError, ValueError), match=error):
        Failure.permanent("code", "message", **arguments)
    with pytest.raises(TypeError, match="`code` is to be a str"):
        Failure.permanent(3, "message")
