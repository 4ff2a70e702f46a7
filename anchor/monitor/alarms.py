"""An alarm: what is wrong, about what, and whether it still is.

Some alarms are conditions (a manifest is missing): they end by themselves when the condition does.
The others are events (an account got a right): they stay open until a person has seen them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final, TypeVar

from licence.errors import Code, Fact
from licence.ids import AuthorityId

MOST_NAMED: Final = 100
"""Most alarms of one kind that one rule raises."""

_ID_CHARACTERS: Final = 16

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Alarm:
    """One thing that is wrong.

    Attributes:
        code: What; permanent.
        subject: About what, unique with the code: seen again, it is the same alarm.
        message: For people.
        facts: Particulars.
        group: The rule that would find it again; none for an event, which stays open until it is
            acknowledged.
        authority: Whom it concerns, if one alone.
        block: Height at which it happened, if on the chain.
    """

    code: Code
    subject: str
    message: str
    facts: tuple[tuple[str, Fact], ...] = ()
    group: str | None = None
    authority: AuthorityId | None = None
    block: int | None = None

    @property
    def id(self) -> str:
        """Name under which it is acknowledged."""
        named = f"{self.code.value}\n{self.subject}".encode()
        return sha256(named).hexdigest()[:_ID_CHARACTERS]


@dataclass(frozen=True, slots=True)
class KeptAlarm:
    """An alarm in the state file.

    Attributes:
        alarm: What is wrong.
        first_at: When it was first found.
        last_at: When it was found last.
        closed_at: When it was over or acknowledged; none while it is open.
    """

    alarm: Alarm
    first_at: datetime
    last_at: datetime
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Unchecked:
    """Something that could not be looked at; that is neither good nor bad.

    Attributes:
        group: The rule that did not run, or not to its end.
        code: Why.
        message: For people.
    """

    group: str
    code: Code
    message: str


@dataclass(frozen=True, slots=True)
class MonitorPolicy:
    """How much time others have before it is an alarm.

    Attributes:
        manifest: From a batch's block to its manifest. It is published before the batch is sent.
        log: From a batch's block to a checkpoint over it.
        checkpoint: Between two cosignatures of a log, also while nothing happens.
        lists: From a change on the chain to lists that say it.
        final: From a change's block to when its block is surely final: lists that were signed
            after that must say it.
        live_twice: From a new version's batch to the end of the one before it.
        register: From a decision to the chain.
        clock: How much clocks may differ.
        silence: How old the newest final block may be; zero for a chain that mines on demand.
    """

    manifest: timedelta = timedelta(hours=1)
    log: timedelta = timedelta(hours=1)
    checkpoint: timedelta = timedelta(days=7)
    lists: timedelta = timedelta(hours=2)
    final: timedelta = timedelta(minutes=10)
    live_twice: timedelta = timedelta(hours=72)
    register: timedelta = timedelta(hours=24)
    clock: timedelta = timedelta(seconds=60)
    silence: timedelta = timedelta(0)


def each_or_one(found: Sequence[T], one: Callable[[T], Alarm]) -> Iterator[Alarm]:
    """Yield an alarm for each thing, or, for very many of one kind, a single one that counts them.

    A hundred thousand alarms would tell nobody anything; a selection of them would seem to end and
    to begin anew as others come and go.
    """
    if len(found) <= MOST_NAMED:
        yield from (one(each) for each in found)
        return
    first = one(found[0])
    yield replace(
        first,
        subject=f"{first.group}/many/{first.message}",
        message=f"{first.message}, and many more",
        facts=(*first.facts, ("in_all", len(found))),
        block=None,
    )
