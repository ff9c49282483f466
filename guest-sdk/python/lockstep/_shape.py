"""What fits into a type, read from its annotation: values are checked on their way out, and read from and written as
the JSON that the host shows of them. A value that does not fit is an `Unfit` with the path to it.
"""

import base64
import binascii
import json
import math
import struct
import types
import typing
from dataclasses import fields, is_dataclass
from enum import Enum, Flag
from typing import Any

from . import _json, wit


class Unfit(TypeError):
    """A value does not fit its type."""

    def __init__(self, path: str, wanted: str, found: object):
        super().__init__(f"`{path}` is to be {wanted}, and is {shown(found)}")


class Misread(ValueError):
    """JSON is not what its type says."""

    def __init__(self, path: str, wanted: str, found: object, why: str | None = None):
        told = f"expected {wanted}, found {json.dumps(found, default=str, ensure_ascii=False)[:60]}"
        super().__init__(f"{path}: {why or told}")


def shown(value: object) -> str:
    """A value as a message shows it: short, and with its type where that does not show."""
    if value is None or isinstance(value, (bool, int, float, str, bytes)):
        text = repr(value)
        return text if len(text) <= 60 else f"{text[:60]}…"
    return f"of type {type(value).__name__}"


class Shape:
    """A type. `check` gives the value as the runtime takes it, `read` takes JSON, `write` gives it."""

    name: str

    def check(self, value: Any, path: str) -> Any:
        raise NotImplementedError

    def read(self, found: Any, path: str) -> Any:
        raise NotImplementedError

    def write(self, value: Any) -> Any:
        return value


class Bool(Shape):
    name = "bool"

    def check(self, value: Any, path: str) -> Any:
        if type(value) is not bool:
            raise Unfit(path, "True or False", value)
        return value

    def read(self, found: Any, path: str) -> Any:
        if type(found) is not bool:
            raise Misread(path, self.name, found)
        return found


class Integer(Shape):
    def __init__(self, range: wit.Range):
        self.name, self.low, self.high = range.name, range.low, range.high

    def check(self, value: Any, path: str) -> Any:
        if not isinstance(value, int) or isinstance(value, bool):
            raise Unfit(path, f"a whole number ({self.name})", value)
        if not self.low <= value <= self.high:
            raise Unfit(path, f"a whole number from {self.low} to {self.high} ({self.name})", value)
        return value

    def read(self, found: Any, path: str) -> Any:
        value = found
        if isinstance(found, str) and self.name in ("u64", "s64"):
            try:
                value = int(found)
            except ValueError:
                raise Misread(path, self.name, found) from None
        if type(value) is not int or not self.low <= value <= self.high:
            raise Misread(path, self.name, found)
        return value


class Float(Shape):
    SPECIAL = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}

    def __init__(self, name: str):
        self.name = name

    def check(self, value: Any, path: str) -> Any:
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            raise Unfit(path, f"a number ({self.name})", value)
        try:
            return self._rounded(float(value))
        except OverflowError:
            raise Unfit(path, f"a number that {self.name} can hold", value) from None

    def read(self, found: Any, path: str) -> Any:
        value = self.SPECIAL.get(found) if isinstance(found, str) else found
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            raise Misread(path, self.name, found)
        try:
            return self._rounded(float(value))
        except OverflowError:
            raise Misread(path, self.name, found) from None

    def write(self, value: Any) -> Any:
        if math.isnan(value):
            return "nan"
        return self._shortest(value) if math.isfinite(value) else str(value)

    def _shortest(self, value: float) -> float:
        """The number with the fewest digits that is the same; of 64 bits it is that anyway."""
        numbers = (float(f"{value:.{digits}g}") for digits in range(1, 10 if self.name == "f32" else 1))
        return next((number for number in numbers if self._rounds_to(number, value)), value)

    def _rounds_to(self, number: float, value: float) -> bool:
        try:
            return self._rounded(number) == value
        except OverflowError:
            return False

    def _rounded(self, value: float) -> float:
        return value if self.name == "f64" else struct.unpack("<f", struct.pack("<f", value))[0]


class Text(Shape):
    name = "string"

    def check(self, value: Any, path: str) -> Any:
        if not isinstance(value, str):
            raise Unfit(path, "a str", value)
        return whole(value, path)

    def read(self, found: Any, path: str) -> Any:
        if not isinstance(found, str):
            raise Misread(path, self.name, found)
        return found


