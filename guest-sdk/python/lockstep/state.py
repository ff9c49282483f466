"""The state of the run: values by key, shared by all steps of the run. Needs `[state]` in the step's grant.

>>> from lockstep import state
>>> state.set("seen/o-17", state.get("seen/o-17", 0) + 1)
>>> state.add("refunds", 1)
>>> state.append("history", {"order": "o-17"})
>>> list(state.elements("history"))
[{'order': 'o-17'}]

Values are what `json.dumps` takes, and come back as `json.loads` gives them. A handler sees what was there when its
attempt began and what it has written itself. Its writes are kept only if it succeeds, all at once. Where another
attempt changes something that this one has read, this one begins anew, which costs no attempt; `add` and `append`
read nothing and so never get in each other's way.

A key is 1 to 512 bytes of text, a value at most 1 MiB of JSON. One attempt writes at most 100,000 times and 16 MiB. A
call beyond a bound ends the attempt: it does not return.
"""

from collections.abc import Iterator
from typing import Any

from . import _json
from ._host import imported
from ._shape import check
from .wit import s64, u32, u64

_state = imported("state")

# The most elements that `page` answers.
LONGEST_PAGE = 1000


def get(key: str, default: Any = None) -> Any:
    """The value of a key, at most 16 MiB of it; `elements` reads a longer list."""
    text = _state.get(check(str, key, "key"))
    return default if text is None else _json.load(text)


def set(key: str, value: Any) -> None:
    """The key has this value from now on."""
    _state.set(check(str, key, "key"), _json.dump(value))


def delete(key: str) -> None:
    """The key is not there any more; one that is not there is no error."""
    _state.delete(check(str, key, "key"))


def keys(prefix: str = "") -> list[str]:
    """The keys that begin with `prefix`, in order, at most 10,000."""
    return _state.keys(check(str, prefix, "prefix"))


def add(key: str, by: int) -> None:
    """The whole number that the key holds grows by so much; a key that is not there holds 0."""
    _state.add(check(str, key, "key"), check(s64, by, "by"))


def append(key: str, value: Any) -> None:
    """The list that the key holds has one more element; a key that is not there holds an empty one."""
    _state.append(check(str, key, "key"), _json.dump(value))


def page(key: str, offset: int, limit: int) -> list[Any]:
    """The elements of a list from `offset` on: at most `limit`, at most 1,000 and about 1 MiB of them, but at least
    one as long as there is one."""
    texts = _state.page(check(str, key, "key"), check(u64, offset, "offset"), check(u32, limit, "limit"))
    return [_json.load(text) for text in texts]


def elements(key: str) -> Iterator[Any]:
    """All elements of the list that the key holds, read page by page as they are asked for."""
    offset = 0
    while part := page(key, offset, LONGEST_PAGE):
        yield from part
        offset += len(part)
