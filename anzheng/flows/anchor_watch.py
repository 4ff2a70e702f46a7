"""What the anchorer tells people: little, and once.

One alarm about the chain, whatever keeps licences from it and for however many authorities; one
for each authority whose anchorer refuses to work; one for each batch that waits for a person.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Final

from anchor.ports import AnchorBatch
from anzheng.alarms import StandingAlarms
from anzheng.store.database import Store
from licence.errors import AnzhengError, Code
from licence.ids import AuthorityId
from licence.ports import Clock

LATE: Final = "chain"
"""Key of the alarm about licences that wait too long."""

REFUSES_TO_WORK: Final = frozenset(
    {
        # Validators changed and nobody told the trust bundle, or it is no QBFT chain at all.
        Code.BLOCK_HEADER,
        Code.BLOCK_SEALS,
        Code.VALIDATORS_NOT_PINNED,
        Code.CHAIN_ACCOUNT,
        Code.CHAIN_FEES,
        Code.CHAIN_FUNDS,
        Code.CHAIN_REORGANISED,
        Code.CHAIN_WRONG,
    }
)
"""What waiting does not cure."""


@contextmanager
def watched(
    store: Store, clock: Clock, authority: AuthorityId, late_seconds: int
) -> Iterator[None]:
    """Sound alarms about what happens, or does not happen, in a pass of the anchorer.

    Args:
        store: Keeps the alarms, and knows what waits.
        clock: Tells the time.
        authority: Whose pass it is.
        late_seconds: A licence that was signed so long ago should be on the chain.
    """
    alarms = StandingAlarms(store, clock)
    stopped: Code | None = None
    try:
        yield
        alarms.clear(_refusal_of(authority))
    except AnzhengError as error:
        stopped = error.code
        if error.code in REFUSES_TO_WORK:
            # A store that fails is told of by the worker; what went wrong first matters more.
            with suppress(AnzhengError):
                alarms.rise(_refusal_of(authority), error.code, str(error))
        raise
    finally:
        with suppress(AnzhengError):
            sound_late(store, clock, late_seconds, stopped)


def sound_late(store: Store, clock: Clock, late_seconds: int, stopped: Code | None = None) -> None:
    """Say that licences wait for the chain too long, or that they no longer do.

    Args:
        store: Knows what waits.
        clock: Tells the time.
        late_seconds: From when on it is too long.
        stopped: What ended the last pass, if anything did.
    """
    alarms = StandingAlarms(store, clock)
    with store.read() as unit:
        since = unit.anchors.waiting_since()
    if since is None or clock.now() - since < timedelta(seconds=late_seconds):
        alarms.clear(LATE)
        return
    moment = since.isoformat(timespec="seconds")
    why = "it has no new block for it" if stopped is None else f"the last pass ended with {stopped}"
    message = f"what was signed at {moment} waits for the chain; {why}"
    alarms.rise(LATE, Code.ANCHOR_OVERDUE, message)


def sound_parked(alarms: StandingAlarms, batch: AnchorBatch) -> None:
    """Say that a batch waits for a person."""
    reason = batch.reason or Code.INTERNAL
    alarms.rise(_parked(batch), reason, f"batch {batch.id} is parked: see docs/anchoring.md")


def parked_no_more(alarms: StandingAlarms, batch: AnchorBatch) -> None:
    """Say that a person let a batch go on."""
    alarms.clear(_parked(batch))


def _refusal_of(authority: AuthorityId) -> str:
    return f"anchor:{authority}"


def _parked(batch: AnchorBatch) -> str:
    return f"batch:{batch.id}"
