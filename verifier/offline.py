"""A block of code that cannot reach the network, whatever a library tries.

`--offline` promises that no socket is opened. The promise is kept by the interpreter itself: an
audit hook refuses, so it also holds for code that we did not write.

Standard: PEP 578.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Final

from licence.errors import AnzhengError, Code

_ACTIVE: Final[ContextVar[bool]] = ContextVar("verifier_offline", default=False)


@contextmanager
def no_network() -> Iterator[None]:
    """Refuse every socket that this thread or task tries to open inside the block.

    Raises:
        AnzhengError: NOT_CHECKED, from whatever opens a socket.
    """
    _install()
    token = _ACTIVE.set(True)
    try:
        yield
    finally:
        _ACTIVE.reset(token)


@lru_cache(maxsize=1)
def _install() -> None:
    # A hook cannot be taken away again, so there is one, and it asks whether it is wanted.
    sys.addaudithook(_refuse)


def _refuse(event: str, _arguments: tuple[object, ...]) -> None:
    if event.startswith("socket.") and _ACTIVE.get():
        raise AnzhengError(Code.NOT_CHECKED, "offline: no socket may be opened", event=event)
