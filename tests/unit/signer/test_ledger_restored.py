"""A ledger that was put back learns again what it had agreed to sign."""

from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from licence.errors import Code
from licence.ids import AuthorityId, BatchId, Digest, Leaf, LicenceNo, RegistryId, StatusIndex
from signer.ledger import Intent, Ledger
from tests.fakes.refusal import refuses

AUTHORITY = AuthorityId("1121000000TXT10121")
REGISTRY = RegistryId("cn-aqsc-test")
NOW = datetime(2026, 11, 22, 7, tzinfo=UTC)


def intent(number: int, index: int | None = None, data: str = "") -> Intent:
    return Intent(
        authority=AUTHORITY,
        licence_no=LicenceNo(f"（辽）WH安许证字〔2026〕{number:04d}"),
        version=1,
        registry=REGISTRY,
        status_index=StatusIndex(number if index is None else index),
        licence_digest=Digest(sha256(f"{number}{data}".encode()).digest()),
    )


def leaf(number: int) -> Leaf:
    return Leaf(sha256(f"leaf {number}".encode()).digest())


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger.sqlite3")


def accept(ledger: Ledger, *intents: Intent, cap: int = 10) -> None:
    ledger.accept(intents, BatchId("r1"), now=NOW, today=date(2026, 11, 22), daily_cap=cap)


def test_adopted_versions_are_signed_and_their_files_elsewhere(ledger: Ledger) -> None:
    adopted = [(intent(1), leaf(1)), (intent(2), leaf(2))]
    assert ledger.adopt(adopted, BatchId("adopted"), NOW) == 2
    assert ledger.adopt(adopted, BatchId("adopted"), NOW) == 0
    slot = ledger.slot(intent(1).licence_digest)
    assert slot is not None
    assert slot.forgotten
    assert [entry.leaf for entry in ledger.entries(AUTHORITY)] == [leaf(1), leaf(2)]
    # They count for no day's cap.
    accept(ledger, *(intent(number) for number in range(3, 13)))
    ledger.close()


def test_other_data_for_an_adopted_version_is_refused(ledger: Ledger) -> None:
    ledger.adopt([(intent(1), leaf(1))], BatchId("adopted"), NOW)
    with refuses(Code.RELEASE_VERSION_TAKEN):
        accept(ledger, intent(1, data="other"))
    ledger.close()


def test_reserved_index_is_never_signed(ledger: Ledger) -> None:
    ledger.reserve(REGISTRY, AUTHORITY, [StatusIndex(5), StatusIndex(5)])
    with refuses(Code.LICENCE_RESERVED):
        accept(ledger, intent(4), intent(9, index=5))
    assert ledger.entries(AUTHORITY) == ()
    accept(ledger, intent(4))
    # What was agreed before stays agreed: the same release may come again.
    ledger.reserve(REGISTRY, AUTHORITY, [StatusIndex(4)])
    accept(ledger, intent(4))
    ledger.close()


def test_newest_is_what_was_asked_last(ledger: Ledger) -> None:
    assert ledger.newest(AUTHORITY) is None
    accept(ledger, intent(2), intent(1))
    newest = ledger.newest(AUTHORITY)
    assert newest is not None
    assert (newest.intent, newest.leaf, newest.has_file) == (intent(1), None, False)
    ledger.close()
