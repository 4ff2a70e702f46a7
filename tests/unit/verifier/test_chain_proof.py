"""Check 7 with a status proof: what it adds to the lists, and what it never can."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from anchor import chain_evidence
from anchor.chain_ports import Block, RawProof, RawSlot
from licence.domain.status import StatusWord, is_final
from licence.errors import Code
from licence.formats import block_header, chain_proof, registry_state, rlp
from licence.formats.chain_proof import ContractProof, StatusProof
from licence.formats.checks import CheckName
from licence.formats.keccak import keccak256
from licence.formats.report import Report
from licence.formats.trust_types import Contract, TrustBundle, ValidatorSet
from licence.formats.verdict import Verdict
from licence.ids import Address, BlockHash, ChainId, Digest
from tests.builders import (
    AUTHORITY,
    CHAIN,
    CONTRACT,
    REGISTRY,
    SIGNED_AT,
    FakeTrust,
    Issued,
    World,
    make_world,
    side_row,
)
from tests.fakes import qbft
from tests.fakes.clock import FakeClock
from tests.fakes.qbft import Sealing
from tests.fakes.tries import state_of
from verifier.cli import Options, run
from verifier.memory import Memory
from verifier.policy import BATCH, INSPECTOR, Policy, Referee
from verifier.verify import verify, verify_and_learn

INDEX = 3
TODAY = date(2026, 11, 21)
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
FINAL = [word for word in StatusWord if is_final(word)]
VALIDATORS = qbft.keys(4)
SET = ValidatorSet(CHAIN, 0, tuple(sorted(qbft.addresses(VALIDATORS))))
CODE = Digest(b"\x0c" * 32)
FRESH = SIGNED_AT + timedelta(minutes=8)
VALID = (Verdict.VALID, Code.OK)
OLD_CONTRACT = Contract(
    CHAIN, Address(b"\x01" * 20), CODE, from_block=1, frozen_at=900, test_chain=True
)


@cache
def issued() -> Issued:
    world = make_world()
    return world.issue(world.version(INDEX))


@pytest.fixture
def world() -> World:
    made = make_world()
    made.bundle = pinned(made.bundle)
    return made


def pinned(
    bundle: TrustBundle, *sets: ValidatorSet, more: tuple[Contract, ...] = ()
) -> TrustBundle:
    """Return a bundle with validators, the contract's code, and further contracts."""
    registry = bundle.registries[0]
    contract = replace(registry.contracts[0], code_hash=CODE)
    changed = replace(registry, contracts=(contract, *more), validators=sets or (SET,))
    return replace(bundle, registries=(changed,))


def part(
    status: int,
    *,
    time: datetime = FRESH,
    contract: Address = CONTRACT,
    sealing: Sealing | None = None,
    height: int = 1_000,
    index: int = INDEX,
) -> ContractProof:
    """Return what a contract says about the licence, in a block of that time."""
    word = index // 64
    slots: Mapping[int, int] = {
        registry_state.SEQUENCE_SLOT: 7,
        registry_state.HEAD_SLOT: 2**250,
        registry_state.status_slot(AUTHORITY, word): status << 4 * (index % 64),
    }
    state = state_of(contract, CODE, slots)
    wanted = chain_evidence.status_keys(AUTHORITY, (word,))
    raw = RawProof(
        block=Block(height, BlockHash(bytes(32)), time),
        header=qbft.plain_header(state.root, height, time),
        account=contract,
        account_nodes=state.account_nodes,
        nonce=1,
        balance=0,
        storage_hash=state.storage_root,
        code_hash=CODE,
        slots=tuple(RawSlot(key, 0, state.slot_nodes(key)) for key in wanted),
    )
    dressed = qbft.dressed(raw, sealing or Sealing(VALIDATORS))
    return chain_evidence.make_contract_proof(CHAIN, dressed)


