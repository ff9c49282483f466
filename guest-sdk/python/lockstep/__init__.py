"""For authors of Lockstep steps in Python.

A step is a WIT world, which says what it consumes and emits, and a function per handler in `step.py`:

    from events import RefundApproved, RefundDenied, RefundRequested
    from lockstep import Failure, info

    def on_refund_requested(event: RefundRequested) -> RefundApproved | RefundDenied:
        info(f"refund {event.order} asks for {event.cents} cents")
        if event.cents == 0:
            raise Failure.transient("no-price", "the price of the order is not known yet")
        if event.cents < 10_000:
            return RefundApproved(event.order, event.cents)
        return RefundDenied(event.order, "too large")

What a step may import without asking is here: lines for its log (`info` and its siblings), who and when it is (`run`),
its timers (`timer`), bytes by reference (`blob`); and what its grant must give: the state of the run (`state`), items
for whoever watches it (`updates`), other servers (`http`), and tools (`tools`). Each works where the world imports it.

In events a `json` is text; the functions here take and give plain values.
"""

from typing import TYPE_CHECKING

from .failure import Failure, FailureKind
from .wit import Err, Json, Ok, Some

if TYPE_CHECKING:
    from .log import debug, error, info, trace, warn

__all__ = ["Err", "Failure", "FailureKind", "Json", "Ok", "Some", "debug", "error", "info", "trace", "warn"]


def __getattr__(name: str):
    # A world that does not import the log has no such functions, and may have all the rest.
    if name in ("trace", "debug", "info", "warn", "error"):
        from . import log

        return getattr(log, name)
    raise AttributeError(f"module `lockstep` has no `{name}`")
