"""Which flow works which topic of the outbox."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from anzheng.flows import anchor as anchoring
from anzheng.flows import fill as filling
from anzheng.flows import release as releasing
from anzheng.flows import sign as signing
from anzheng.flows import status as deciding
from anzheng.flows.anchor import BatchRule
from anzheng.queue.embedded import OutboxQueue
from anzheng.queue.ports import Handler
from anzheng.wiring import Installation
from anzheng.worker import Worker
from licence.ids import AuthorityId

AGAIN_SECONDS = 2
"""Pause before a batch or decision that waits for blocks is looked at again."""


def handlers(installation: Installation, rule: BatchRule | None = None) -> Mapping[str, Handler]:
    """Return the handler of each topic.

    Args:
        installation: What they work on.
        rule: When a batch is frozen; that of the settings unless given.
    """
    base, settings = installation.base, installation.base.settings
    when = rule or BatchRule(settings.anchor_batch_licences, settings.anchor_batch_seconds)

    def soon() -> datetime:
        return base.clock.now() + timedelta(seconds=AGAIN_SECONDS)

    def sign(release: str) -> None:
        signing.sign_release(
            base.store,
            base.files,
            base.clock,
            installation.offices,
            release,
            chunk=settings.sign_chunk,
        )

    def anchor(authority: str) -> datetime | None:
        office = installation.offices.open(AuthorityId(authority))
        anchoring.catch_up(base.store, base.clock, office)
        waits_until = anchoring.freeze_due(base.store, base.clock, office, when)
        closed = anchoring.advance(base.store, base.clock, office)
        return waits_until if closed else soon()

    def fill(batch: str) -> None:
        filling.fill_batch(base.store, base.files, base.clock, batch)

    def status(authority: str) -> datetime | None:
        done = deciding.work(base.store, base.clock, installation.offices, AuthorityId(authority))
        return None if done else soon()

    return {
        releasing.TOPIC: sign,
        signing.ANCHOR_TOPIC: anchor,
        anchoring.FILL_TOPIC: fill,
        deciding.TOPIC: status,
    }


def make_worker(installation: Installation, owner: str, rule: BatchRule | None = None) -> Worker:
    """Return a worker of this installation."""
    base = installation.base
    queue = OutboxQueue(
        base.store, base.clock, owner=owner, lease_seconds=base.settings.lease_seconds
    )
    return Worker(queue, handlers(installation, rule))
