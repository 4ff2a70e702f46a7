"""Issuing a batch: each licence exactly once, whatever happens in between."""

import sqlite3
from collections.abc import Iterable, Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from licence.domain.model import LicenceVersion
from licence.errors import AnzhengError, Code
from licence.formats import hole, licence_json
from licence.ids import Digest
from signer.issue import COMMIT_EVERY, Parked
from signer.ledger import Ledger
from signer.pades import Prepared
from signer.press import PressFailure, PressJob, PressPool
from signer.sign import SignedLicence
from tests.fakes.clock import FakeClock
from tests.fakes.refusal import refuses
from tests.fakes.signing import (
    AUTHORITY,
    OTHER_AUTHORITY,
    VERIFY_BASE,
    FakeEntropy,
    batch_signer,
    licence_data,
    number,
    pki,
    press,
    released,
)

LICENCES = [licence_data(index) for index in range(3)]


class FailingPress:
    """A press whose machine fails after some licences."""

    def __init__(self, good: int) -> None:
        self._good = good

    def press_all(self, jobs: Iterable[PressJob]) -> Iterator[Prepared | PressFailure]:
        for count, job in enumerate(jobs):
            if count == self._good:
                raise AnzhengError(Code.RENDER_FAILED, "the machine is on fire")
            yield press().try_press(job)


def test_a_batch_is_signed_in_order(tmp_path: Path) -> None:
    signed = list(batch_signer(tmp_path).sign_batch(released(LICENCES), LICENCES))
    assert len(signed) == 3
    assert len({each.leaf for each in signed}) == 3
    for each in signed:
        assert hole.contents(each.pdf, hole.find(each.pdf)) == each.cms


def test_the_same_batch_gives_the_same_files(tmp_path: Path) -> None:
    first = list(batch_signer(tmp_path).sign_batch(released(LICENCES), LICENCES))
    later = FakeClock()
    later.advance(timedelta(days=2))
    again = list(batch_signer(tmp_path, clock=later).sign_batch(released(LICENCES), LICENCES))
    assert again == first


def test_a_signer_that_was_killed_goes_on_where_it_stopped(tmp_path: Path) -> None:
    many = [licence_data(index) for index in range(COMMIT_EVERY + 3)]
    statement = released(many)
    broken = batch_signer(tmp_path, presses=FailingPress(COMMIT_EVERY + 1))
    handed_out: list[SignedLicence] = []
    with refuses(Code.RENDER_FAILED):
        handed_out.extend(broken.sign_batch(statement, many))
    stored = Ledger(tmp_path / "ledger.db")
    count = stored.signed_count(AUTHORITY)
    stored.close()
    assert count == COMMIT_EVERY
    signed = list(batch_signer(tmp_path).sign_batch(statement, many))
    assert signed[:COMMIT_EVERY] == handed_out
    assert len({each.licence_digest for each in signed}) == len(many)
    assert len(signed) == len(many)


def test_the_intent_is_stored_before_the_first_signature(tmp_path: Path) -> None:
    batch_signer(tmp_path).sign_batch(released(LICENCES), LICENCES)
    rows = sqlite3.connect(tmp_path / "ledger.db").execute("SELECT leaf FROM slots").fetchall()
    assert rows == [(None,)] * 3


def test_one_bad_licence_is_parked_and_the_rest_go_on(tmp_path: Path) -> None:
    bad = licence_data(8, principal="\U0002b4b6")
    batch = [LICENCES[0], bad, LICENCES[1]]
    parked: list[Parked] = []
    signed = list(
        batch_signer(tmp_path).sign_batch(released(batch), batch, on_parked=parked.append)
    )
    assert len(signed) == 2
    assert [each.error.code for each in parked] == [Code.GLYPH_MISSING]
    assert parked[0].error.facts["code_points"] == "U+2B4B6"


