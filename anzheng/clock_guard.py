"""Whoever stamps or publishes compares this machine's clock with others' first.

A timestamp by a wrong clock cannot be taken back, and a list from the future makes every verifier
doubt its own clock. So the signer, the anchorer and the publisher ask here before they begin:

1. At the start, once an hour, and as soon as the clock has made a jump, every reference is read.
2. A reference says between which bounds our clock is off; only what is proved counts.
3. Past the tolerance `CLOCK_WRONG` is raised, and an alarm stands, until a later reading is good.
4. Where no reference answers nothing is known: work goes on, the next caller soon asks again.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic, sleep
from typing import Final, Protocol

import structlog

from anchor.chain_ports import Block
from licence.errors import AnzhengError, Code
from licence.ports import Clock

log = structlog.get_logger()

EVERY: Final = timedelta(hours=1)
"""How often a clock that was right is compared."""

AGAIN: Final = timedelta(minutes=1)
"""How soon after a comparison that failed, or showed a wrong clock."""

JUMP: Final = timedelta(seconds=5)
"""A clock that went so far from the watch beside it was set by somebody."""

TSA_SECONDS: Final = 10.0
WHOLE_SECOND: Final = timedelta(seconds=1)
"""What a timestamp or a block may have cut off its time."""

MAX_WATCH_SECONDS: Final = 30
"""Nobody waits longer for a block."""

POLL_SECONDS: Final = 0.5
ALARM: Final = "clock"


@dataclass(frozen=True, slots=True)
class Offset:
    """Reference minus our clock: at least `least` and, where it can tell, at most `most`."""

    least: timedelta
    most: timedelta | None

    def beyond(self, tolerance: timedelta) -> timedelta | None:
        """Return by how much our clock is proved to be off, if by more than the tolerance."""
        if self.least > tolerance:
            return self.least
        if self.most is not None and self.most < -tolerance:
            return self.most
        return None


class Reference(Protocol):
    """Somebody else's clock."""

    @property
    def name(self) -> str:
        """What to call it."""
        ...

    def read(self) -> Offset:
        """Compare it with ours.

        Raises:
            AnzhengError: When it does not answer.
        """
        ...


class TimeSource(Protocol):
    """A timestamp authority that is asked for the time; `signer.tsa_client.HttpTsa`."""

    @property
    def url(self) -> str:
        """Where it listens."""
        ...

    def time(self, *, seconds: float) -> datetime:
        """Return its time out of a checked token."""
        ...


class BlockSource(Protocol):
    """The part of `anchor.chain_ports.Chain` that is read here."""

    def height(self) -> int:
        """Return the number of the newest block."""
        ...

    def block(self, height: int) -> Block | None:
        """Return the block of this height."""
        ...


class Alarms(Protocol):
    """Tells somebody, once; `anzheng.alarms.StandingAlarms`."""

    def rise(self, key: str, code: Code, message: str) -> None:
        """Say that something is wrong, unless it was said."""
        ...

    def clear(self, key: str) -> None:
        """Say that it is over, if it was wrong."""
        ...


@dataclass(frozen=True, slots=True)
class TsaReference:
    """A timestamp authority; conforms to `Reference`."""

    source: TimeSource
    clock: Clock

    @property
    def name(self) -> str:
        """Its address."""
        return self.source.url

    def read(self) -> Offset:
        """Ask for a timestamp; it was made while we waited for it."""
        before = self.clock.now()
        told = self.source.time(seconds=TSA_SECONDS)
        after = self.clock.now()
        return Offset(told - after, told + WHOLE_SECOND - before)


@dataclass(frozen=True, slots=True)
class ChainReference:
    """The newest block; conforms to `Reference`.

    A block is never from the future, so an early clock always shows. A late one shows only by a
    block that is made while we watch: an old newest block may be all that a resting chain has.

    Args:
        chain: Reads blocks.
        clock: Ours.
        block_seconds: The chain makes a block at least so often; 0 where that is not known.
        pause: Waits so many seconds.
    """

    chain: BlockSource
    clock: Clock
    block_seconds: int
    pause: Callable[[float], None] = sleep

    @property
    def name(self) -> str:
        """What it is."""
        return "the chain's newest block"

    def read(self) -> Offset:
        """Read the newest block, and watch for the next where one is due."""
        height = self.chain.height()
        asked = self.clock.now()
        newest = self._block(height)
        least = newest.time - self.clock.now()
        for _ in range(int(min(self.block_seconds, MAX_WATCH_SECONDS) / POLL_SECONDS)):
            self.pause(POLL_SECONDS)
            before, asked = asked, self.clock.now()
            if (now_high := self.chain.height()) > height:
                made = self._block(now_high).time
                return Offset(made - self.clock.now(), made + WHOLE_SECOND - before)
        return Offset(least, None)

    def _block(self, height: int) -> Block:
        block = self.chain.block(height)
        if block is None:
            raise AnzhengError(Code.CHAIN_UNAVAILABLE, "the node has no newest block")
        return block


class ClockGuard:
    """Lets nobody go on whose clock is wrong; one for a process.

    Args:
        clock: Ours.
        references: Whom it is compared with; none in a trial, which has no clock but its own.
        tolerance: How far it may be off.
        alarms: Who is told.
        watch: Seconds of a watch that only goes forward.
    """

    def __init__(
        self,
        clock: Clock,
        references: Sequence[Reference],
        *,
        tolerance: timedelta,
        alarms: Alarms,
        watch: Callable[[], float] = monotonic,
    ) -> None:
        self._clock = clock
        self._references = tuple(references)
        self._tolerance = tolerance
        self._alarms = alarms
        self._watch = watch
        self._turn = threading.Lock()
        self._compared: tuple[datetime, float] | None = None
        self._next = 0.0
        self._wrong: str | None = None

    def demand(self) -> None:
        """Return when nothing is known against our clock.

        Raises:
            AnzhengError: CLOCK_WRONG.
        """
        if not self._references:
            return
        with self._turn:
            if self._is_due():
                self._compare()
            if self._wrong is not None:
                raise AnzhengError(Code.CLOCK_WRONG, self._wrong)

    def _is_due(self) -> bool:
        if self._compared is None or self._watch() >= self._next:
            return True
        at, seconds = self._compared
        passed = self._clock.now() - at
        return abs(passed - timedelta(seconds=self._watch() - seconds)) > JUMP

    def _compare(self) -> None:
        offsets: dict[str, Offset] = {}
        for reference in self._references:
            try:
                offsets[reference.name] = reference.read()
            except AnzhengError as error:
                log.warning("clock_not_compared", reference=reference.name, code=error.code.value)
        if offsets:
            self._judge(offsets)
        self._compared = (self._clock.now(), self._watch())
        rest = EVERY if offsets and self._wrong is None else AGAIN
        self._next = self._watch() + rest.total_seconds()

    def _judge(self, offsets: dict[str, Offset]) -> None:
        found = [
            f"{_seconds(off)} {'behind' if off > timedelta() else 'ahead of'} {name}"
            for name, offset in offsets.items()
            if (off := offset.beyond(self._tolerance)) is not None
        ]
        if found:
            self._wrong = f"this machine's clock is {' and '.join(found)}; set it right"
            self._alarms.rise(ALARM, Code.CLOCK_WRONG, self._wrong)
        else:
            self._wrong = None
            self._alarms.clear(ALARM)


def _seconds(off: timedelta) -> str:
    return f"{abs(off).total_seconds():.0f} s"
