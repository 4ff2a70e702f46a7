"""A batch that must not be sent: what is in it waits for another one."""

from types import SimpleNamespace
from typing import Any, cast

from anchor.batch import AnchorItem, freeze
from anchor.ports import BatchState
from anzheng.flows.reconcile import _Pass
from anzheng.store.claims import HolderCertificate
from anzheng.store.database import Store
from licence.errors import Code
from licence.formats.leaf import LeafKind
from licence.ids import BatchId, Leaf, StatusIndex
from tests.fakes.clock import FakeClock
from tests.unit.anzheng.test_store import AUTHORITY, REGISTRY

BATCH = BatchId("b-00000001")


def test_certificates_of_a_batch_that_is_given_up_wait_for_another(
    store: Store, clock: FakeClock
) -> None:
    held = HolderCertificate(
        Leaf(b"h" * 32), Leaf(b"l" * 32), REGISTRY, AUTHORITY, StatusIndex(5), b"der", BATCH, 0,
        clock.now(),
    )  # fmt: skip
    items = [
        AnchorItem(kind=LeafKind.HOLDER_CERTIFICATE, leaf=held.leaf, index=held.status_index),
        AnchorItem(kind=LeafKind.HOLDER_CERTIFICATE, leaf=Leaf(b"x" * 32), index=StatusIndex(6)),
    ]
    frozen = freeze(BATCH, REGISTRY, AUTHORITY, items, hmac_key=bytes(32))
    ledger = SimpleNamespace(entries=lambda _authority: ())
    case = SimpleNamespace(clock=clock, registry=REGISTRY, authority=AUTHORITY, ledger=ledger)
    with store.write() as unit:
        unit.anchors.add_batch(frozen.batch, frozen.manifest)
        unit.claims.add_certificate(held)
        _Pass(cast("Any", case), unit, apply=True)._dissolve()
        batch = unit.anchors.batch(BATCH)
        (waiting,) = unit.claims.unanchored(AUTHORITY)
    assert batch is not None
    assert (batch.state, batch.reason) == (BatchState.PARKED, Code.LICENCE_RESERVED)
    assert waiting.leaf == held.leaf
