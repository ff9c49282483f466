"""Whether the author's file is the step that its world describes: it can be imported, and it has every handler. What is
wrong is a `Mistake`, in his terms and at his line.
"""

import difflib
import importlib
import inspect
import keyword
import sys
import traceback
from dataclasses import dataclass
from types import ModuleType

from . import _world
from ._handler import Handler, told


@dataclass
class Mistake(Exception):
    """Something that the author has to mend."""

    file: str
    line: int
    """Counted from 1; 0: the file as a whole."""
    what: str
    shown: str = ""
    """The lines of code around it, as Python shows them."""


def load(folder: str) -> ModuleType:
    """The author's module, from this folder, with a function for every handler."""
    try:
        module = importlib.import_module(_world.MAIN)
    except SyntaxError as error:
        where = error.filename or ""
        if not where.startswith(folder):
            raise _raised(folder, error) from error
        shown = "".join(traceback.format_exception_only(error)[1:-1])
        raise Mistake(where, error.lineno or 0, f"{type(error).__name__}: {error.msg}", shown) from error
    except (Exception, SystemExit) as error:
        raise _raised(folder, error) from error
    for handler in _world.HANDLERS:
        _handler(module, handler)
    return module


def strangers(module: ModuleType) -> list[Mistake]:
    """Functions that look like handlers, and are none of this world."""
    known = {handler.function for handler in _world.HANDLERS}
    found = [(name, _line(one)) for name, one in _own(module) if name.startswith("on_") and name not in known]
    what = "world `{}` has no handler `{}`, so nothing calls this function"
    file = module.__file__ or ""
    return [Mistake(file, line, what.format(_world.WORLD, name.replace("_", "-"))) for name, line in found]


def _raised(folder: str, error: BaseException) -> Mistake:
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(folder)]
    what = told(error) + _hint(error)
    if not frames:
        return Mistake(f"{folder}/{_world.MAIN.replace('.', '/')}.py", 0, what)
    shown = "".join(traceback.format_list(frames[-1:])[0].splitlines(keepends=True)[1:])
    return Mistake(frames[-1].filename, frames[-1].lineno or 0, what, shown)


def _hint(error: BaseException) -> str:
    """What to do about a module that is not there."""
    if not isinstance(error, ModuleNotFoundError) or not error.name:
        return ""
    top = error.name.partition(".")[0]
    if top in sys.stdlib_module_names:
        return "; this part of the standard library needs an operating system, and a step has none"
    return f"; if `{top}` is a package, name it in requirements.txt"


def _handler(module: ModuleType, handler: Handler) -> None:
    function = getattr(module, handler.function, None)
    file = module.__file__ or ""
    if not callable(function):
        what = f"there is no `{handler.function}`, which world `{_world.WORLD}` asks for: `{_signature(handler)}`"
        near, line = _near(module, handler.function)
        raise Mistake(file, line, what + (f"; did you mean `{near}`?" if near else ""))
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        raise Mistake(file, _line(function), f"`{handler.function}` is async; a handler is a plain `def`")
    try:
        inspect.signature(function).bind(*handler.takes)
    except TypeError as error:
        what = f"`{handler.function}` cannot be called as the world does, `{_signature(handler)}`: {error}"
        raise Mistake(file, _line(function), what) from error


def _signature(handler: Handler) -> str:
    taken = ", ".join(f"{_parameter(name)}: {_annotation(event)}" for name, event in handler.takes)
    return f"def {handler.function}({taken})"


def _parameter(name: str) -> str:
    name = name.replace("-", "_").lower()
    return f"{name}_" if keyword.iskeyword(name) else name


def _annotation(event: object) -> str:
    return event.__name__ if isinstance(event, type) else f"list[{event.__args__[0].__name__}]"  # type: ignore


def _near(module: ModuleType, wanted: str) -> tuple[str | None, int]:
    known = {handler.function for handler in _world.HANDLERS}
    names = {name: one for name, one in _own(module) if name not in known}
    found = difflib.get_close_matches(wanted, names, n=1, cutoff=0.7)
    return (found[0], _line(names[found[0]])) if found else (None, 0)


def _own(module: ModuleType) -> list[tuple[str, object]]:
    """The functions that a module defines itself."""
    functions = [(name, one) for name, one in vars(module).items() if inspect.isfunction(one)]
    return [(name, one) for name, one in functions if one.__module__ == module.__name__]


def _line(function: object) -> int:
    code = getattr(inspect.unwrap(function), "__code__", None)  # type: ignore[arg-type]
    return code.co_firstlineno if code else 0
