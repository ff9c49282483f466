"""The SDK over the world in `world/`, whose `events.py` and `_world.py` are what the toolchain writes for it."""

import importlib.util
import sys
from pathlib import Path

import pytest

WORLD = Path(__file__).parent / "world"

sys.path.insert(0, str(WORLD))
spec = importlib.util.spec_from_file_location("lockstep._world", WORLD / "_world.py")
assert spec and spec.loader
module = importlib.util.module_from_spec(spec)
sys.modules["lockstep._world"] = module
spec.loader.exec_module(module)


@pytest.fixture
def playing():
    """A case that is being run, with these answers and this state."""
    from lockstep._stand_in import Playing

    def begin(**told) -> Playing:
        return Playing(told, {"workflow": "tea", "step": "room"})

    return begin
