"""The examples in the SDK's own documentation."""

import doctest

import pytest

from lockstep import blob, failure, http, log, run, state, timer, tools, updates

ANSWERS = {
    "http": [
        {"method": "GET", "answer": {"body": "1.07"}},
        {"json": {"order": "o-17", "rate": "1.07"}, "answer": {"json": {"refunded": True}}},
    ],
    "tools": [
        {"name": "read_text_file", "answer": {"output": "# Questions"}},
        {"name": "write_file", "answer": {"refused": "not today"}},
    ],
}


@pytest.mark.parametrize("module", [blob, failure, http, log, run, state, timer, tools, updates])
def test_an_example_does_what_it_says(module, playing):
    with playing(**ANSWERS):
        done = doctest.testmod(module)
    assert done.attempted > 0 and done.failed == 0