def test_one_bad_licence_stops_the_batch_when_nobody_listens(tmp_path: Path) -> None:
    batch = [LICENCES[0], licence_data(8, principal="\U0002b4b6")]
    with refuses(Code.GLYPH_MISSING):
        list(batch_signer(tmp_path).sign_batch(released(batch), batch))
    ledger = Ledger(tmp_path / "ledger.db")
    assert ledger.signed_count(AUTHORITY) == 1


class LimitedTsa:
    """A timestamp authority that stops answering after some tokens."""

    test_only = True

    def __init__(self, good: int) -> None:
        self._tsa = pki().tsa(clock=FakeClock(), entropy=FakeEntropy())
        self._left = good
        self.certificates = self._tsa.certificates

    def crls(self) -> tuple[bytes, ...]:
        return ()

    def crls_of(self, token: bytes) -> tuple[bytes, ...]:
        assert token
        return ()

    def timestamp(self, imprint: Digest) -> bytes:
        self._left -= 1
        if self._left < 0:
            raise AnzhengError(Code.TSA_UNAVAILABLE, "out of ink")
        return self._tsa.timestamp(imprint)

    def timestamp_many(self, imprints: Iterable[Digest]) -> Iterator[bytes]:
        return map(self.timestamp, imprints)


def test_what_has_its_timestamp_is_kept_when_the_authority_stops(tmp_path: Path) -> None:
    statement, tsa = released(LICENCES), LimitedTsa(2)
    with refuses(Code.TSA_UNAVAILABLE):
        list(batch_signer(tmp_path, timestamper=tsa).sign_batch(statement, LICENCES))
    ledger = Ledger(tmp_path / "ledger.db")
    kept = [ledger.slot(Digest(sha256(data).digest())) for data in LICENCES]
    assert [slot is not None and slot.signed is not None for slot in kept] == [True, True, False]
    again = list(batch_signer(tmp_path).sign_batch(statement, LICENCES))
    assert [slot.signed for slot in kept if slot and slot.signed] == again[:2]


def test_a_number_and_version_is_signed_with_one_content_only(tmp_path: Path) -> None:
    list(batch_signer(tmp_path).sign_batch(released(LICENCES), LICENCES))
    other = [licence_data(50, licence_no=number(1), principal="李镕")]
    with refuses(Code.RELEASE_VERSION_TAKEN):
        batch_signer(tmp_path).sign_batch(released(other, batch="batch-2"), other)


def test_a_status_index_is_used_once(tmp_path: Path) -> None:
    list(batch_signer(tmp_path).sign_batch(released(LICENCES), LICENCES))
    other = [licence_data(0, licence_no=number(77))]
    with refuses(Code.RELEASE_INDEX_TAKEN):
        batch_signer(tmp_path).sign_batch(released(other, batch="batch-2"), other)


def test_the_same_licence_in_another_release_keeps_its_slot(tmp_path: Path) -> None:
    first = list(batch_signer(tmp_path).sign_batch(released(LICENCES), LICENCES))
    again = released(LICENCES[:1], batch="batch-2")
    assert list(batch_signer(tmp_path).sign_batch(again, LICENCES[:1])) == first[:1]


def test_the_daily_cap_holds_for_a_day(tmp_path: Path) -> None:
    clock = FakeClock()
    worker = batch_signer(tmp_path, clock=clock, daily_cap=2)
    with refuses(Code.RELEASE_DAILY_CAP):
        worker.sign_batch(released(LICENCES), LICENCES)
    list(worker.sign_batch(released(LICENCES[:2]), LICENCES[:2]))
    third = released(LICENCES[2:], batch="batch-2")
    with refuses(Code.RELEASE_DAILY_CAP):
        worker.sign_batch(third, LICENCES[2:])
    clock.advance(timedelta(days=1))
    assert len(list(worker.sign_batch(third, LICENCES[2:]))) == 1


def test_a_refused_batch_leaves_nothing_behind(tmp_path: Path) -> None:
    worker = batch_signer(tmp_path, daily_cap=2)
    with refuses(Code.RELEASE_DAILY_CAP):
        worker.sign_batch(released(LICENCES), LICENCES)
    rows = sqlite3.connect(tmp_path / "ledger.db").execute("SELECT count(*) FROM slots").fetchall()
    assert rows == [(0,)]


