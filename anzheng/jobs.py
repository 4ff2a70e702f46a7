"""Which flow works which topic of the outbox."""

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Final, Protocol

import structlog

from anzheng import reconciling
from anzheng.flows import anchor as anchoring
from anzheng.flows import fill as filling
from anzheng.flows import publish as publishing
from anzheng.flows import release as releasing
from anzheng.flows import sign as signing
from anzheng.flows import status as deciding
from anzheng.flows import status_chain
from anzheng.flows.anchor import BatchRule
from anzheng.flows.anchor_watch import watched
from anzheng.flows.offices import Office
from anzheng.queue.embedded import OutboxQueue
from anzheng.queue.ports import Handler
from anzheng.roles import Role
from anzheng.store.database import Store
from anzheng.wiring import Installation
from anzheng.worker import Worker
from licence.errors import AnzhengError, Code
from licence.ids import AuthorityId
from licence.ports import Clock

log = structlog.get_logger()

BEATS_IN_LEASE = 3
"""A lease survives two beats that fail."""

QUIET_SECONDS = 5
"""A job that is due later does not keep a command waiting."""

LISTS_LOOK_SECONDS = 30
"""Pause before it is looked again whether a list is due or says something else: what nobody here
decided, such as a day that has come or a word on the chain, is in the lists within a minute."""

LISTS_PAUSE_SECONDS = 16
"""Longest pause after lists could not be published."""

CERTIFICATES_TOPIC = "certificates"
"""Outbox topic of the signer's process: what certificates point to. One key, for all CAs."""

CERTIFICATES_KEY = "all"

LANES: Final = (frozenset({publishing.TOPIC}), None)
"""Topics that get a worker of their own, and one for all: signing for an hour holds up no list."""

ROLE_LANES: Final[Mapping[Role, tuple[frozenset[str], ...]]] = {
    Role.SIGNER: (frozenset({CERTIFICATES_TOPIC}), frozenset({releasing.TOPIC})),
    Role.ANCHOR: (
        frozenset({publishing.TOPIC}),
        frozenset({signing.ANCHOR_TOPIC, anchoring.FILL_TOPIC, deciding.TOPIC}),
    ),
}
"""The same where processes have keys of their own; the confirmer may not write into the queue."""

TRIES = 3
"""So often a pass over an authority's batches is tried before the job is given back."""

CHAIN_PAUSE_SECONDS = 30
"""Longest pause of a job that the chain kept from its work."""

TAKEN_SECONDS = 5
"""Pause before it is looked again whether an account is free that another process writes for."""

AGAIN_SECONDS = 1
"""Shortest pause before a batch that waits for blocks is looked at again …"""

AGAIN_PART = 60
"""… else such a part of the time that it has waited …"""

LONGEST_PAUSE = timedelta(seconds=15)
"""… up to this."""


def handlers(installation: Installation, rule: BatchRule | None = None) -> Mapping[str, Handler]:
    """Return the handler of each topic.

    Args:
        installation: What they work on.
        rule: When a batch is frozen; that of the settings unless given.
    """
    base, settings = installation.base, installation.base.settings
    when = rule or BatchRule(settings.anchor_batch_licences, settings.anchor_batch_seconds)

    def soon() -> datetime:
        now = base.clock.now()
        with base.store.read() as unit:
            since = unit.anchors.waiting_since()
        # Who has waited for long is not helped by being asked about every second.
        pause = (now - since) / AGAIN_PART if since is not None else timedelta()
        return now + max(timedelta(seconds=AGAIN_SECONDS), min(pause, LONGEST_PAUSE))

    # Status decisions are not held up: they bear the officers' times, not ours.
    def sign(release: str) -> None:
        installation.guard.demand()
        signing.sign_release(
            base.store,
            base.files,
            base.clock,
            installation.offices,
            release,
            chunk=settings.sign_chunk,
        )

    def anchor(key: str) -> datetime | None:
        authority, late = AuthorityId(key), settings.anchor_alarm_seconds
        with watched(base.store, base.clock, authority, late):
            installation.guard.demand()
            office = installation.offices.open(authority)
            with _releasing(office.anchorer):
                return _insisting(lambda: one_pass(authority, office))

    def one_pass(authority: AuthorityId, office: Office) -> datetime | None:
        reconciling.demand(installation, authority)
        anchoring.catch_up(base.store, base.clock, office)
        waits_until = anchoring.freeze_due(base.store, base.clock, office, when)
        closed = anchoring.advance(base.store, base.clock, office)
        return waits_until if closed else soon()

    def fill(batch: str) -> None:
        filling.fill_batch(base.store, base.files, base.clock, batch)

    def status(authority: str) -> datetime | None:
        office = installation.offices.open(AuthorityId(authority))
        with _releasing(office.status_writer, office.confirmer):
            return status_chain.work(
                base.store, base.clock, installation.offices, AuthorityId(authority)
            )

    def publish(_key: str) -> datetime:
        due = installation.publish_lists(every=False)
        # Nothing else is done so regularly.
        with base.store.write() as unit:
            unit.idempotency.expire(base.clock.now() - timedelta(hours=settings.idempotency_hours))
        return min(due, base.clock.now() + timedelta(seconds=LISTS_LOOK_SECONDS))

    return {
        CERTIFICATES_TOPIC: partial(_publish_certificates, installation),
        publishing.TOPIC: publish,
        releasing.TOPIC: sign,
        signing.ANCHOR_TOPIC: _patient(anchor, base.clock),
        anchoring.FILL_TOPIC: fill,
        deciding.TOPIC: _patient(status, base.clock),
    }


