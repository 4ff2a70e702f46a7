"""Logs as JSON lines, of which every field is named here: nothing else can get into them.

No name, number, USCC, address of a person or of a computer, file name, digest of a file, result id
or key can be logged, because there is no field for it.
"""

import sys
from collections.abc import MutableMapping
from typing import Any, Final, Protocol, TextIO

import structlog

from licence.errors import Fact

FIELDS: Final = frozenset(
    {
        "event", "level", "timestamp",
        "request_id", "trace_id", "route", "method", "status", "ms", "code", "caller",
        "verdict", "artefact", "bytes", "files", "state", "version", "age_seconds", "error",
        "host", "port", "workers", "part", "seconds",
    }
)  # fmt: skip
"""Every field that a line may have."""


class Log(Protocol):
    """Writes lines; what has no field in `FIELDS` is left out."""

    def info(self, event: str, **fields: Fact | float) -> object:
        """Write what happened."""
        ...

    def warning(self, event: str, **fields: Fact | float) -> object:
        """Write what somebody should look at."""
        ...

    def error(self, event: str, **fields: Fact | float) -> object:
        """Write what went wrong."""
        ...


def open_log(stream: TextIO | None = None) -> Log:
    """Return a log that writes to a stream; standard error unless given."""
    log: Log = structlog.wrap_logger(
        structlog.PrintLogger(stream or sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            only_known_fields,
            structlog.processors.JSONRenderer(sort_keys=True),
        ],
        # Its own: the level that the rest of the program is set to would silence requests.
        wrapper_class=structlog.BoundLogger,
        context_class=dict,
        cache_logger_on_first_use=False,
    )
    return log


def only_known_fields(
    _logger: object, _method: str, fields: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Leave out what is not in `FIELDS`; the last thing before a line is written."""
    known = {name: value for name, value in fields.items() if name in FIELDS}
    caller = str(known.get("caller", ""))
    if caller and not caller.startswith("key:"):
        known["caller"] = "address"
    return known
