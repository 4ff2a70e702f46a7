"""What a regular job does beside its own work."""

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import cast

from anzheng.flows import publish as publishing
from anzheng.flows.anchor import BatchRule
from anzheng.jobs import LISTS_LOOK_SECONDS, handlers
from anzheng.settings import load
from anzheng.store.database import Store
from anzheng.wiring import Installation
from licence.ids import Digest
from tests.fakes.clock import FakeClock


def test_publishing_lists_forgets_old_idempotency_keys(store: Store, clock: FakeClock) -> None:
    settings = load(idempotency_hours=24)
    base = SimpleNamespace(store=store, clock=clock, settings=settings)
    published: list[bool] = []

    def publish_lists(*, every: bool) -> datetime:
        published.append(every)
        return clock.now() + timedelta(minutes=50)

    installation = SimpleNamespace(base=base, publish_lists=publish_lists)
    publish = handlers(cast("Installation", installation), BatchRule(1, 0))[publishing.TOPIC]
    with store.write() as unit:
        unit.idempotency.begin("s", "old", Digest(bytes(32)), clock.now())
    clock.advance(timedelta(hours=24, seconds=1))
    with store.write() as unit:
        unit.idempotency.begin("s", "young", Digest(bytes(32)), clock.now())

    assert publish("") == clock.now() + timedelta(seconds=LISTS_LOOK_SECONDS)
    assert published == [False]
    with store.write() as unit:
        assert unit.idempotency.expire(clock.now() + timedelta(seconds=1)) == 1, "the young one"
