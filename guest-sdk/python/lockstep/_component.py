"""The step inside a component: what componentize-py imports while it builds one. It puts the SDK's classes in the place
of those of the bindings, so that events come as the author's own, and answers every export with the author's function.

What is wrong with the author's code is left in `.told.json` beside it, for whoever builds the component.
"""

import sys

# The author's folder is no place for what Python compiles.
sys.dont_write_bytecode = True

import componentize_py_types  # type: ignore[import-not-found]  # noqa: E402

from . import wit  # noqa: E402

# The bindings take these by name when they are imported.
componentize_py_types.Some = wit.Some
componentize_py_types.Ok = wit.Ok
componentize_py_types.Err = wit.Err

import ast  # noqa: E402
import functools  # noqa: E402
import gc  # noqa: E402
import importlib  # noqa: E402
import importlib.util  # noqa: E402
import json  # noqa: E402
import linecache  # noqa: E402
import logging  # noqa: E402
import os  # noqa: E402
from collections.abc import Callable, Iterator  # noqa: E402
from types import ModuleType  # noqa: E402
from typing import TextIO  # noqa: E402

from . import _check, _handler, _host, _json, _world  # noqa: E402
from ._handler import Handler  # noqa: E402
from ._shape import of  # noqa: E402
from .failure import Failure, FailureKind  # noqa: E402

GENERATED = os.path.dirname(os.path.dirname(__file__))

# What the standard library imports by itself when it is called, and the encodings of files from elsewhere.
LATE = ["_strptime", *(f"encodings.{name}" for name in ("ascii", "cp1252", "idna", "latin_1", "utf_16", "utf_8_sig"))]

# What the bindings are to make as the SDK has it, by interface.
OWN = {"http": "Response", "run": "Identity"}


def adopt() -> None:
    """Lets the bindings make and take the classes that authors see."""
    for module, classes in _world.TYPES.items():
        vars(importlib.import_module(module)).update(classes)
    for interface, name in OWN.items():
        if interface in _world.IMPORTS:
            own = getattr(importlib.import_module(f"lockstep.{interface}"), name)
            setattr(importlib.import_module(_world.IMPORTS[interface]), name, own)


def load() -> ModuleType:
    """The author's module; what there is to mend in it is told."""
    folder = next(path for path in sys.path if os.path.exists(f"{path}/{_world.MAIN}.py"))
    _handler.FOLDERS[:] = [(f"{folder}/", ""), (f"{GENERATED}/", "gen/")]
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    # Without any handler `logging` would make one of its own.
    root.addHandler(logging.NullHandler())
    streams = [Stream(sys.stdout), Stream(sys.stderr)]
    # They stay: what the author's code makes of them when it is imported has to work later too.
    sys.stdout, sys.stderr = streams  # type: ignore[assignment]
    try:
        module = _check.load(f"{folder}/")
    except _check.Mistake as mistake:
        tell(folder, [mistake], is_fatal=True)
        raise SystemExit(1) from None
    finally:
        for stream in streams:
            stream.open()
    tell(folder, _check.strangers(module), is_fatal=False)
    import_late()
    keep_sources(folder)
    return module


class Stream:
    """Stdout, or stderr: what is written before it is opened is for nobody, and much of it would be an error."""

    def __init__(self, stream: TextIO):
        self._stream = stream

    def write(self, text: str) -> int:
        return len(text)

    def open(self) -> None:
        self.write = self._stream.write

    def __getattr__(self, name: str):
        return getattr(self._stream, name)


def tell(folder: str, mistakes: list[_check.Mistake], is_fatal: bool) -> None:
    """Leaves what there is to mend for whoever builds the component."""
    rows = [
        {"file": one.file.removeprefix(f"{folder}/"), "line": one.line, "what": one.what, "shown": one.shown}
        for one in mistakes
    ]
    with open(f"{folder}/.told.json", "w") as file:
        json.dump({"fatal": is_fatal, "mistakes": rows}, file)


def import_late() -> None:
    """Imports what the code imports in its functions: where the step runs there are no files to import from."""
    late, seen = list(LATE), set()
    while late:
        for name in late:
            try:
                importlib.import_module(name)
            except Exception:
                # It may be one that the code does without, or that it never comes to: then it is told where it runs.
                pass
        new = [module for module in list(sys.modules.values()) if is_authors(module) and module not in seen]
        seen.update(new)
        late = [name for module in new for name in imported_in_functions(module)]


def is_authors(module: ModuleType) -> bool:
    """Whether a module is of the author's folder, or of a package that he bundles."""
    file = getattr(module, "__file__", None) or ""
    return file.endswith(".py") and not file.startswith(("/python/", "/world/", "/bundled/", GENERATED))


def imported_in_functions(module: ModuleType) -> Iterator[str]:
    """The modules that functions of a module import when they are called."""
    tree = ast.parse("".join(linecache.getlines(module.__file__ or "")))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    for node in (node for function in functions for node in ast.walk(function)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            base = importlib.util.resolve_name(base, module.__package__) if node.level else base
            yield base
            yield from (f"{base}.{name.name}" for name in node.names)


def keep_sources(folder: str) -> None:
    """Keeps the author's lines for tracebacks: where the step runs there are no files."""
    files = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
    for file in files:
        if file and file.startswith(f"{folder}/") and (lines := linecache.getlines(file)):
            # Without a time it is kept, though there is no such file.
            linecache.cache[file] = (sum(map(len, lines)), None, lines, file)


def connect() -> None:
    """Gives the SDK the functions of the host."""
    for interface, functions in _host.INTERFACES.items():
        module = importlib.import_module(_world.IMPORTS[interface])
        vars(functions).update({name: one for name, one in vars(module).items() if not name.startswith("_")})
    if "log" in _host.INTERFACES:
        logging.getLogger().addHandler(importlib.import_module("lockstep.log").Handler())


def wrapped(case: str, event: object) -> object:
    """An event as a case of the variant that the world declares."""
    return bound(case)(event)


@functools.cache
def bound(case: str) -> type:
    """The class of a case in the bindings."""
    module, _, name = case.rpartition(".")
    return getattr(sys.modules[module], name)


def export(handler: Handler, function: Callable) -> Callable:
    """What the runtime calls for a handler."""

    def call(_self, *parameters):
        try:
            return handler.gives.wire(handler.attempt(function, parameters), wrapped)
        except Failure as failure:
            raise wit.Err(Wire(failure)) from None

    return call


class Wire:
    """A failure, as the bindings take it."""

    def __init__(self, failure: Failure):
        self.kind, self.code, self.message = failure.kind, failure.code, failure.message
        self.retry_after_ms = failure.retry_after_ms
        self.details = None if failure.details is None else _json.dump(failure.details)


def warm_up() -> None:
    """Does once what each instance would do anew: the shapes of all that goes out."""
    for handler in _world.HANDLERS:
        for event in handler.gives.events():
            of(event.cls)
    for annotation in (str, bytes, wit.u32, wit.u64, wit.s64, wit.u64 | None, FailureKind):
        of(annotation)
    if "http" in _host.INTERFACES:
        of(importlib.import_module("lockstep.http").Request)


adopt()
step = load()
connect()
warm_up()
WitWorld = type("WitWorld", (), {one.function: export(one, getattr(step, one.function)) for one in _world.HANDLERS})

# What is there by now stays: to look through it again and again would copy every page of it.
gc.collect()
gc.freeze()
