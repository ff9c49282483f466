"""JSON text of plain values: what no other reader takes (`nan`, half a surrogate pair) is an error here."""

import json


def dump(value: object) -> str:
    """The JSON text of a value; TypeError or ValueError if there is none."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    text.encode()
    return text


def load(text: str):
    """The value of JSON text."""
    return json.loads(text)
