"""Bytes that are too large for an event: one step puts them and passes a reference on, another reads them.

>>> from lockstep import blob
>>> reference = blob.put(b"a scanned page")
>>> blob.get(reference, 0, 9), blob.read(reference)
(b'a scanned', b'a scanned page')

What an attempt has put it can read at once, and others as soon as it has succeeded; of a failed one there is nothing.
The same bytes are stored once, as long as a run that has put them is. Whoever has a reference may read, and nobody can
guess one.

A blob is at most 8 MiB. One attempt puts at most 1,000 times and 16 MiB of different bytes, and reads at most 10,000
times. What goes beyond a bound is a permanent `Failure` that says so.
"""

from . import _json
from ._host import imported
from ._shape import check
from .failure import Failure, FailureKind
from .wit import Err, u32, u64

_blob = imported("blob")

# What one call reads at most.
LARGEST_PART = 4 << 20


def put(content: bytes) -> str:
    """Stores the bytes, and gives the reference to pass on: `sha256:` and 64 hex digits."""
    content = check(bytes, content, "content")
    try:
        return _blob.put(content)
    except Err as error:
        raise _failure(error.value) from None


def get(reference: str, offset: int, length: int) -> bytes:
    """The bytes of a reference from `offset` on: at most `length` of them, at most 4 MiB, and fewer only where they
    end. What is unknown, or not kept any more, is the failure `blob-unknown`."""
    part = check(str, reference, "reference"), check(u64, offset, "offset"), check(u32, length, "length")
    try:
        return _blob.get(*part)
    except Err as error:
        raise _failure(error.value) from None


def read(reference: str) -> bytes:
    """All bytes of a reference."""
    whole = part = get(reference, 0, LARGEST_PART)
    while len(part) == LARGEST_PART:
        part = get(reference, len(whole), LARGEST_PART)
        whole += part
    return whole


def _failure(told) -> Failure:
    details = None if told.details is None else _json.load(told.details)
    kind = FailureKind[told.kind.name]
    return Failure(kind, told.code, told.message, retry_after_ms=told.retry_after_ms, details=details)
