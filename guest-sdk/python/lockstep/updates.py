"""Items for whoever watches the run: tokens, progress. Needs `[updates]` in the step's grant.

>>> from lockstep import updates
>>> updates.publish("progress", {"done": 3, "of": 10})

A name is 1 to 64 bytes of text. One attempt publishes at most 10,000 items, and at most the grant's `bytes`. A call
beyond a bound ends the attempt: it does not return.
"""

from typing import Any

from . import _json
from ._host import imported
from ._shape import check

_updates = imported("updates")


def publish(name: str, item: Any) -> None:
    """Shows an item, which is any value that `json.dumps` takes: at once as provisional, for good when the attempt has
    succeeded. What a failed attempt has published is taken back."""
    _updates.publish(check(str, name, "name"), _json.dump(item))
