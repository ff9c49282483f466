"""Handlers: what the world says of each, and one attempt at calling one. An event that the author returns goes in, the
same event comes out as the world wants it, checked; whatever he raises comes out as a `Failure`.
"""

import inspect
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from ._shape import Unfit, of
from .failure import Failure

# As much of a traceback as goes along with a failure, in characters from its end.
LONGEST_STACK = 16_000


# How the folders of a component are called for people: where the runtime has them, and what they are.
FOLDERS: list[tuple[str, str]] = []


@dataclass(frozen=True)
class Event:
    """One event."""

    name: str
    """In WIT: `refund-approved`."""
    cls: type

    def events(self) -> "list[Event]":
        return [self]

    def told(self) -> str:
        return f"`{self.cls.__name__}`"

    def take(self, returned: object) -> object:
        if not isinstance(returned, self.cls):
            raise Undeclared
        try:
            return of(self.cls).check(returned, self.cls.__name__)
        except Unfit as unfit:
            raise Failure.permanent("invalid-event", whole(str(unfit))) from None

    def wire(self, event: object, _wrapped: Callable) -> object:
        return event


@dataclass(frozen=True)
class Case:
    """A case of a variant: an event, and the class by which the runtime knows the case."""

    wire: str
    event: Event


@dataclass(frozen=True)
class Variant:
    """One of several events."""

    cases: list[Case]

    def events(self) -> list[Event]:
        return [case.event for case in self.cases]

    def told(self) -> str:
        return " or ".join(event.told() for event in self.events())

    @cached_property
    def by_class(self) -> dict[type, Case]:
        return {case.event.cls: case for case in reversed(self.cases)}

    def take(self, returned: object) -> object:
        known = next((cls for cls in type(returned).__mro__ if cls in self.by_class), None)
        if known is None:
            raise Undeclared
        return self.by_class[known].event.take(returned)

    def wire(self, event: object, wrapped: Callable) -> object:
        return wrapped(self.by_class[type(event)].wire, event)


@dataclass(frozen=True)
class Nothing:
    """No event."""

    def events(self) -> list[Event]:
        return []

    def told(self) -> str:
        return "nothing"

    def take(self, returned: object) -> object:
        if returned is not None:
            raise Undeclared
        return None

    def wire(self, event: object, _wrapped: Callable) -> object:
        return None


@dataclass(frozen=True)
class Option:
    """An event or none."""

    inner: "Gives"

    def events(self) -> list[Event]:
        return self.inner.events()

    def told(self) -> str:
        return f"{self.inner.told()} or None"

    def take(self, returned: object) -> object:
        return None if returned is None else self.inner.take(returned)

    def wire(self, event: object, wrapped: Callable) -> object:
        return None if event is None else self.inner.wire(event, wrapped)


@dataclass(frozen=True)
class List:
    """Any number of events; a handler may yield them."""

    inner: "Gives"

    def events(self) -> list[Event]:
        return self.inner.events()

    def told(self) -> str:
        return f"a list of {self.inner.told()}"

    def take(self, returned: object) -> object:
        if not isinstance(returned, (list, tuple)) and not inspect.isgenerator(returned):
            raise Undeclared
        taken = []
        for event in returned:
            try:
                taken.append(self.inner.take(event))
            except Undeclared as other:
                raise Undeclared(event, *other.args) from None
        return taken

    def wire(self, event: object, wrapped: Callable) -> object:
        return [self.inner.wire(one, wrapped) for one in event]  # type: ignore[attr-defined]


Gives = Event | Variant | Nothing | Option | List


class Undeclared(Exception):
    """What was returned is nothing that the world declares; its argument is the part that is not, if it is a part."""


@dataclass(frozen=True)
class Handler:
    """An exported function of the world."""

    name: str
    """In WIT: `on-refund-requested`."""
    function: str
    """The name of the author's function, which is that of the bindings: `on_refund_requested`."""
    takes: list[tuple[str, object]]
    """Its parameters by their names in WIT: an event's class, or a list of it."""
    gives: Gives

    def attempt(self, function: Callable, parameters: tuple | list) -> object:
        """What the function gives, checked. Every other end is a Failure."""
        try:
            return self._take(function(*parameters))
        except Failure:
            raise
        except (Exception, SystemExit) as error:
            raise failure(error) from error

    def emitted(self, taken: object) -> list[tuple[str, object]]:
        """The events that an attempt gave, with their names in WIT."""
        flat = taken if isinstance(taken, list) else [taken]
        names = {event.cls: event.name for event in self.gives.events()}
        return [(names[type(event)], event) for event in flat if event is not None]

    def _take(self, returned: object) -> object:
        try:
            return self.gives.take(returned)
        except Undeclared as undeclared:
            what = f"a list with {kind(undeclared.args[0])} in it" if undeclared.args else kind(returned)
            message = f"`{self.function}` returned {what}, and may return {self.gives.told()}"
            raise Failure.permanent("undeclared-event", message) from None


def kind(value: object) -> str:
    """What a handler returned, for people."""
    if value is None:
        return "nothing"
    if inspect.isgenerator(value):
        return "a generator"
    return f"`{type(value).__name__}`"


def failure(error: BaseException) -> Failure:
    """The failure that an exception is."""
    return Failure.permanent("exception", whole(told(error)), details={"stack": stack(error)})


def told(error: BaseException) -> str:
    """`ValueError: the cup fell`."""
    name = TypeError.__name__ if isinstance(error, Unfit) else type(error).__name__
    message = str(error)
    if FOLDERS and isinstance(error, ModuleNotFoundError):
        message += "; import it at the top of the file: where a step runs there are no files"
    return f"{name}: {message}" if message else name


def stack(error: BaseException) -> str:
    """The traceback, from the author's code on."""
    here = error.__traceback__
    while here and here.tb_frame.f_code.co_filename == __file__:
        here = here.tb_next
    text = "".join(traceback.format_exception(type(error), error, here or error.__traceback__))
    for folder, name in FOLDERS:
        text = text.replace(f'File "{folder}', f'File "{name}')
    return whole(text[-LONGEST_STACK:])


def whole(text: str) -> str:
    """Text that UTF-8 can hold."""
    return text.encode("utf-8", "replace").decode()
