"""The seam to the host: the interfaces that the world of this step imports, by their short names.

Whoever runs the step fills them with functions: in a component those of the runtime, in a test those of a case.
"""

from types import SimpleNamespace

from . import _world


class Interface(SimpleNamespace):
    """The functions of an interface; before it is filled, calling one says what is missing."""

    _name: str

    def __getattr__(self, function: str):
        if function.startswith("__"):
            raise AttributeError(function)
        raise RuntimeError(
            f"`{self._name}.{function}` needs a host, and there is none here: "
            "call it in a handler; in tests, within a case"
        )


INTERFACES = {name: Interface(_name=name) for name in _world.IMPORTS}


def imported(name: str) -> Interface:
    """An interface of `lockstep:step`; ImportError if the world does not import it."""
    if name not in INTERFACES:
        raise ImportError(
            f"world `{_world.WORLD}` does not import `{name}`; "
            f"add `import lockstep:step/{name}@{_world.VERSION};` to it",
            name=f"lockstep.{name}",
        )
    return INTERFACES[name]


def named(error: Exception) -> tuple[str, object]:
    """The case of a variant that came as an error: its name in Python, and what it carries."""
    value = error.value  # type: ignore[attr-defined]
    return type(value).__name__.rpartition("_")[2], getattr(value, "value", None)
