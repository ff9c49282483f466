"""Values against their types, as tables."""

import json
import math

import pytest

from events import EventsCup, Extras, Heat, LeavesCup, Order, SortBlend, SortNamed, SortPlain
from lockstep import Err, FailureKind, Ok, Some
from lockstep._shape import Misread, Unfit, of
from lockstep.wit import Json, f32, s8s, u64


def order(**changes) -> Order:
    told = {
        "number": 2**64 - 1,
        "bool": True,
        "tiny": -128,
        "short": -32768,
        "word": 65535,
        "int": -(2**31),
        "count": 2**32 - 1,
        "change": -(2**63),
        "price": 0.5,
        "weight": 0.1,
        "letter": "茶",
        "str": 'tea "Tee"',
        "note": None,
        "bytes": b"\x00\xff",
        "signed": b"\x01\xff",
        "cups": [EventsCup(2, Heat.LUKE_WARM)],
        "leaves": LeavesCup(7),
        "sort": SortBlend([("oolong", 60), ("mint", 40)]),
        "extras": Extras.MILK | Extras.BROWN_SUGAR,
        "paid": Ok(420),
        "done": Err(None),
        "any": '{"a":[1,null]}',
        "not_": "coffee",
        "http_code": 418,
        "nested": Some(None),
        "kind": FailureKind.TRANSIENT,
    }
    return Order(**(told | changes))


WRITTEN = {
    "number": 18446744073709551615,
    "bool": True,
    "tiny": -128,
    "short": -32768,
    "word": 65535,
    "int": -2147483648,
    "count": 4294967295,
    "change": -9223372036854775808,
    "price": 0.5,
    "weight": 0.1,
    "letter": "茶",
    "str": 'tea "Tee"',
    "note": None,
    "bytes": "AP8=",
    "signed": [1, -1],
    "cups": [{"size": 2, "heat": "luke-warm"}],
    "leaves": {"grams": 7},
    "sort": {"blend": [["oolong", 60], ["mint", 40]]},
    "extras": ["milk", "brown-sugar"],
    "paid": {"ok": 420},
    "done": {"err": None},
    "any": {"a": [1, None]},
    "not": "coffee",
    "HTTP_code": 418,
    "nested": {"some": None},
    "kind": "transient",
    "by": None,
    "at": None,
}


def test_values_are_written_and_read_as_the_host_shows_them():
    assert of(Order).write(of(Order).check(order(), "order")) == WRITTEN
    assert of(Order).read(WRITTEN, "order") == order()


@pytest.mark.parametrize(
    "change, told",
    [
        (
            {"number": 2**64},
            "number` is to be a whole number from 0 to 18446744073709551615 (u64), and is 18446744073709551616",
        ),
        ({"number": -1}, "number` is to be a whole number from 0 to 18446744073709551615 (u64), and is -1"),
        ({"number": 1.0}, "number` is to be a whole number (u64), and is 1.0"),
        ({"number": True}, "number` is to be a whole number (u64), and is True"),
        ({"tiny": 128}, "tiny` is to be a whole number from -128 to 127 (s8), and is 128"),
        ({"bool": 1}, "bool` is to be True or False, and is 1"),
        ({"price": 1e300}, "price` is to be a number that f32 can hold, and is 1e+300"),
        ({"weight": 10**400}, f"weight` is to be a number that f64 can hold, and is {'1' + '0' * 59}…"),
        ({"weight": "1"}, "weight` is to be a number (f64), and is '1'"),
        ({"letter": "ab"}, "letter` is to be a str of one character, and is 'ab'"),
        ({"str": b"tea"}, "str` is to be a str, and is b'tea'"),
        ({"str": "\ud800"}, "str` is to be text without half surrogate pairs, and is '\\ud800'"),
        ({"note": 3}, "note` is to be a str, and is 3"),
        ({"bytes": "tea"}, "bytes` is to be bytes, and is 'tea'"),
        ({"cups": {}}, "cups` is to be a list, and is of type dict"),
        ({"cups": [EventsCup(256, Heat.HOT)]}, "cups[0].size` is to be a whole number from 0 to 255 (u8), and is 256"),
        ({"cups": [LeavesCup(1)]}, "cups[0]` is to be of type EventsCup, and is of type LeavesCup"),
        ({"sort": "plain"}, "sort` is to be SortPlain or SortNamed or SortBlend, and is 'plain'"),
        ({"sort": SortNamed(3)}, "sort.value` is to be a str, and is 3"),
        ({"sort": SortBlend([("mint",)])}, "sort.value[0]` is to be a tuple of 2, and is of type tuple"),
        ({"extras": Heat.HOT}, "extras` is to be a member of Extras, and is of type Heat"),
        ({"paid": 3}, "paid` is to be Ok(…) or Err(…), and is 3"),
        ({"done": Ok(3)}, "done.value` is to be None, and is 3"),
        ({"any": {}}, "any` is to be JSON text, as `json.dumps` makes it, and is of type dict"),
        ({"nested": 3}, "nested` is to be Some(…) or None, and is 3"),
    ],
)
def test_what_does_not_fit_is_told_with_its_path(change, told):
    with pytest.raises(Unfit) as unfit:
        of(Order).check(order(**change), "order")
    assert str(unfit.value) == f"`order.{told}"


