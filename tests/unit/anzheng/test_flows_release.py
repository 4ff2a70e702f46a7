"""Step 2: a new version waits as long as an earlier one is suspended."""

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta
from typing import cast

import pytest

from anzheng.flows import release as releasing
from anzheng.flows.offices import Office
from anzheng.flows.prepare import Preparer
from anzheng.store.database import Store
from anzheng.store.licences import FlowState
from licence.domain.elicence_id import make_elicence_id
from licence.domain.model import Environment, StatusRef
from licence.domain.status import StatusEvent, StatusWord
from licence.errors import AnzhengError, Code
from licence.formats import release as formats
from licence.ids import AuthorityId, Digest, Leaf, RegistryId, StatusIndex
from tests.fakes.clock import FakeClock
from tests.fakes.drafts import ISSUER, TYPE_CODE, elicence_id, good_row
from tests.fakes.entropy import SeededEntropy

AUTHORITY = AuthorityId(ISSUER)
REGISTRY = RegistryId("r-test")
LEAF = Leaf(hashlib.sha256(b"leaf").digest())
TODAY = date(2026, 11, 21)
OTHER_NUMBER = "（辽）WH安许证字〔2024〕0128"
OTHER_ID = make_elicence_id(TYPE_CODE, ISSUER, "20240128", 1).text


class AnySigner:
    """Signs whatever it is given, and counts."""

    def __init__(self) -> None:
        self.signed = 0

    def sign_batch(self, statement: bytes, data: list[bytes]) -> None:
        del statement
        self.signed += len(data)


@dataclass
class SignerOnly:
    """An office of which only the signer is asked."""

    signer: AnySigner
    hmac_key: bytes = bytes(32)

    def demand(self) -> None:
        """Find nothing to reconcile."""


@pytest.fixture(autouse=True)
def versions(store: Store, clock: FakeClock) -> None:
    """A signed licence and its prepared second version."""
    preparer = Preparer(store, clock, REGISTRY, Environment.TEST, lambda _text: ())
    assert preparer.import_roster([good_row()]).problems == ()
    with store.write() as unit:
        (row,) = unit.licences.in_state(FlowState.PREPARED)
        unit.licences.move(
            [row.id], FlowState.PREPARED, FlowState.SIGNED, clock.now(), leaf=bytes(LEAF)
        )
    second = good_row(
        version=2, elicence_id=elicence_id(2), supersedes=1, reissue_no=1, issued_on="2026-11-21"
    )
    assert preparer.import_roster([second]).problems == ()


def happens(
    store: Store, clock: FakeClock, word: StatusWord, effective: date = TODAY, name: str = "1"
) -> None:
    """Put an event about the first version into the registry's log."""
    event = StatusEvent(
        leaf=LEAF,
        ref=StatusRef(REGISTRY, StatusIndex(0)),
        authority=AUTHORITY,
        old=StatusWord.NONE,
        new=word,
        decided_at=clock.now(),
        effective_from=effective,
        until=None,
        document_no=name,
        ground="示例",
        successor=None,
    )
    with store.write() as unit:
        unit.status.add(Digest(hashlib.sha256(name.encode()).digest()), b"", (event,), clock.now())


def drafted(store: Store, clock: FakeClock) -> formats.ReleaseStatement:
    return releasing.draft(store, clock, SeededEntropy(), AUTHORITY)


@pytest.mark.parametrize("effective", [TODAY, TODAY + timedelta(days=3)])
def test_a_new_version_of_a_suspended_licence_stays_out_of_a_draft(
    store: Store, clock: FakeClock, effective: date
) -> None:
    happens(store, clock, StatusWord.SUSPENDED, effective)
    (held,) = releasing.withheld(store, clock, AUTHORITY)
    assert held.version == 2
    with pytest.raises(AnzhengError) as caught:
        drafted(store, clock)
    assert caught.value.code is Code.STATUS_SUSPENDED
    assert caught.value.facts["withheld"] == 1


def test_the_others_go_out_without_it(store: Store, clock: FakeClock) -> None:
    happens(store, clock, StatusWord.SUSPENDED)
    row = good_row(licence_no=OTHER_NUMBER, elicence_id=OTHER_ID)
    preparer = Preparer(store, clock, REGISTRY, Environment.TEST, lambda _text: ())
    assert preparer.import_roster([row]).problems == ()
    with store.read() as unit:
        (wanted,) = unit.licences.versions(AUTHORITY, OTHER_NUMBER)
    assert drafted(store, clock).digests == (wanted.licence_digest,)


def test_given_back_it_is_released(store: Store, clock: FakeClock) -> None:
    happens(store, clock, StatusWord.SUSPENDED)
    clock.advance(timedelta(minutes=1))
    happens(store, clock, StatusWord.NONE, name="2")
    assert len(drafted(store, clock).digests) == 1
    assert releasing.withheld(store, clock, AUTHORITY) == ()


def test_a_final_word_does_not_hold_its_cure_back(store: Store, clock: FakeClock) -> None:
    happens(store, clock, StatusWord.RESCINDED)
    assert len(drafted(store, clock).digests) == 1


def test_a_suspension_after_the_officers_signed_stops_the_release(
    store: Store, clock: FakeClock
) -> None:
    data = formats.encode(drafted(store, clock))
    happens(store, clock, StatusWord.SUSPENDED)
    signer = AnySigner()
    office = cast("Office", SignerOnly(signer))
    with pytest.raises(AnzhengError) as caught:
        releasing.submit(store, clock, office, data)
    assert (caught.value.code, signer.signed) == (Code.STATUS_SUSPENDED, 0)
    with store.read() as unit:
        assert unit.licences.counts()[FlowState.PREPARED] == 1
    clock.advance(timedelta(minutes=1))
    happens(store, clock, StatusWord.NONE, name="2")
    releasing.submit(store, clock, office, data)
    assert signer.signed == 1


def test_what_was_released_before_the_suspension_is_the_same_release(
    store: Store, clock: FakeClock
) -> None:
    data = formats.encode(drafted(store, clock))
    office = cast("Office", SignerOnly(AnySigner()))
    released = releasing.submit(store, clock, office, data)
    happens(store, clock, StatusWord.SUSPENDED)
    assert releasing.submit(store, clock, office, data) == released
