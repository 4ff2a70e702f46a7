"""Words of which only the chain knows, over several contracts of one registry."""

from datetime import UTC, datetime, timedelta

import pytest

from anzheng.flows.reconcile_read import StatusWrite
from anzheng.flows.reconcile_report import Counts
from anzheng.flows.reconcile_status import adopt_decisions
from anzheng.store.database import Store
from licence.domain.status import StatusWord
from licence.ids import Address, Digest, StatusIndex
from tests.unit.anzheng.test_store import AUTHORITY, REGISTRY

OLD, NEW = Address(b"o" * 20), Address(b"n" * 20)
SUSPENDING, ENDING = Digest(b"s" * 32), Digest(b"e" * 32)
BEGIN = datetime(2026, 11, 20, tzinfo=UTC)
INDEX = StatusIndex(3)
S, R, N = StatusWord.SUSPENDED, StatusWord.REVOKED, StatusWord.NONE

Step = tuple[Address, StatusWord, Digest]
CARRIED: tuple[Step, ...] = ((OLD, S, SUSPENDING), (NEW, S, SUSPENDING), (OLD, N, SUSPENDING))


@pytest.mark.parametrize(
    ("steps", "word"),
    [
        (CARRIED[:1], S),
        (CARRIED[:2], S),
        (CARRIED, S),
        ((*CARRIED, (NEW, N, ENDING)), N),
        ((*CARRIED, (NEW, R, ENDING)), R),
        (((OLD, R, ENDING), (NEW, N, SUSPENDING)), R),
        ((CARRIED[0], (OLD, N, ENDING)), N),
    ],
)
def test_a_lost_suspension_that_went_to_another_contract_counts(
    store: Store, steps: tuple[Step, ...], word: StatusWord
) -> None:
    writes = [
        StatusWrite(contract, place + 1, BEGIN + timedelta(hours=place), said, (INDEX,), decision)
        for place, (contract, said, decision) in enumerate(steps)
    ]
    for _ in range(2):
        with store.write() as unit:
            adopt_decisions(unit, (REGISTRY, AUTHORITY), writes, (), (), Counts())
    with store.read() as unit:
        (kept,) = unit.recovery.words(REGISTRY, AUTHORITY)
    assert kept.word is word
