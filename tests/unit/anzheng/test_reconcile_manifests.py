"""Reconciling an authority with millions of rows: every manifest is opened a few times at most."""

from types import SimpleNamespace
from typing import cast

import pytest

from anchor.batch import AnchorItem, FrozenBatch, freeze
from anzheng.flows.reconcile import AT_ONCE, _Pass
from anzheng.flows.reconcile_case import Case
from anzheng.flows.reconcile_manifests import Manifests
from anzheng.store.database import Store, Unit
from anzheng.store.recovery import ReservedIndex
from licence.errors import Code
from licence.formats import manifest as manifests
from licence.formats.evidence import BatchRecord
from licence.formats.leaf import LeafKind
from licence.formats.manifest import Manifest
from licence.ids import BatchId, Digest, Leaf, LicenceNo, StatusIndex
from signer.ledger import Entry, Intent
from tests.fakes.clock import FakeClock
from tests.fakes.refusal import refuses
from tests.unit.anzheng.test_store import AUTHORITY, REGISTRY

ROWS = 40
KEY = bytes(32)


def leaf_of(index: int) -> Leaf:
    return Leaf(index.to_bytes(32, "big"))


def batch_of(name: str, first: int) -> FrozenBatch:
    """Return a batch of every second index from this one on."""
    items = [
        AnchorItem(
            kind=LeafKind.LICENCE,
            leaf=leaf_of(index),
            index=StatusIndex(index),
            licence_no=LicenceNo(f"n{index}"),
            version=1,
            uscc="91210213MA9TXT017B",
        )
        for index in range(first, 2 * ROWS, 2)
    ]
    return freeze(BatchId(name), REGISTRY, AUTHORITY, items, hmac_key=KEY)


def record_of(frozen: FrozenBatch) -> BatchRecord:
    batch = frozen.batch
    found = SimpleNamespace(manifest=batch.manifest, root=batch.root, size=batch.size)
    return cast("BatchRecord", found)


def case_of(**more: object) -> Case:
    given = {
        "registry": REGISTRY,
        "authority": AUTHORITY,
        "ledger": SimpleNamespace(entries=lambda _authority: ()),
        "certificates": (),
        "public": SimpleNamespace(manifest=lambda *_: None),
    }
    return cast("Case", SimpleNamespace(**{**given, **more}))


def store_both(unit: Unit) -> list[FrozenBatch]:
    both = [batch_of("even", 0), batch_of("odd", 1)]
    for frozen in both:
        unit.anchors.add_batch(frozen.batch, frozen.manifest)
    return both


def test_many_files_that_turn_up_open_each_manifest_once(
    store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store.write() as unit:
        both = store_both(unit)
        kept = [
            ReservedIndex(
                REGISTRY, AUTHORITY, StatusIndex(index), leaf_of(index), Digest(b"n" * 32), 1,
                both[index % 2].batch.manifest,
            )
            for index in range(2 * ROWS)
        ]  # fmt: skip
        unit.recovery.reserve(kept, clock.now())
        case = case_of(clock=clock)
        found = Manifests(case, unit, [record_of(each) for each in both])
        opened: list[bytes] = []
        decode = manifests.decode

        def open_one(data: bytes) -> Manifest:
            opened.append(data)
            return decode(data)

        monkeypatch.setattr(manifests, "decode", open_one)
        run = _Pass(case, unit, apply=False)
        adopted: dict[Leaf, tuple[object, object]] = {}

        def adopt(leaf: Leaf, _state: object, *, batch_id: object, batch_place: object) -> None:
            adopted[leaf] = (batch_id, batch_place)

        run.__dict__["_files"] = SimpleNamespace(leaves={each.leaf for each in kept})
        monkeypatch.setattr(run, "_adopt", adopt)
        run._found_again(found)
    assert adopted == {leaf_of(i): (("even", "odd")[i % 2], i // 2) for i in range(2 * ROWS)}
    assert len(opened) == 2


def test_reservations_without_a_file_open_no_manifest(
    store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store.write() as unit:
        (even, _) = store_both(unit)
        row = ReservedIndex(
            REGISTRY, AUTHORITY, StatusIndex(0), leaf_of(0), Digest(b"n" * 32), 1,
            even.batch.manifest,
        )  # fmt: skip
        unit.recovery.reserve([row], clock.now())
        case = case_of(clock=clock)
        found = Manifests(case, unit, [record_of(even)])
        monkeypatch.setattr(manifests, "decode", None)
        run = _Pass(case, unit, apply=False)
        run.__dict__["_files"] = SimpleNamespace(leaves=frozenset())
        run._found_again(found)


def test_the_ledger_is_compared_in_parts(store: Store, clock: FakeClock) -> None:
    entries = [
        Entry(
            Intent(
                AUTHORITY, LicenceNo(f"n{i}"), 1, REGISTRY, StatusIndex(i),
                Digest(i.to_bytes(32, "big")),
            ),
            None,
            has_file=False,
        )
        for i in range(2 * AT_ONCE + 1)
    ]  # fmt: skip
    case = case_of(
        clock=clock, ledger=SimpleNamespace(entries=lambda _authority: entries), hmac_key=KEY
    )
    with store.write() as unit:
        run = _Pass(case, unit, apply=False)
        asked: list[int] = []
        by_digests = unit.licences.by_digests

        def spied(digests: list[Digest]) -> object:
            asked.append(len(digests))
            return by_digests(digests)

        unit.licences.by_digests = spied  # type: ignore[method-assign, assignment]
        run._only_in_ledger()
        reserved = unit.recovery.reserved(REGISTRY, AUTHORITY)
    assert asked == [AT_ONCE, AT_ONCE, 1]
    assert [each.status_index for each in reserved] == list(range(2 * AT_ONCE + 1))


def test_the_manifest_of_another_batch_is_refused(store: Store) -> None:
    even, odd = batch_of("even", 0), batch_of("odd", 1)
    public = SimpleNamespace(manifest=lambda *_: odd.manifest)
    with store.write() as unit, refuses(Code.MANIFEST_SYNTAX):
        Manifests(case_of(public=public), unit, [record_of(even)])
