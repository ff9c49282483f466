"""Values held against a JSON Schema, as far as case files and tools need one: every finding has the path of its key.
The host's own schema of case files lies beside this module.
"""

import difflib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from . import _json

Schema = dict[str, Any]

# What says nothing about a value.
WORDS = {"title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly"}
WORDS |= {"$schema", "$id", "$comment", "$defs", "definitions"}
# What holds schemas: one, a list of them, or some by name.
ONE, LIST, NAMED = {"additionalProperties", "items"}, {"anyOf", "oneOf"}, {"properties", "$defs", "definitions"}
# What else is held to.
RULES = {"$ref", "type", "enum", "const", "required", "pattern", "minimum", "maximum", "dependentRequired"}
RULES |= {"minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"}

TYPES = {"string": "text", "object": "a table", "array": "a list of tables", "boolean": "true or false"}
TYPES |= {"integer": "a whole number", "number": "a number", "null": "nothing"}


def of_cases() -> Schema:
    """The schema of case files."""
    return json.loads(Path(__file__).with_name("case.schema.json").read_text(encoding="utf-8"))


def findings(root: Schema, schema: Any, value: Any, path: str = "", title: str | None = None) -> Iterator[str]:
    """Everything in a value that a schema does not take; `root` is what its references lead into."""
    if isinstance(schema, bool):
        if not schema:
            yield f"`{path}` takes nothing, not {shown(value)}"
        return
    schema = resolved(root, schema)
    title = schema.get("title", title)
    if not _is(schema, value) or not _is_some(root, schema, value):
        near = meant(value, schema.get("enum", [])) if isinstance(value, str) else ""
        yield f"`{path}` takes {title or _wanted(schema)}, not {shown(value)}{near}"
    elif isinstance(value, dict):
        yield from _table(root, schema, value, path)
    elif isinstance(value, list):
        for item in value:
            yield from findings(root, schema.get("items", True), item, path, title)


def settled(root: Schema, schema: Any, value: Any) -> Any:
    """A case without its keys that hold `null`, which are not there, and with the numbers that its texts are."""
    schema = resolved(root, schema)
    if isinstance(value, dict) and "properties" in schema:
        known = schema["properties"]
        return {key: settled(root, known.get(key, {}), one) for key, one in value.items() if one is not None}
    if isinstance(value, list) and "items" in schema:
        return [settled(root, schema["items"], one) for one in value]
    is_number = any(one.get("type") == "integer" for one in schema.get("anyOf", []))
    return int(value) if is_number and isinstance(value, str) and re.fullmatch("[0-9]+", value) else value


def unknown(schema: Any) -> Iterator[str]:
    """The keywords of a schema that are not held to here."""
    if not isinstance(schema, dict):
        return
    for key, value in schema.items():
        if key in ONE:
            yield from unknown(value)
        elif key in LIST | NAMED:
            for one in value if key in LIST else value.values():
                yield from unknown(one)
        elif key not in RULES | WORDS or (key == "$ref" and not value.startswith("#")):
            yield key


def meant(word: str, known: list[str]) -> str:
    """The nearest of the words that there are."""
    near = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean `{near[0]}`?" if near else ""


def resolved(root: Schema, schema: Schema) -> Schema:
    """What a reference leads to, with what stands beside it."""
    if "$ref" not in schema:
        return schema
    there: Any = root
    for step in schema["$ref"].split("/")[1:]:
        there = there[step]
    return resolved(root, there)


def shown(value: Any) -> str:
    if isinstance(value, (dict, list)):
        return "a table" if isinstance(value, dict) else "a list"
    if isinstance(value, str):
        return json.dumps(value[:40], ensure_ascii=False)
    return "nothing" if value is None else json.dumps(value)


# By the keyword; each is held to values of its type alone.
BOUNDS: dict[str, Any] = {
    "minimum": (float, lambda value, bound: value >= bound),
    "maximum": (float, lambda value, bound: value <= bound),
    "minLength": (str, lambda value, bound: len(value) >= bound),
    "maxLength": (str, lambda value, bound: len(value) <= bound),
    "pattern": (str, lambda value, bound: re.search(bound, value)),
    "minItems": (list, lambda value, bound: len(value) >= bound),
    "maxItems": (list, lambda value, bound: len(value) <= bound),
    "minProperties": (dict, lambda value, bound: len(value) >= bound),
    "maxProperties": (dict, lambda value, bound: len(value) <= bound),
}

KINDS = {"string": str, "object": dict, "array": list, "boolean": bool, "null": type(None), "integer": int}


def _is(schema: Schema, value: Any) -> bool:
    """Whether it is of its type, one of its words and within its bounds."""
    kind = float if type(value) is int else type(value)
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    if types and not any(type(value) is KINDS.get(one) or (one == "number" and kind is float) for one in types):
        return False
    words = schema["enum"] if "enum" in schema else [schema["const"]] if "const" in schema else [value]
    if not any(_json.canonical(one) == _json.canonical(value) for one in words):
        return False
    return all(held(value, schema[key]) for key, (of, held) in BOUNDS.items() if key in schema and kind is of)


def _is_some(root: Schema, schema: Schema, value: Any) -> bool:
    """Whether it is any of what it may be, or the one thing that it must be."""
    any_of, one_of = schema.get("anyOf"), None if _choice(schema) else schema.get("oneOf")
    fits = [not any(findings(root, one, value)) for one in any_of or one_of or []]
    return any(fits) if any_of else sum(fits) == 1 if one_of else True


def _choice(schema: Schema) -> list[str]:
    """The keys of which one must be there, if that is all that `oneOf` says."""
    parts = schema.get("oneOf", [])
    return [one["required"][0] for one in parts] if all([*one] == ["required"] for one in parts) else []


def _wanted(schema: Schema) -> str:
    words = schema.get("enum", [schema["const"]] if "const" in schema else [])
    if words:
        return f"one of {', '.join(json.dumps(word, ensure_ascii=False) for word in words)}"
    types = schema.get("type", "object")
    told = " or ".join(TYPES[one] for one in ([types] if isinstance(types, str) else types))
    return told + "".join(f" with {key} {schema[key]}" for key in BOUNDS if key in schema)


def _table(root: Schema, schema: Schema, table: dict[str, Any], path: str) -> Iterator[str]:
    known, others = schema.get("properties", {}), schema.get("additionalProperties", True)
    for key, value in table.items():
        if key in known or others is not False:
            yield from findings(root, known.get(key, others), value, _inner(path, key))
        else:
            yield f"unknown key `{_inner(path, key)}`{meant(key, list(known))}"
    needed = [*schema.get("required", [])]
    needed += [one for key, those in schema.get("dependentRequired", {}).items() if key in table for one in those]
    yield from (f"{_told(path, [key])} is missing" for key in needed if key not in table)
    alone = [[key, *rest["properties"]] for key, rest in schema.get("dependentSchemas", {}).items() if key in table]
    choice = _choice(schema)
    for keys in [*alone, choice]:
        given = [key for key in keys if key in table]
        if len(given) > 1:
            yield f"{_told(path, given)} stand together; give one of them"
    if choice and not any(key in table for key in choice):
        yield f"give one of {_told(path, choice)}"


def _inner(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _told(path: str, keys: list[str]) -> str:
    return ", ".join(f"`{_inner(path, key)}`" for key in keys)
