"""The conformance step in Python: each handler does what its line in `wit/worlds.wit` says."""

import json

from events import (
    Arm,
    Ask,
    Choose,
    Crash,
    Echo,
    Echoed,
    Fail,
    Fetch,
    Fetched,
    Keep,
    Kept,
    Known,
    Left,
    Perhaps,
    Quiet,
    Remember,
    Remembered,
    Right,
    Show,
    Spread,
    TimerFired,
    Used,
    UseTool,
)
from lockstep import Failure, blob, debug, error, http, info, run, state, timer, tools, trace, updates, warn


def on_echo(event: Echo) -> Echoed:
    return Echoed(event.values)


def on_choose(event: Choose) -> Left | Right:
    match event.way:
        case "left":
            return Left(event.note)
        case "right":
            return Right(7)
        case way:
            raise Failure.permanent("no-way", f"there is no way {way}")


def on_spread(event: Spread) -> list[Left | Right]:
    return [Right(n) if n % 2 else Left(str(n)) for n in range(event.n)]


def on_perhaps(event: Perhaps) -> Left | None:
    return Left("given") if event.give else None


def on_quiet(event: Quiet) -> None:
    info(event.note)


def on_fail(event: Fail) -> None:
    details = None if event.details is None else json.loads(event.details)
    raise Failure(event.kind, event.code, event.message, retry_after_ms=event.retry_after_ms, details=details)


def on_crash(event: Crash) -> None:
    raise ValueError(event.message)


def on_remember(event: Remember) -> Remembered:
    value = json.loads(event.value)
    before = state.get(event.key)
    state.set(event.key, value)
    state.add("count", event.by)
    state.append("list", value)
    state.delete("gone")
    return Remembered(
        before=None if before is None else json.dumps(before),
        after=json.dumps(state.get(event.key)),
        keys=state.keys(),
        page=[json.dumps(element) for element in state.page("list", 0, 10)],
    )


def on_fetch(event: Fetch) -> Fetched:
    answer = http.request(event.method, event.url, headers={"x-probe": event.header}, body=event.body)
    return Fetched(answer.status, answer.header("x-answer"), answer.text())


def on_use_tool(event: UseTool) -> Used:
    names = [tool.name for tool in tools.list()]
    return Used(names, json.dumps(tools.call(event.name, json.loads(event.arguments))))


def on_show(event: Show) -> None:
    updates.publish(event.name, json.loads(event.item))
    for log in (trace, debug, info, warn, error):
        log(event.line)


def on_keep(event: Keep) -> Kept:
    reference = blob.put(event.bytes)
    return Kept(reference, blob.get(reference, 0, 4))


def on_arm(event: Arm) -> None:
    timer.set(event.name, event.after_ms)
    timer.cancel(event.not_)


def on_ask(event: Ask) -> Known:
    who = run.whoami()
    return Known(
        run=who.run,
        workflow=who.workflow,
        step=who.step,
        attempt=who.attempt,
        has_key=bool(who.idempotency_key),
        session=who.session,
        now=run.now(),
        random=len(run.random(event.random)),
    )


def on_timer_fired(event: TimerFired) -> Left:
    return Left(event.name)
