"""Lines for whoever watches the step, bounded by the step's `log-bytes`.

>>> from lockstep import info
>>> order, cents = "o-17", 4_200
>>> info(f"refund {order} asks for {cents} cents")

What goes to `logging` of the standard library goes the same way: from INFO on, unless the step sets another level.
"""

import logging
import sys
from enum import Enum

from ._host import imported

_log = imported("log")


class Level(Enum):
    """How much a line matters."""

    TRACE = 0
    DEBUG = 1
    INFO = 2
    WARN = 3
    ERROR = 4


def log(level: Level, message: object) -> None:
    """Writes one line; where there is no host, to stderr."""
    _log.log(level, str(message).encode("utf-8", "replace").decode())


def trace(message: object) -> None:
    """Logs at level trace."""
    log(Level.TRACE, message)


def debug(message: object) -> None:
    """Logs at level debug."""
    log(Level.DEBUG, message)


def info(message: object) -> None:
    """Logs at level info."""
    log(Level.INFO, message)


def warn(message: object) -> None:
    """Logs at level warn."""
    log(Level.WARN, message)


def error(message: object) -> None:
    """Logs at level error."""
    log(Level.ERROR, message)


def _to_stderr(level: Level, message: str) -> None:
    print(f"{level.name.lower()}: {message}", file=sys.stderr)


vars(_log).setdefault("log", _to_stderr)


class Handler(logging.Handler):
    """Hands records of `logging` to the host."""

    LEVELS = [
        (logging.ERROR, Level.ERROR),
        (logging.WARNING, Level.WARN),
        (logging.INFO, Level.INFO),
        (logging.DEBUG, Level.DEBUG),
    ]

    def emit(self, record: logging.LogRecord) -> None:
        level = next((level for least, level in self.LEVELS if record.levelno >= least), Level.TRACE)
        try:
            log(level, self.format(record))
        except Exception:
            self.handleError(record)