def test_the_release_of_another_authority_is_refused(tmp_path: Path) -> None:
    with refuses(Code.RELEASE_OFFICER_UNKNOWN, Code.RELEASE_AUTHORITY):
        batch_signer(tmp_path).sign_batch(released(LICENCES, authority=OTHER_AUTHORITY), LICENCES)


def test_files_that_were_handed_over_may_be_forgotten(tmp_path: Path) -> None:
    signed = list(batch_signer(tmp_path).sign_batch(released(LICENCES), LICENCES))
    ledger = Ledger(tmp_path / "ledger.db")
    ledger.forget_files([signed[0].licence_digest])
    slot = ledger.slot(signed[0].licence_digest)
    assert slot is not None
    assert slot.forgotten
    assert ledger.signed_count(AUTHORITY) == 3
    with refuses(Code.NOT_FOUND):
        list(batch_signer(tmp_path).sign_batch(released(LICENCES), LICENCES))


def test_a_slot_takes_one_signature(tmp_path: Path) -> None:
    signed = list(batch_signer(tmp_path).sign_batch(released(LICENCES), LICENCES))
    ledger = Ledger(tmp_path / "ledger.db")
    with refuses(Code.CONFLICT):
        ledger.record(signed[:1])
    assert ledger.slot(Digest(bytes(32))) is None


def test_a_ledger_that_cannot_be_opened_says_so(tmp_path: Path) -> None:
    with refuses(Code.STORE_FAILED):
        Ledger(tmp_path / "missing" / "ledger.db")
    (tmp_path / "ledger.db").write_bytes(b"this is no database, however long it is" * 100)
    with refuses(Code.STORE_FAILED):
        Ledger(tmp_path / "ledger.db")


@pytest.mark.slow
def test_presses_in_other_processes_make_the_same_files(tmp_path: Path) -> None:
    jobs_done = list(batch_signer(tmp_path).sign_batch(released(LICENCES), LICENCES))
    other = tmp_path / "pool"
    other.mkdir()
    bad = licence_data(8, principal="\U0002b4b6")
    batch = [*LICENCES, bad]
    parked: list[Parked] = []
    with PressPool(verify_base=VERIFY_BASE, workers=2) as pool:
        signed = list(
            batch_signer(other, presses=pool).sign_batch(
                released(batch), batch, on_parked=parked.append
            )
        )
    assert [each.licence_digest for each in signed] == [each.licence_digest for each in jobs_done]
    assert [each.error.code for each in parked] == [Code.GLYPH_MISSING]


def test_a_signed_file_that_a_second_reader_reads_otherwise_is_not_handed_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    licences = [licence_data(index) for index in range(3)]
    wrong = licence_json.digest(licences[1])
    parked: list[Parked] = []

    def read_otherwise(pdf: bytes, version: LicenceVersion, data: bytes) -> None:
        del pdf, version
        if licence_json.digest(data) == wrong:
            raise AnzhengError(Code.PAGE_TEXT_MISMATCH, "another reader")

    monkeypatch.setattr("signer.issue.check_signed", read_otherwise)
    signer = batch_signer(tmp_path, second_reader_every=1)
    signed = list(signer.sign_batch(released(licences), licences, on_parked=parked.append))
    assert wrong not in {each.licence_digest for each in signed}
    assert [(each.licence_digest, each.error.code) for each in parked] == [
        (wrong, Code.PAGE_TEXT_MISMATCH)
    ]
    lax = batch_signer(tmp_path, second_reader_every=2**32)
    assert len(list(lax.sign_batch(released(licences), licences))) == 3


def test_every_file_is_read_by_the_second_reader_when_asked_for(tmp_path: Path) -> None:
    licences = [licence_data(0)]
    signer = batch_signer(tmp_path, second_reader_every=1)
    assert len(list(signer.sign_batch(released(licences), licences))) == 1
