"""Step `tea-step`."""

from events import Brewed, EventsCup, Heat, Order, Refused, TimerFired


def on_order(event: Order) -> Brewed | Refused:
    """Brews it, or says why not."""
    return Brewed(cup=EventsCup(0, Heat.COLD), at=0)


def on_round(all: list[Order]) -> list[Brewed | Refused]:
    return [Brewed(cup=EventsCup(0, Heat.COLD), at=0)]


def on_served(order: Order, as_: Brewed) -> Brewed | None:
    return Brewed(cup=EventsCup(0, Heat.COLD), at=0)


def on_timer_fired(event: TimerFired) -> None:
    return None
