"""Says in one line that something is refused, and with which code."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from licence.errors import AnzhengError, Code


@contextmanager
def refuses(*codes: Code) -> Iterator[None]:
    """Expect an `AnzhengError` with one of these codes."""
    with pytest.raises(AnzhengError) as caught:
        yield
    assert caught.value.code in codes, caught.value
