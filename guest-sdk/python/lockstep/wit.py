"""The types of WIT that Python has no words of its own for.

An annotation such as `cents: u64` is an `int` to type checkers, and says to the SDK what fits into the field. The
generated module `events` is written in these words.
"""

from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar

T = TypeVar("T")
E = TypeVar("E")


@dataclass(frozen=True)
class Range:
    """The whole numbers that a type holds."""

    name: str
    low: int
    high: int


@dataclass(frozen=True)
class Word:
    """A type that its name says everything of."""

    name: str


def _signed(bits: int) -> Range:
    return Range(f"s{bits}", -(1 << (bits - 1)), (1 << (bits - 1)) - 1)


def _unsigned(bits: int) -> Range:
    return Range(f"u{bits}", 0, (1 << bits) - 1)


s8 = Annotated[int, _signed(8)]
s16 = Annotated[int, _signed(16)]
s32 = Annotated[int, _signed(32)]
s64 = Annotated[int, _signed(64)]
u8 = Annotated[int, _unsigned(8)]
u16 = Annotated[int, _unsigned(16)]
u32 = Annotated[int, _unsigned(32)]
u64 = Annotated[int, _unsigned(64)]

f32 = Annotated[float, Word("f32")]
"""A float that is rounded to 32 bits on its way."""

char = Annotated[str, Word("char")]
"""One character."""

s8s = Annotated[bytes, Word("list<s8>")]
"""A list of signed bytes: each is the byte of the same bits."""

Json = Annotated[str, Word("json")]
"""JSON text: `json.loads` reads it, `json.dumps` writes it."""


@dataclass(slots=True)
class Some(Generic[T]):
    """What is there of an option within an option; alone an option is its value or None."""

    value: T


@dataclass(slots=True)
class Ok(Generic[T]):
    """The good side of a WIT `result`; `Ok(None)` where it holds nothing."""

    value: T


@dataclass
class Err(Exception, Generic[E]):
    """The other side of a WIT `result`."""

    value: E


def case(name: str):
    """Marks the class of a case of a WIT `variant`."""

    def mark(cls: type[T]) -> type[T]:
        cls.__wit_case__ = name  # type: ignore[attr-defined]
        return cls

    return mark


SPELLED: dict[object, str] = {}


def spelled(names: dict[object, str]) -> None:
    """The names in WIT that do not follow from those in Python: of fields by class and name, of members."""
    SPELLED.update(names)