def _publish_certificates(installation: Installation, _key: str) -> datetime:
    installation.publish_certificates()
    return installation.base.clock.now() + timedelta(seconds=LISTS_LOOK_SECONDS)


class _Writer(Protocol):
    """Who holds a lease on an account of the chain."""

    def release(self) -> None:
        """Give it back."""
        ...


@contextmanager
def _releasing(*writers: _Writer) -> Iterator[None]:
    """Give accounts back at the end, so that the next worker need not wait until it times out."""
    try:
        yield
    finally:
        for writer in writers:
            with suppress(AnzhengError):
                writer.release()


def _insisting(work: Callable[[], datetime | None]) -> datetime | None:
    """Try again at once when the chain's nodes failed: they may drop one request in ten.

    What a pass achieved is stored, so that each one comes further.
    """
    for _ in range(TRIES - 1):
        try:
            return work()
        except AnzhengError as error:
            if error.code is not Code.CHAIN_UNAVAILABLE:
                raise
    return work()


def _patient(handler: Handler, clock: Clock) -> Handler:
    """Come again when another process writes for the account now: nothing is wrong."""

    def patient(key: str) -> datetime | None:
        try:
            return handler(key)
        except AnzhengError as error:
            if error.code is not Code.LEASE_LOST:
                raise
            log.info("another_process_writes", key=key, message=str(error))
            return clock.now() + timedelta(seconds=TAKEN_SECONDS)

    return patient


def ask_for_lists(store: Store, clock: Clock, role: Role | None = None) -> None:
    """Ask for what then comes again by itself, whatever asked before: lists, or certificates."""
    topic, key = (publishing.TOPIC, publishing.KEY)
    if role is Role.SIGNER:
        topic, key = (CERTIFICATES_TOPIC, CERTIFICATES_KEY)
    with store.write() as unit:
        unit.outbox.add(topic, key, clock.now())


def make_worker(
    installation: Installation,
    owner: str,
    rule: BatchRule | None = None,
    topics: Collection[str] | None = None,
) -> Worker:
    """Return a worker of this installation, for all topics unless some are given (`LANES`)."""
    base = installation.base
    queue = OutboxQueue(
        base.store,
        base.clock,
        owner=owner,
        lease_seconds=base.settings.lease_seconds,
        topics=topics,
        most_pause={
            publishing.TOPIC: LISTS_PAUSE_SECONDS,
            signing.ANCHOR_TOPIC: CHAIN_PAUSE_SECONDS,
            deciding.TOPIC: CHAIN_PAUSE_SECONDS,
        },
    )
    beat = base.settings.lease_seconds / BEATS_IN_LEASE
    return Worker(queue, handlers(installation, rule), beat_seconds=beat)


def run_until_quiet(installation: Installation, rule: BatchRule) -> None:
    """Work the queue until nothing is due within a few seconds.

    Raises:
        AnzhengError: The last error of a job that keeps failing; the job stays in the queue.
    """
    base = installation.base
    worker = make_worker(installation, "command", rule)
    while True:
        worker.drain()
        with base.store.read() as unit:
            due = unit.outbox.next_due()
        if due is None:
            return
        pause = (due.at - base.clock.now()).total_seconds()
        if pause > QUIET_SECONDS:
            break
        time.sleep(max(0.0, pause) + 0.01)
    if due.error is not None:
        raise AnzhengError(Code(due.error), f"{due.topic}/{due.key} failed and waits; run it again")
