"""How often somebody may ask, and how many files a day: counted here, and in Redis where there is.

The rate follows the generic cell rate algorithm: a burst of a minute's worth, then evenly. Each
process counts what it lets through itself even while Redis counts for all, so that nobody starts
anew when Redis is lost: without it, each of `replicas` processes grants its share of the rule and
no more. With one loss in a day nobody gets more than twice the day's number.

Standard: draft-ietf-httpapi-ratelimit-headers-10; ITU-T I.371 (GCRA).
"""

import math
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

from licence.errors import AnzhengError, Code
from licence.ports import Clock

MAX_CALLERS: Final = 100_000
"""Of whom a process counts; who was silent the longest is forgotten first."""

MINUTE: Final = 60.0
DAY: Final = 86_400


@dataclass(frozen=True, slots=True)
class Rule:
    """What one caller may do.

    Attributes:
        per_minute: Requests in a minute, and at once.
        per_day: Files in a day (UTC).
    """

    per_minute: int
    per_day: int

    def share(self, replicas: int) -> "Rule":
        """Return what one of so many processes may grant alone."""
        return Rule(
            max(1, self.per_minute // replicas),
            max(1, self.per_day // replicas),
        )


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of asking for room.

    Attributes:
        code: None when it was granted; else why not.
        left: Files left today.
        wait: Seconds until it is worth asking again.
    """

    code: Code | None
    left: int
    wait: float = 0.0


class Counters(Protocol):
    """Counts for everybody who uses the same store."""

    async def take(self, who: str, files: int, rule: Rule, now: datetime) -> Taken:
        """Take room for one request with so many files, or for none.

        Raises:
            AnzhengError: STORE_FAILED.
        """
        ...


@dataclass(slots=True)
class _Count:
    """What one caller used: the theoretical arrival time, and the files of a day."""

    arrival: float = 0.0
    day: int = 0
    files: int = 0


@dataclass(slots=True)
class LocalCounters:
    """Counts what this process let through."""

    _counts: OrderedDict[str, _Count] = field(default_factory=OrderedDict)

    async def take(self, who: str, files: int, rule: Rule, now: datetime) -> Taken:
        """Take room for one request with so many files, or for none."""
        count = self._counts.setdefault(who, _Count())
        self._counts.move_to_end(who)
        while len(self._counts) > MAX_CALLERS:
            self._counts.popitem(last=False)
        moment, day = now.timestamp(), int(now.timestamp()) // DAY
        if count.day != day:
            count.day, count.files = day, 0
        left = rule.per_day - count.files
        if files > left:
            return Taken(Code.QUOTA_EXCEEDED, max(left, 0), until_midnight(now))
        step = MINUTE / rule.per_minute
        arrival = max(count.arrival, moment)
        if arrival - moment > MINUTE - step:
            return Taken(Code.RATE_LIMITED, left, arrival - moment - MINUTE + step)
        count.arrival, count.files = arrival + step, count.files + files
        return Taken(None, left - files)


def until_midnight(now: datetime) -> float:
    """Return the seconds until the next day (UTC) begins."""
    begin = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return (begin + timedelta(days=1) - now).total_seconds()


@dataclass(slots=True)
class Limiter:
    """Grants room, or says why not.

    Args:
        clock: Tells the time.
        shared: Counts for all processes; None where this is the only one.
        replicas: How many processes share the rules.
        retry: After how long a lost store is asked again.
    """

    clock: Clock
    shared: Counters | None = None
    replicas: int = 1
    retry: timedelta = timedelta(seconds=5)
    _local: LocalCounters = field(default_factory=LocalCounters)
    _down_until: datetime | None = None

    @property
    def is_degraded(self) -> bool:
        """Whether this process counts alone although it should not."""
        return self._down_until is not None

    async def admit(self, who: str, files: int, rule: Rule) -> Taken:
        """Take room for a request.

        Args:
            who: The caller, as a text that names nobody.
            files: How many files it brings.
            rule: What this caller may do.

        Raises:
            AnzhengError: RATE_LIMITED or QUOTA_EXCEEDED, with `retry_after`.
        """
        now = self.clock.now()
        shared = await self._take_shared(who, files, rule, now)
        if shared is not None and shared.code is not None:
            raise refusal(shared)
        # Also when Redis has said yes: what was granted here counts when Redis is lost.
        alone = self.shared is not None and shared is None
        own = await self._local.take(who, files, rule.share(self.replicas) if alone else rule, now)
        if own.code is not None:
            raise refusal(own)
        return shared or own

    async def _take_shared(self, who: str, files: int, rule: Rule, now: datetime) -> Taken | None:
        if self.shared is None or (self._down_until is not None and now < self._down_until):
            return None
        try:
            taken = await self.shared.take(who, files, rule, now)
        except AnzhengError:
            self._down_until = now + self.retry
            return None
        self._down_until = None
        return taken


def refusal(taken: Taken) -> AnzhengError:
    """Return the error for a caller who has to wait."""
    wait = max(1, math.ceil(taken.wait))
    said = {
        Code.RATE_LIMITED: "too many requests in a short time",
        Code.QUOTA_EXCEEDED: "the number of files for today is used up",
    }
    code = taken.code or Code.RATE_LIMITED
    return AnzhengError(code, f"{said[code]}; come again in {wait} s", retry_after=wait)
