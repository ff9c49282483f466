"""How a handler says no: by kind, a stable code for rules to match, and a message for people."""

from enum import Enum
from typing import Any, Self

from . import _json
from ._shape import check
from .wit import u64


class FailureKind(Enum):
    """Whether trying again helps."""

    TRANSIENT = 0
    """Another attempt may succeed."""
    PERMANENT = 1
    """No attempt will help."""


class Failure(Exception):
    """Why a handler could not handle its event; it is raised.

    >>> busy = Failure.transient("ledger-busy", "the ledger is being closed", retry_after_ms=2_000)
    >>> busy.kind, str(busy)
    (<FailureKind.TRANSIENT: 0>, 'the ledger is being closed')
    """

    kind: FailureKind
    code: str
    message: str
    retry_after_ms: int | None
    """When to try again, counted from now; without it the retry policy of the step decides."""
    details: Any
    """More for machines to read: any value that `json.dumps` takes."""

    def __init__(
        self, kind: FailureKind, code: str, message: str, *, retry_after_ms: int | None = None, details: Any = None
    ):
        super().__init__(message)
        self.kind = check(FailureKind, kind, "kind")
        self.code, self.message = check(str, code, "code"), check(str, message, "message")
        self.retry_after_ms = check(u64 | None, retry_after_ms, "retry_after_ms")
        self.details = details
        # What is no JSON is the author's to mend, here at his line.
        _json.dump(details)

    @classmethod
    def transient(cls, code: str, message: str, *, retry_after_ms: int | None = None, details: Any = None) -> Self:
        """Another attempt may succeed; the step's retry policy decides how many there are."""
        return cls(FailureKind.TRANSIENT, code, message, retry_after_ms=retry_after_ms, details=details)

    @classmethod
    def permanent(cls, code: str, message: str, *, retry_after_ms: int | None = None, details: Any = None) -> Self:
        """No attempt will help."""
        return cls(FailureKind.PERMANENT, code, message, retry_after_ms=retry_after_ms, details=details)