class Char(Text):
    name = "char"

    def check(self, value: Any, path: str) -> Any:
        if not isinstance(value, str) or len(value) != 1:
            raise Unfit(path, "a str of one character", value)
        return whole(value, path)

    def read(self, found: Any, path: str) -> Any:
        if not isinstance(found, str) or len(found) != 1:
            raise Misread(path, self.name, found)
        return found


class JsonText(Shape):
    name = "json"

    def check(self, value: Any, path: str) -> Any:
        if not isinstance(value, str):
            raise Unfit(path, "JSON text, as `json.dumps` makes it", value)
        return whole(value, path)

    def read(self, found: Any, path: str) -> Any:
        return _json.dump(found)

    def write(self, value: Any) -> Any:
        return json.loads(value)


class Bytes(Shape):
    name = "list<u8>"

    def check(self, value: Any, path: str) -> Any:
        if not isinstance(value, (bytes, bytearray, memoryview)):
            raise Unfit(path, "bytes", value)
        return bytes(value)

    def read(self, found: Any, path: str) -> Any:
        try:
            return bytes(found) if isinstance(found, list) else base64.b64decode(found, validate=True)
        except (TypeError, ValueError, binascii.Error):
            raise Misread(path, self.name, found) from None

    def write(self, value: Any) -> Any:
        return base64.b64encode(value).decode()


class SignedBytes(Bytes):
    name = "list<s8>"

    def read(self, found: Any, path: str) -> Any:
        inner = Integer(wit.Range("s8", -128, 127))
        items = [inner.read(item, f"{path}[{at}]") for at, item in enumerate(sequence(found, path, self.name))]
        return struct.pack(f"{len(items)}b", *items)

    def write(self, value: Any) -> Any:
        return list(memoryview(value).cast("b"))


class List(Shape):
    def __init__(self, inner: Shape):
        self.inner, self.name = inner, f"list<{inner.name}>"

    def check(self, value: Any, path: str) -> Any:
        if not isinstance(value, (list, tuple)):
            raise Unfit(path, "a list", value)
        check = self.inner.check
        return [check(item, f"{path}[{at}]") for at, item in enumerate(value)]

    def read(self, found: Any, path: str) -> Any:
        return [self.inner.read(item, f"{path}[{at}]") for at, item in enumerate(sequence(found, path, self.name))]

    def write(self, value: Any) -> Any:
        return [self.inner.write(item) for item in value]


class Tuple(Shape):
    def __init__(self, items: list[Shape]):
        self.items, self.name = items, f"tuple<{', '.join(item.name for item in items)}>"

    def check(self, value: Any, path: str) -> Any:
        if not isinstance(value, (list, tuple)) or len(value) != len(self.items):
            raise Unfit(path, f"a tuple of {len(self.items)}", value)
        parts = enumerate(zip(self.items, value))
        return tuple(shape.check(item, f"{path}[{at}]") for at, (shape, item) in parts)

    def read(self, found: Any, path: str) -> Any:
        if len(sequence(found, path, self.name)) != len(self.items):
            raise Misread(path, self.name, found)
        parts = enumerate(zip(self.items, found))
        return tuple(shape.read(item, f"{path}[{at}]") for at, (shape, item) in parts)

    def write(self, value: Any) -> Any:
        return [shape.write(item) for shape, item in zip(self.items, value)]


class Record(Shape):
    def __init__(self, cls: Any):
        self.cls, self.name = cls, f"record {cls.__name__}"
        # The type of a field, not the annotation of the class: slots stand in the way of those.
        self.fields = [(one.name, key(cls, one.name), of(one.type)) for one in fields(cls)]

    def check(self, value: Any, path: str) -> Any:
        if not isinstance(value, self.cls):
            raise Unfit(path, f"of type {self.cls.__name__}", value)
        checked = [shape.check(attribute(value, name, path), f"{path}.{name}") for name, _, shape in self.fields]
        return self.cls(*checked)

    def read(self, found: Any, path: str) -> Any:
        if not isinstance(found, dict):
            raise Misread(path, self.name, found)
        known = [key for _, key, _ in self.fields]
        for key in found:
            if key not in known:
                raise Misread(path, self.name, found, f"there is no field `{key}`{_meant(key, known)}")
        return self.cls(*(self._read(found, key, shape, path) for _, key, shape in self.fields))

    def _read(self, found: dict, key: str, shape: Shape, path: str):
        if key not in found and not isinstance(shape, Option):
            raise Misread(f"{path}.{key}", shape.name, None)
        return shape.read(found.get(key), f"{path}.{key}")

    def write(self, value: Any) -> Any:
        return {key: shape.write(getattr(value, name)) for name, key, shape in self.fields}


