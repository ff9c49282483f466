"""Step `tea-step`."""

from events import Brewed, EventsCup, Heat, Order, Refused, TimerFired
from lockstep import blob, http, info, run, state, timer, tools, updates


def on_order(event: Order) -> Brewed | Refused:
    """Brews it, or says why not."""
    info(f"on-order: {event}")
    info(f"attempt {run.whoami().attempt}")
    timer.set("remind", after_ms=60_000)
    info(f"kept as {blob.put(b'some bytes')}")
    state.add("seen", 1)
    updates.publish("progress", {"done": 1})
    page = http.get("https://api.example.com/").successful().text()
    info(f"{len(page)} characters came back")
    text = tools.call("read_text_file", {"path": "notes.txt"})
    info(f"the tool said {text}")
    return Brewed(cup=EventsCup(0, Heat.COLD), at=0)


def on_round(all: list[Order]) -> list[Brewed | Refused]:
    info(f"on-round: {all}")
    return [Brewed(cup=EventsCup(0, Heat.COLD), at=0)]


def on_served(order: Order, as_: Brewed) -> Brewed | None:
    info(f"on-served: {order}")
    return Brewed(cup=EventsCup(0, Heat.COLD), at=0)


def on_timer_fired(event: TimerFired) -> None:
    info(f"on-timer-fired: {event}")