def proof(*parts: ContractProof, index: int = INDEX) -> bytes:
    """Return a status proof about the licence's word."""
    ordered = tuple(sorted(parts, key=lambda one: (one.chain_id, one.contract)))
    return chain_proof.encode(StatusProof(REGISTRY, AUTHORITY, (index // 64,), ordered))


def says(status: int, time: datetime = FRESH) -> bytes:
    """Return a proof of this status."""
    return proof(part(status, time=time))


def ask(
    world: World,
    data: bytes | None,
    trust: FakeTrust | None = None,
    policy: Policy = BATCH,
    *,
    now: datetime | None = None,
    on: date | None = None,
    memory: Memory | None = None,
) -> Report:
    """Verify the one licence."""
    return verify(
        issued().pdf,
        trust or world.trust(),
        policy=policy,
        now=now or world.now,
        on=on,
        memory=memory,
        chain_proof=data,
    )


def said(report: Report) -> tuple[Verdict, Code]:
    return report.verdict, report.code


def notes(report: Report) -> tuple[Code, ...]:
    status = report.check(CheckName.STATUS)
    assert status is not None
    return status.notes


def without_lists(world: World, **changes: object) -> FakeTrust:
    """Return a trust folder that has no lists at all."""
    trust = replace(world.trust(), lists={})
    return replace(trust, **changes)  # type: ignore[arg-type]


# ---------------------------------------------------------------- negative is negative


@pytest.mark.parametrize("word", [word for word in StatusWord if word is not StatusWord.NONE])
def test_what_is_proved_as_negative_is_invalid(world: World, word: StatusWord) -> None:
    code = Code[f"STATUS_{word.name}"]
    for trust in (world.trust(), without_lists(world)):
        report = ask(world, says(word), trust)
        assert said(report) == (Verdict.INVALID, code)
        assert Code.STATUS_BY_CHAIN_PROOF in notes(report)
        status = report.check(CheckName.STATUS)
        assert status is not None
        assert status.fact("block_number") == 1_000
        assert status.fact("as_of") == "2026-11-21T04:08:00Z"


@pytest.mark.parametrize("word", FINAL)
def test_a_final_status_counts_however_old_the_proof_is(world: World, word: StatusWord) -> None:
    code = Code[f"STATUS_{word.name}"]
    later = world.now + timedelta(days=400)
    assert ask(world, says(word), now=later).check(CheckName.STATUS).code is code  # type: ignore[union-attr]


def test_an_old_suspension_does_not_count_against_a_fresh_list(world: World) -> None:
    long_ago = says(StatusWord.SUSPENDED, FRESH - timedelta(days=3))
    assert said(ask(world, long_ago)) == VALID
    report = ask(world, long_ago, without_lists(world))
    assert said(report) == (Verdict.UNDETERMINED, Code.STATUS_STALE)


def test_the_worse_of_list_and_proof_counts(world: World) -> None:
    world.publish({INDEX: StatusWord.SUSPENDED}, [side_row(INDEX, StatusWord.SUSPENDED, TODAY)])
    assert said(ask(world, says(StatusWord.REVOKED))) == (Verdict.INVALID, Code.STATUS_REVOKED)
    assert said(ask(world, says(StatusWord.NONE))) == (Verdict.INVALID, Code.STATUS_SUSPENDED)
    assert said(ask(world, says(StatusWord.SUSPENDED))) == (Verdict.INVALID, Code.STATUS_SUSPENDED)


def test_lists_that_know_the_event_say_from_which_day(world: World) -> None:
    world.publish({INDEX: StatusWord.REVOKED}, [side_row(INDEX, StatusWord.REVOKED, TODAY)])
    assert said(ask(world, says(StatusWord.REVOKED))) == (Verdict.INVALID, Code.STATUS_REVOKED)
    assert said(ask(world, says(StatusWord.REVOKED), on=YESTERDAY)) == VALID
    world.publish({}, [])
    unexplained = ask(world, says(StatusWord.REVOKED), on=YESTERDAY)
    assert said(unexplained) == (Verdict.INVALID, Code.STATUS_REVOKED)


def test_a_suspension_that_the_lists_know_as_given_back_is_over(world: World) -> None:
    rows = [
        side_row(INDEX, StatusWord.SUSPENDED, TODAY),
        side_row(INDEX, StatusWord.NONE, TODAY, decided_at=FRESH + timedelta(seconds=30)),
    ]
    world.publish({}, rows, issued_at=FRESH + timedelta(minutes=1))
    assert said(ask(world, says(StatusWord.SUSPENDED))) == VALID
    later = says(StatusWord.SUSPENDED, FRESH + timedelta(minutes=1))
    assert said(ask(world, later)) == (Verdict.INVALID, Code.STATUS_SUSPENDED)


@pytest.mark.parametrize("status", [7, 15])
def test_bits_of_a_later_release_leave_it_open(world: World, status: int) -> None:
    report = ask(world, says(status))
    assert said(report) == (Verdict.UNDETERMINED, Code.STATUS_UNKNOWN_VALUE)


# ---------------------------------------------------------------- none: only in place of a list


def test_without_lists_a_fresh_proof_is_enough_and_says_so(world: World) -> None:
    trust = without_lists(world)
    assert said(ask(world, None, trust)) == (Verdict.UNDETERMINED, Code.STATUS_NOT_AVAILABLE)
    report = ask(world, says(StatusWord.NONE), trust)
    assert said(report) == VALID
    assert notes(report) == (Code.STATUS_BY_CHAIN_PROOF,)
    assert dict(report.facts)["status_proved_as_of"] == "2026-11-21T04:08:00Z"


def test_with_a_stale_list_a_fresh_proof_is_enough(world: World) -> None:
    world.publish(issued_at=world.now - timedelta(days=2))
    stale = ask(world, None, world.trust(metadata_expired_at=world.now - timedelta(days=1)))
    assert said(stale) == (Verdict.UNDETERMINED, Code.STATUS_STALE)
    trust = world.trust(metadata_expired_at=world.now - timedelta(days=1))
    assert said(ask(world, says(StatusWord.NONE), trust)) == VALID


def test_with_a_fresh_list_the_list_decides(world: World) -> None:
    report = ask(world, says(StatusWord.NONE))
    assert said(report) == VALID
    assert notes(report) == ()


def test_a_stale_list_that_says_something_is_not_made_better(world: World) -> None:
    long_ago = world.now - timedelta(days=2)
    rows = [side_row(INDEX, StatusWord.SUSPENDED, YESTERDAY - timedelta(days=3))]
    world.publish({INDEX: StatusWord.SUSPENDED}, rows, issued_at=long_ago)
    report = ask(world, says(StatusWord.NONE))
    assert said(report) == (Verdict.UNDETERMINED, Code.STATUS_STALE)
    announced = [side_row(INDEX, StatusWord.REVOKED, TODAY)]
    world.publish({}, [], announced, issued_at=long_ago)
    report = ask(world, says(StatusWord.NONE))
    assert said(report) == (Verdict.INVALID, Code.STATUS_REVOKED)


def test_it_serves_for_the_day_of_its_block_only(world: World) -> None:
    trust = without_lists(world)
    for day in (YESTERDAY, TOMORROW):
        report = ask(world, says(StatusWord.NONE), trust, on=day)
        assert said(report) == (Verdict.UNDETERMINED, Code.STATUS_NOT_AVAILABLE)
    before_midnight = datetime(2026, 11, 21, 15, 59, tzinfo=SIGNED_AT.tzinfo)
    after = before_midnight + timedelta(minutes=2)
    proof_of_yesterday = says(StatusWord.NONE, before_midnight)
    report = ask(world, proof_of_yesterday, trust, now=after)
    assert said(report) == (Verdict.UNDETERMINED, Code.STATUS_NOT_AVAILABLE)


def test_it_ages_and_ends_as_a_list_does(world: World) -> None:
    trust = without_lists(world)
    times = {
        timedelta(minutes=59): (VALID, False),
        timedelta(minutes=61): (VALID, True),
        timedelta(hours=11): (VALID, True),
    }
    for age, (expected, ageing) in times.items():
        report = ask(world, says(StatusWord.NONE), trust, now=FRESH + age)
        assert said(report) == expected
        assert (Code.STATUS_AGEING in notes(report)) is ageing
    report = ask(world, says(StatusWord.NONE), trust, now=FRESH + timedelta(hours=25), on=TODAY)
    assert said(report) == (Verdict.UNDETERMINED, Code.STATUS_STALE)
    report = ask(
        world, says(StatusWord.NONE), trust, INSPECTOR, now=FRESH + timedelta(hours=25), on=TODAY
    )
    assert report.check(CheckName.STATUS).code is Code.OK  # type: ignore[union-attr]


def test_a_clock_that_is_behind_the_block_is_suspect(world: World) -> None:
    trust = without_lists(world)
    ahead = world.now + timedelta(minutes=5)
    for word in (StatusWord.NONE, StatusWord.SUSPENDED):
        report = ask(world, says(word, ahead), trust)
        assert said(report) == (Verdict.UNDETERMINED, Code.CLOCK_SUSPECT)
    assert said(ask(world, says(StatusWord.REVOKED, ahead), trust))[0] is Verdict.INVALID


def test_a_trust_folder_of_long_ago_vouches_for_no_validators(world: World) -> None:
    for days, expected in ((29, VALID), (31, (Verdict.UNDETERMINED, Code.TRUST_BUNDLE_OLD))):
        trust = without_lists(world, metadata_expired_at=world.now - timedelta(days=days))
        assert said(ask(world, says(StatusWord.NONE), trust)) == expected


# ---------------------------------------------------------------- whom it believes


def test_every_contract_of_the_registry_must_speak(world: World) -> None:
    """A contract that was succeeded still counts: the most negative over all of them."""
    world.bundle = pinned(world.bundle, more=(OLD_CONTRACT,))
    trust = without_lists(world)
    alone = ask(world, says(StatusWord.NONE), trust)
    assert said(alone) == (Verdict.UNDETERMINED, Code.STATUS_NOT_AVAILABLE)
    assert Code.CHAIN_PROOF_OTHER in notes(alone)
    old = part(StatusWord.NONE, contract=OLD_CONTRACT.address)
    assert said(ask(world, proof(part(StatusWord.NONE), old), trust)) == VALID
    revoked = part(StatusWord.REVOKED, contract=OLD_CONTRACT.address)
    for data in (proof(part(StatusWord.NONE), revoked), proof(revoked)):
        assert said(ask(world, data, trust)) == (Verdict.INVALID, Code.STATUS_REVOKED)


def test_the_oldest_block_of_several_says_how_fresh_it_is(world: World) -> None:
    world.bundle = pinned(world.bundle, more=(OLD_CONTRACT,))
    old = part(
        StatusWord.NONE, contract=OLD_CONTRACT.address, time=FRESH - timedelta(hours=3), height=700
    )
    report = ask(world, proof(part(StatusWord.NONE), old), without_lists(world))
    assert said(report) == VALID
    assert Code.STATUS_AGEING in notes(report)
    assert dict(report.facts)["status_proved_as_of"] == "2026-11-21T01:08:00Z"


def test_validators_that_are_closed_say_nothing_about_today(world: World) -> None:
    """Keys that were retired may leak; what they sealed as negative in their time still counts."""
    following = ValidatorSet(CHAIN, 2_000, tuple(sorted(qbft.addresses(qbft.keys(7)))))
    world.bundle = pinned(world.bundle, replace(SET, to_block=1_999), following)
    trust = without_lists(world)
    assert said(ask(world, says(StatusWord.NONE), trust))[0] is Verdict.UNDETERMINED
    assert said(ask(world, says(StatusWord.REVOKED), trust))[0] is Verdict.INVALID


def test_a_chain_without_pinned_validators_is_refused_by_its_code(world: World) -> None:
    elsewhere = replace(SET, from_block=5_000)
    world.bundle = pinned(world.bundle, elsewhere)
    for trust in (world.trust(), without_lists(world)):
        report = ask(world, says(StatusWord.NONE), trust)
        assert said(report) == (Verdict.UNDETERMINED, Code.VALIDATORS_NOT_PINNED)


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda data: data[:-1], Code.CHAIN_PROOF_SYNTAX),
        (lambda data: data[:-1] + bytes([data[-1] ^ 1]), Code.CHAIN_PROOF_REFUSED),
        (lambda _: bytes(chain_proof.MAX_PROOF_BYTES + 1), Code.TOO_LARGE),
    ],
)
def test_a_proof_that_does_not_hold_leaves_it_open(world: World, spoil: object, code: Code) -> None:
    data = spoil(says(StatusWord.NONE))  # type: ignore[operator]
    assert said(ask(world, data)) == (Verdict.UNDETERMINED, code)
    world.publish({INDEX: StatusWord.REVOKED}, [side_row(INDEX, StatusWord.REVOKED, TODAY)])
    assert said(ask(world, data)) == (Verdict.INVALID, Code.STATUS_REVOKED)


