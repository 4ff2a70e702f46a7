"""Verification reports 核验报告: made with the service's own key, one at a time."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from licence.errors import AnzhengError, Code
from verifier.service.desk import Kept

MOST_WAITING: Final = 8
RETRY_SECONDS: Final = 5

MakeReport = Callable[[Sequence[tuple[str, Kept]]], bytes]
"""Makes a sealed PDF of named results; raises AnzhengError."""


class ReportDesk:
    """Makes reports in one thread: the press is not for several at once.

    Args:
        make: Makes one; None where the service has no key.
    """

    def __init__(self, make: MakeReport | None) -> None:
        self._make = make
        self._threads = ThreadPoolExecutor(1, "report")
        self._waiting = 0

    @property
    def is_open(self) -> bool:
        """Whether this service makes reports."""
        return self._make is not None

    async def one(self, kept: Kept) -> bytes:
        """Return the report about one result; raises as `many` does."""
        return await self.many((("", kept),))

    async def many(self, named: Sequence[tuple[str, Kept]]) -> bytes:
        """Return the report about several results.

        Raises:
            AnzhengError: REPORT_UNAVAILABLE, OVERLOADED.
        """
        if self._make is None:
            raise AnzhengError(Code.REPORT_UNAVAILABLE, "this service has no key for reports")
        if self._waiting >= MOST_WAITING:
            raise AnzhengError(
                Code.OVERLOADED, "many reports are being made", retry_after=RETRY_SECONDS
            )
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, self._make, named)
        except AnzhengError as error:
            raise AnzhengError(
                Code.REPORT_UNAVAILABLE, f"the report could not be made now: {error.code.value}"
            ) from error
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """End the thread."""
        self._threads.shutdown(wait=False, cancel_futures=True)