class Variant(Shape):
    def __init__(self, cases: list[Any]):
        self.name = f"variant {{ {', '.join(cls.__wit_case__ for cls in cases)} }}"
        self.wanted = " or ".join(cls.__name__ for cls in cases)
        self.cases = {cls: (cls.__wit_case__, payload(cls)) for cls in cases}

    def check(self, value: Any, path: str) -> Any:
        if type(value) not in self.cases:
            raise Unfit(path, self.wanted, value)
        _, shape = self.cases[type(value)]
        return value if shape is None else type(value)(shape.check(attribute(value, "value", path), f"{path}.value"))

    def read(self, found: Any, path: str) -> Any:
        name, inside = (found, None) if isinstance(found, str) else tagged(found, path, self.name)
        for cls, (case, shape) in self.cases.items():
            if case == name and shape is None and inside is None:
                return cls()
            if case == name and shape is not None and not isinstance(found, str):
                return cls(shape.read(inside, f"{path}.{case}"))
        raise Misread(path, self.name, found)

    def write(self, value: Any) -> Any:
        case, shape = self.cases[type(value)]
        return case if shape is None else {case: shape.write(value.value)}


class Enumeration(Shape):
    def __init__(self, cls: type[Enum]):
        self.cls = cls
        self.members = {word(member): member for member in cls}
        self.name = f"enum {{ {', '.join(self.members)} }}"

    def check(self, value: Any, path: str) -> Any:
        if not isinstance(value, self.cls):
            raise Unfit(path, f"a member of {self.cls.__name__}", value)
        return value

    def read(self, found: Any, path: str) -> Any:
        if not isinstance(found, str) or found not in self.members:
            raise Misread(path, self.name, found)
        return self.members[found]

    def write(self, value: Any) -> Any:
        return word(value)


class Flags(Enumeration):
    def read(self, found: Any, path: str) -> Any:
        value: Any = self.cls(0)
        for name in sequence(found, path, self.name):
            value |= super().read(name, path)
        return value

    def write(self, value: Any) -> Any:
        return [name for name, member in self.members.items() if member in value]


class Option(Shape):
    def __init__(self, inner: Shape):
        self.inner, self.name = inner, f"option<{inner.name}>"

    def check(self, value: Any, path: str) -> Any:
        return None if value is None else self.inner.check(value, path)

    def read(self, found: Any, path: str) -> Any:
        return None if found is None else self.inner.read(found, path)

    def write(self, value: Any) -> Any:
        return None if value is None else self.inner.write(value)


class Inside(Shape):
    """What is there of an option within an option."""

    def __init__(self, inner: Shape):
        self.inner, self.name = inner, inner.name

    def check(self, value: Any, path: str) -> Any:
        if not isinstance(value, wit.Some):
            raise Unfit(path, "Some(…) or None", value)
        return wit.Some(self.inner.check(value.value, f"{path}.value"))

    def read(self, found: Any, path: str) -> Any:
        name, inside = tagged(found, path, self.name)
        if name != "some":
            raise Misread(path, self.name, found)
        return wit.Some(self.inner.read(inside, path))

    def write(self, value: Any) -> Any:
        return {"some": self.inner.write(value.value)}


class Result(Shape):
    SIDES = {"ok": wit.Ok, "err": wit.Err}

    def __init__(self, ok: Shape | None, err: Shape | None):
        self.sides = {wit.Ok: ("ok", ok), wit.Err: ("err", err)}
        self.name = "result"

    def check(self, value: Any, path: str) -> Any:
        if type(value) not in self.sides:
            raise Unfit(path, "Ok(…) or Err(…)", value)
        _, shape = self.sides[type(value)]
        if shape is None and value.value is not None:
            raise Unfit(f"{path}.value", "None", value.value)
        return value if shape is None else type(value)(shape.check(value.value, f"{path}.value"))

    def read(self, found: Any, path: str) -> Any:
        name, inside = tagged(found, path, self.name)
        if name not in self.SIDES:
            raise Misread(path, self.name, found)
        side = self.SIDES[name]
        _, shape = self.sides[side]
        return side(None if shape is None else shape.read(inside, f"{path}.{name}"))

    def write(self, value: Any) -> Any:
        name, shape = self.sides[type(value)]
        return {name: None if shape is None else shape.write(value.value)}