def test_what_the_runtime_would_not_take_is_made_what_it_takes():
    checked = of(Order).check(order(cups=(), bytes=bytearray(b"x"), sort=SortPlain(), price=0.1), "order")
    assert (checked.cups, checked.bytes, checked.sort) == ([], b"x", SortPlain())
    assert type(checked.bytes) is bytes and checked.price == pytest.approx(0.1) and checked.price != 0.1


@pytest.mark.parametrize(
    "annotation, found, value",
    [
        (u64, "18446744073709551615", 2**64 - 1),
        (float, 1, 1.0),
        (f32, "-inf", -math.inf),
        (f32, 0.1, 0.10000000149011612),
        (bytes, [0, 255], b"\x00\xff"),
        (s8s, [-1], b"\xff"),
        (Json, {"a": 1}, '{"a":1}'),
    ],
)
def test_json_has_more_than_one_way_to_say_it(annotation, found, value):
    assert of(annotation).read(found, "it") == value


@pytest.mark.parametrize("number", [0.1, 16777216.0, 3.4028235e38, 1e-45, -0.3, 0.0])
def test_a_float_of_32_bits_is_written_as_short_as_it_was(number):
    shape = of(f32)
    assert shape.write(shape.read(number, "it")) == number


def test_a_number_that_is_none_is_kept():
    shape = of(float)
    assert shape.write(shape.read("nan", "it")) == "nan" and math.isnan(shape.check(math.nan, "it"))


@pytest.mark.parametrize(
    "change, told",
    [
        ({"number": None}, "order.number: expected u64, found null"),
        ({"number": "many"}, 'order.number: expected u64, found "many"'),
        ({"number": 2**64}, "order.number: expected u64, found 18446744073709551616"),
        (
            {"cups": [{"size": 1, "heat": "warm"}]},
            'order.cups[0].heat: expected enum { cold, luke-warm, HOT }, found "warm"',
        ),
        ({"sort": "blend"}, 'order.sort: expected variant { plain, named, blend }, found "blend"'),
        ({"extras": ["salt"]}, 'order.extras: expected enum { milk, brown-sugar }, found "salt"'),
        ({"paid": {"maybe": 1}}, 'order.paid: expected result, found {"maybe": 1}'),
        ({"bytes": "no base64"}, 'order.bytes: expected list<u8>, found "no base64"'),
        ({"nested": 3}, "order.nested: expected option<u32>, found 3"),
        ({"numbr": 1}, "order: there is no field `numbr`; did you mean `number`?"),
        ({"cups": [{"size": 1, "heat": "HOT", "of": 1}]}, "order.cups[0]: there is no field `of`"),
    ],
)
def test_json_that_does_not_fit_is_told_with_its_path(change, told):
    with pytest.raises(Misread) as misread:
        of(Order).read(json.loads(json.dumps(WRITTEN | change)), "order")
    assert str(misread.value) == told


def test_what_is_not_there_is_none():
    told = {key: value for key, value in WRITTEN.items() if value is not None}
    assert of(Order).read(told, "order") == order()
    del told["not"]
    with pytest.raises(Misread, match="order.not: expected string, found null"):
        of(Order).read(told, "order")
