"""World `room`, as the SDK has to know it. Written from the WIT by `lockstep build`."""

import events

from . import failure
from ._handler import Case, Event, Handler, List, Nothing, Option, Variant

WORLD = "room"
STEP = "tea-step"
MAIN = "step"

VERSION = "0.1.0"

# Of `lockstep:step`, with the modules of their bindings.
IMPORTS = {
    "log": "wit_world.imports.lockstep_step_log_0_1_0",
    "run": "wit_world.imports.lockstep_step_run_0_1_0",
    "state": "wit_world.imports.lockstep_step_state_0_1_0",
    "timer": "wit_world.imports.lockstep_step_timer_0_1_0",
    "updates": "wit_world.imports.lockstep_step_updates_0_1_0",
    "http": "wit_world.imports.lockstep_step_http_0_1_0",
    "tools": "wit_world.imports.lockstep_step_tools_0_1_0",
    "blob": "wit_world.imports.lockstep_step_blob_0_1_0",
}

# By the modules of the bindings.
TYPES = {
    "wit_world.imports.shop_tea_events_1_2_0": {
        "Heat": events.Heat,
        "Cup": events.EventsCup,
        "Sort_Plain": events.SortPlain,
        "Sort_Named": events.SortNamed,
        "Sort_Blend": events.SortBlend,
        "Extras": events.Extras,
        "Order": events.Order,
        "Brewed": events.Brewed,
        "Refused": events.Refused,
    },
    "wit_world.imports.shop_tea_leaves_1_2_0": {
        "Cup": events.LeavesCup,
    },
    "wit_world.imports.lockstep_step_host_events_0_1_0": {
        "TimerFired": events.TimerFired,
    },
    "wit_world.imports.lockstep_step_types_0_1_0": {
        "FailureKind": failure.FailureKind,
    },
}

HANDLERS = [
    Handler("on-order", "on_order", [("event", events.Order)], Variant([Case("wit_world.Emits_Brewed", Event("brewed", events.Brewed)), Case("wit_world.Emits_Refused", Event("refused", events.Refused))])),
    Handler("on-round", "on_round", [("all", list[events.Order])], List(Variant([Case("wit_world.Emits_Brewed", Event("brewed", events.Brewed)), Case("wit_world.Emits_Refused", Event("refused", events.Refused))]))),
    Handler("on-served", "on_served", [("order", events.Order), ("as", events.Brewed)], Option(Event("brewed", events.Brewed))),
    Handler("on-timer-fired", "on_timer_fired", [("event", events.TimerFired)], Nothing()),
]
