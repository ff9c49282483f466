"""The events of world `room`, and what they are made of.

Written from the WIT by `lockstep build`: change that.
"""

from dataclasses import dataclass
from enum import Enum, Flag

from lockstep import FailureKind
from lockstep.wit import Err, Json, Ok, Some, case, char, f32, s16, s32, s64, s8, s8s, spelled, u16, u32, u64, u8

__all__ = [
    "Brewed",
    "EventsCup",
    "Extras",
    "FailureKind",
    "Heat",
    "LeavesCup",
    "Order",
    "Refused",
    "Sort",
    "SortBlend",
    "SortNamed",
    "SortPlain",
    "TimerFired",
]

# Fields are called so as well.
_bool = bool
_bytes = bytes
_str = str


class Heat(Enum):
    """How hot it is."""

    COLD = 0
    LUKE_WARM = 1
    HOT = 2


@dataclass(slots=True)
class EventsCup:
    size: u8
    heat: Heat


@dataclass(slots=True)
class LeavesCup:
    grams: u32


@case("plain")
@dataclass(slots=True)
class SortPlain:
    pass


@case("named")
@dataclass(slots=True)
class SortNamed:
    value: str


@case("blend")
@dataclass(slots=True)
class SortBlend:
    """Of several, with their parts."""

    value: list[tuple[str, u8]]


Sort = SortPlain | SortNamed | SortBlend
"""Which "tea"."""


class Extras(Flag):
    MILK = 1 << 0
    BROWN_SUGAR = 1 << 1


@dataclass(slots=True)
class Order:
    """Somebody orders.

    It may be for several.
    """

    number: u64
    bool: _bool
    tiny: s8
    short: s16
    word: u16
    int: s32
    count: u32
    change: s64
    price: f32
    """In euros."""
    weight: float
    letter: char
    str: _str
    note: _str | None
    bytes: _bytes
    signed: s8s
    cups: list[EventsCup]
    leaves: LeavesCup
    sort: Sort
    extras: Extras
    paid: Ok[u64] | Err[_str]
    done: Ok[None] | Err[None]
    any: Json
    not_: _str
    http_code: u16
    nested: Some[u32 | None] | None
    kind: FailureKind
    by: _str | None = None
    at: u64 | None = None


@dataclass(slots=True)
class Brewed:
    cup: EventsCup
    at: u64


@dataclass(slots=True)
class Refused:
    why: str
    details: Json | None = None


@dataclass(slots=True)
class TimerFired:
    """A timer that the step has set has fired."""

    name: str
    """As the step named it."""


spelled({
    Heat.HOT: "HOT",
    (Order, "http_code"): "HTTP_code",
})