def test_a_self_declared_set_is_refused(world: World) -> None:
    strangers = proof(part(StatusWord.NONE, sealing=Sealing(qbft.keys(4, "stranger"))))
    report = ask(world, strangers, without_lists(world))
    assert said(report) == (Verdict.UNDETERMINED, Code.BLOCK_SEALS)


def test_a_proof_about_other_licences_is_noted_and_no_more(world: World) -> None:
    other = proof(part(StatusWord.REVOKED, index=64), index=64)
    report = ask(world, other)
    assert said(report) == VALID
    assert notes(report) == (Code.CHAIN_PROOF_OTHER,)
    alone = ask(world, other, without_lists(world))
    assert said(alone) == (Verdict.UNDETERMINED, Code.STATUS_NOT_AVAILABLE)


# ---------------------------------------------------------------- memory


def test_an_older_proof_than_one_already_seen_is_a_replay(world: World) -> None:
    trust = without_lists(world)
    newer, older = says(StatusWord.NONE), says(StatusWord.NONE, FRESH - timedelta(minutes=3))
    report, memory = verify_and_learn(
        issued().pdf, trust, policy=BATCH, now=world.now, chain_proof=newer
    )
    assert said(report) == VALID
    assert said(ask(world, newer, trust, memory=memory)) == VALID
    replayed = ask(world, older, trust, memory=memory)
    assert said(replayed) == (Verdict.UNDETERMINED, Code.CHAIN_PROOF_REFUSED)


