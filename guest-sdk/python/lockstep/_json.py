"""JSON text of plain values: what no other reader takes (`nan`, half a surrogate pair) is an error here."""

import json


def dump(value: object) -> str:
    """The JSON text of a value; TypeError or ValueError if there is none."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    text.encode()
    return text


def canonical(value: object) -> str:
    """The one spelling of a value, whatever the order of its keys: what is spelled otherwise is another value."""
    return json.dumps(value, sort_keys=True)


def load(text: str):
    """The value of JSON text."""
    return json.loads(text)


def strict(text: str):
    """The value of JSON text in which no key stands twice and no number is none."""
    return json.loads(text, object_pairs_hook=_members, parse_constant=_none)


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members: dict[str, object] = {}
    for key, value in pairs:
        if key in members:
            raise ValueError(f"the key `{key}` stands twice in one object")
        members[key] = value
    return members


def _none(word: str):
    raise ValueError(f"`{word}` is no number of JSON")
