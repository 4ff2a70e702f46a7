"""The repositories: what must never happen twice, and what a transaction takes back."""

import hashlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from anzheng.store.claims import HolderCertificate
from anzheng.store.database import Store
from anzheng.store.idempotency import RESERVED_SECONDS, Answer
from anzheng.store.licences import FlowState, NewLicence
from anzheng.store.migrate import migrate
from licence.errors import AnzhengError, Code
from licence.ids import AuthorityId, Digest, Leaf, LicenceNo, RegistryId, StatusIndex
from tests.fakes.clock import FakeClock

REGISTRY, AUTHORITY = RegistryId("r-test"), AuthorityId("1121000000TXT10121")
REQUEST = Digest(hashlib.sha256(b"request").digest())


def new(number: int = 1, index: int = 0) -> NewLicence:
    data = f"licence {number}".encode()
    return NewLicence(
        registry=REGISTRY,
        authority=AUTHORITY,
        licence_no=LicenceNo(f"（辽）WH安许证字〔2024〕{number:04d}"),
        folded_no=f"辽WH2024{number:04d}",
        version=1,
        elicence_id=f"id {number}",
        uscc="91210213MA9TXT017B",
        valid_to="2027-03-17",
        status_index=StatusIndex(index),
        short_code=f"{number:020x}",
        licence_json=data,
        licence_digest=Digest(hashlib.sha256(data).digest()),
    )


def test_indexes_are_never_given_twice(store: Store) -> None:
    taken = []
    for _ in range(3):
        with store.write() as unit:
            taken.append(unit.licences.allocate_index(REGISTRY, AUTHORITY))
    with store.write() as unit:
        other = unit.licences.allocate_index(REGISTRY, AuthorityId("1121020000TXT10206"))
        assert unit.licences.index_count(REGISTRY, AUTHORITY) == 3
    assert (taken, other) == ([0, 1, 2], 0)


def test_an_error_takes_everything_back(store: Store, clock: FakeClock) -> None:
    def fail() -> None:
        with store.write() as unit:
            unit.licences.add(new(), clock.now())
            raise AnzhengError(Code.INTERNAL, "stop")

    with pytest.raises(AnzhengError):
        fail()
    with store.read() as unit:
        assert unit.licences.counts() == {}


@pytest.mark.parametrize(
    "clash",
    [
        new(1, 1),
        replace(new(2, 0), version=1),
        replace(new(2, 1), licence_digest=new().licence_digest),
    ],
    ids=["number and version", "status index", "data"],
)
def test_doubles_are_refused_by_the_database(
    store: Store, clock: FakeClock, clash: NewLicence
) -> None:
    with store.write() as unit:
        unit.licences.add(new(), clock.now())
    with pytest.raises(AnzhengError) as caught, store.write() as unit:
        unit.licences.add(clash, clock.now())
    assert caught.value.code is Code.STORE_FAILED


def test_moving_from_another_state_is_a_conflict(store: Store, clock: FakeClock) -> None:
    with store.write() as unit:
        row = unit.licences.add(new(), clock.now())
    with pytest.raises(AnzhengError) as caught, store.write() as unit:
        unit.licences.move([row], FlowState.RELEASED, FlowState.SIGNED, clock.now())
    assert caught.value.code is Code.CONFLICT


def test_parked_says_why_and_comes_back_where_it_was(store: Store, clock: FakeClock) -> None:
    with store.write() as unit:
        row = unit.licences.add(new(), clock.now())
        unit.licences.park(row, Code.RENDER_FAILED, "no page", clock.now())
    with store.read() as unit:
        (parked,) = unit.licences.in_state(FlowState.PARKED)
    assert (parked.parked_code, parked.parked_message) == ("RENDER_FAILED", "no page")
    with store.write() as unit:
        unit.licences.unpark(row, clock.now())
        assert unit.licences.counts() == {FlowState.PREPARED: 1}


def test_a_reservation_whose_process_died_is_free_after_a_while(
    store: Store, clock: FakeClock
) -> None:
    with store.write() as unit:
        assert unit.idempotency.begin("s", "k", REQUEST, clock.now()) is None
    with pytest.raises(AnzhengError) as caught, store.write() as unit:
        unit.idempotency.begin("s", "k", REQUEST, clock.now())
    assert caught.value.code is Code.CONFLICT
    clock.advance(timedelta(seconds=RESERVED_SECONDS + 1))
    with store.write() as unit:
        assert unit.idempotency.begin("s", "k", REQUEST, clock.now()) is None
        unit.idempotency.finish("s", "k", Answer(200, b"body"))
        assert unit.idempotency.begin("s", "k", REQUEST, clock.now()) == Answer(200, b"body")


def test_what_no_text_can_hold_is_not_found(store: Store) -> None:
    with store.read() as unit:
        assert unit.public.by_elicence_id("1.2.156\0", most=1) == ()


def test_old_keys_are_forgotten(store: Store, clock: FakeClock) -> None:
    with store.write() as unit:
        unit.idempotency.begin("s", "k", REQUEST, clock.now())
        assert unit.idempotency.expire(clock.now()) == 0
        assert unit.idempotency.expire(clock.now() + timedelta(seconds=1)) == 1


def test_a_claim_code_is_used_once(store: Store, clock: FakeClock) -> None:
    code, leaf = Digest(bytes(32)), Leaf(bytes(range(32)))
    with store.write() as unit:
        unit.claims.add(code, leaf, clock.now(), clock.now() + timedelta(hours=1))
        unit.claims.use(code, REQUEST, b"first", clock.now())
        unit.claims.use(code, Digest(bytes(32)), b"second", clock.now())
        found = unit.claims.get(code)
    assert found is not None
    assert (found.certificate, found.request_sha256) == (b"first", REQUEST)


def test_a_holder_certificate_waits_for_its_batch(store: Store, clock: FakeClock) -> None:
    certificate = HolderCertificate(
        leaf=Leaf(bytes(32)),
        licence_leaf=Leaf(bytes(range(32))),
        registry=REGISTRY,
        authority=AUTHORITY,
        status_index=StatusIndex(5),
        certificate=b"der",
        batch_id=None,
        batch_place=None,
        updated_at=clock.now(),
    )
    with store.write() as unit:
        unit.claims.add_certificate(certificate)
        assert unit.claims.unanchored(AUTHORITY) == (certificate,)
        unit.claims.set_batch(certificate.leaf, "b1", 3)
        assert unit.claims.unanchored(AUTHORITY) == ()
        (placed,) = unit.claims.in_batch("b1")
    assert placed.batch_place == 3


def test_a_writer_that_waits_for_too_long_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("anzheng.store.database.BUSY_TIMEOUT_SECONDS", 0)
    url = f"sqlite:///{tmp_path}/anzheng.sqlite3"
    migrate(url)
    one, other = Store(url), Store(url)
    with one.write(), pytest.raises(AnzhengError) as caught, other.write():
        pass
    assert caught.value.code is Code.STORE_FAILED
    one.close()
    other.close()
