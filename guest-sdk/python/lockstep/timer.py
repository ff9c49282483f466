"""Timers of the step, which outlive a restart of the host. What is asked for takes effect when the attempt has
succeeded. A timer that fires is delivered to this step, in this branch of the run, as `TimerFired`.

>>> from lockstep import timer
>>> timer.set("remind", after_ms=24 * 60 * 60 * 1000)
>>> timer.cancel("escalate")

A name is 1 to 128 bytes of text; one attempt asks for at most 1,000 changes. A call beyond a bound ends the attempt:
it does not return.
"""

from ._host import imported
from ._shape import check
from .wit import u64

_timer = imported("timer")


def set(name: str, after_ms: int) -> None:
    """Fires so many milliseconds after the attempt has succeeded, at most ten years. A timer of the same name is
    replaced."""
    _timer.set(check(str, name, "name"), check(u64, after_ms, "after_ms"))


def cancel(name: str) -> None:
    """The timer does not fire; one that is not set is no error."""
    _timer.cancel(check(str, name, "name"))