def test_a_proof_older_than_a_list_already_seen_is_a_replay(world: World) -> None:
    """The list said more than the proof, and somebody took it away."""
    world.publish({INDEX: StatusWord.SUSPENDED}, issued_at=FRESH + timedelta(minutes=1))
    _, memory = verify_and_learn(issued().pdf, world.trust(), policy=BATCH, now=world.now)
    report = ask(world, says(StatusWord.NONE), without_lists(world), memory=memory)
    assert said(report) == (Verdict.UNDETERMINED, Code.CHAIN_PROOF_REFUSED)


# ---------------------------------------------------------------- command line


def test_command_line_takes_a_proof_from_a_file(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world.write_trust(tmp_path / "trust")
    licence, file = tmp_path / "licence.pdf", tmp_path / "status.proof"
    licence.write_bytes(issued().pdf)
    policy = replace(BATCH, referee=Referee.NEVER)
    options = Options(
        trust=tmp_path / "trust",
        offline=True,
        registry=None,
        rpc=None,
        on=None,
        policy=policy,
        chain_proof=file,
    )
    clock = FakeClock(world.now)
    file.write_bytes(says(StatusWord.REVOKED))
    assert run([licence], options, clock, as_json=False) == 1
    assert "STATUS_REVOKED" in capsys.readouterr().out
    file.write_bytes(b"junk")
    assert run([licence], options, clock, as_json=False) == 2
    file.unlink()
    assert run([licence], options, clock, as_json=False) == 3


def test_the_fixture_is_a_state_that_the_library_agrees_with() -> None:
    """The trie of these tests is built by another library."""
    made = part(StatusWord.REVOKED)
    header = block_header.decode(made.header)
    assert header.state_root == keccak256(made.account_proof[0])
    assert rlp.dumps(header.fields) == made.header
    assert ChainId(made.chain_id) == CHAIN