_known: dict[object, Shape] = {}


def check(annotation: Any, value: Any, path: str) -> Any:
    """The value as the runtime takes it; `Unfit` if it is not of this type."""
    return of(annotation).check(value, path)


def of(annotation: Any) -> Shape:
    """The shape of an annotation."""
    shape = _known.get(annotation)
    if shape is None:
        shape = _known[annotation] = _read(annotation)
    return shape


PLAIN: dict[object, type[Shape]] = {bool: Bool, str: Text, bytes: Bytes}
WORDS: dict[str, type[Shape]] = {"char": Char, "json": JsonText, "list<s8>": SignedBytes}


def _read(annotation: Any) -> Shape:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if annotation in PLAIN:
        return PLAIN[annotation]()
    if annotation is float:
        return Float("f64")
    if origin is typing.Annotated:
        return _annotated(arguments[1])
    if origin is list:
        return List(of(arguments[0]))
    if annotation is tuple or origin is tuple:
        return Tuple([of(part) for part in arguments])
    if origin in (typing.Union, types.UnionType):
        return _union(arguments)
    if origin is wit.Some:
        return Inside(of(arguments[0]))
    return _class(annotation)


def _annotated(meaning: wit.Range | wit.Word) -> Shape:
    if isinstance(meaning, wit.Range):
        return Integer(meaning)
    return WORDS[meaning.name]() if meaning.name in WORDS else Float(meaning.name)


def _union(parts: tuple) -> Shape:
    there = [part for part in parts if part is not type(None)]
    if len(there) < len(parts):
        return Option(_union(tuple(there)))
    sides = {typing.get_origin(part): typing.get_args(part) for part in there}
    if wit.Ok in sides:
        return Result(_side(sides[wit.Ok][0]), _side(sides[wit.Err][0]))
    return of(there[0]) if len(there) == 1 else Variant(there)


def _side(annotation: Any) -> Shape | None:
    return None if annotation in (None, type(None)) else of(annotation)


def _class(cls: Any) -> Shape:
    if isinstance(cls, type) and issubclass(cls, Flag):
        return Flags(cls)
    if isinstance(cls, type) and issubclass(cls, Enum):
        return Enumeration(cls)
    if is_dataclass(cls):
        return Variant([cls]) if hasattr(cls, "__wit_case__") else Record(cls)
    raise TypeError(f"{cls!r} is no type of WIT")


def payload(cls: type) -> Shape | None:
    """What a case of a variant carries."""
    inside = fields(cls)
    return of(inside[0].type) if inside else None


def key(cls: type, name: str) -> str:
    """The name of a field in JSON: one that is a word of Python ends in `_` there."""
    return wit.SPELLED.get((cls, name), name.rstrip("_"))


def word(member: Enum) -> str:
    """The name of a member in JSON."""
    name = member.name or ""
    return wit.SPELLED.get(member, name.lower().rstrip("_").replace("_", "-"))


def whole(text: str, path: str) -> str:
    """Text that UTF-8 can hold: half a surrogate pair is none."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise Unfit(path, "text without half surrogate pairs", text) from None
    return text


def attribute(value: object, name: str, path: str) -> Any:
    """A field of a record that has slots: one that was deleted is not there."""
    try:
        return getattr(value, name)
    except AttributeError:
        raise Unfit(f"{path}.{name}", "there", None) from None


def _meant(word: str, known: list[str]) -> str:
    # Plain tests alone read JSON: a component does without what this needs.
    from ._schema import meant

    return meant(word, known)


def sequence(found: Any, path: str, wanted: str) -> list[Any]:
    if not isinstance(found, list):
        raise Misread(path, wanted, found)
    return found


def tagged(found: Any, path: str, wanted: str) -> tuple[str, Any]:
    """The only member of an object."""
    if not isinstance(found, dict) or len(found) != 1:
        raise Misread(path, wanted, found)
    return next(iter(found.items()))
