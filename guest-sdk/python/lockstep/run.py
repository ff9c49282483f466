"""Who am I, and what time is it?

>>> from lockstep import run
>>> run.whoami().attempt
1
"""

from dataclasses import dataclass

from ._host import imported
from ._shape import check
from .wit import u32, u64

_run = imported("run")


@dataclass(frozen=True)
class Identity:
    """The run, the step and the attempt that this call is."""

    run: str
    workflow: str
    step: str
    attempt: u32
    """1 for the first attempt at this delivery."""
    deadline_ms: u64
    """When the attempt will be ended: milliseconds since the Unix epoch."""
    idempotency_key: str
    """The same over all attempts at this delivery, and no other's."""
    session: str | None


def whoami() -> Identity:
    """The run, the step and the attempt that this call is."""
    return _run.whoami()


def now() -> int:
    """Milliseconds since the Unix epoch: one value per delivery, the same in every attempt."""
    return _run.now()


def random(n: int) -> bytes:
    """So many bytes of the host's randomness, at most 65,536."""
    return _run.random(check(u32, n, "n"))
