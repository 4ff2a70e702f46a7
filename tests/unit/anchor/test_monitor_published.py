"""What the monitor says about manifests, logs and lists, and to enterprises that watch."""

from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from anchor.events import Anchored
from anchor.monitor import watch
from anchor.monitor.register_rules import Decided, RegisterFacts
from anchor.monitor.watch import WatchKey
from licence.domain.status import StatusWord
from licence.errors import Code
from licence.formats import manifest as manifests
from licence.formats.evidence import record_bytes
from licence.ids import Address, Digest, MerkleRoot, StatusIndex
from tests.fakes.anchoring import AUTHORITY, HMAC_KEY, REGISTRY
from tests.fakes.monitored import CONTRACT, USCC, Register, World, honest_world, item, record_of
from tests.fakes.refusal import refuses

OTHER_USCC = "91210200MA0TXT1234"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return honest_world(tmp_path)


# ---------------------------------------------------------------- manifests


def test_root_without_manifest_after_its_time(world: World) -> None:
    batch = world.anchor(item(9, 9), manifest=False)
    world.tidy()
    assert world.codes() == [], "it may come within the hour"
    world.later(hours=1)
    world.publish()
    outcome = world.look()
    (kept,) = outcome.open
    assert kept.alarm.code is Code.MANIFEST_MISSING
    assert dict(kept.alarm.facts)["root"] == batch.root.hex()
    world.nodes[0].away = {"check"}
    assert world.codes() == [Code.MANIFEST_MISSING]
    world.nodes[0].away = set()
    world.anchor(item(10, 10))  # an honest batch does not make the other one good
    world.tidy()
    assert world.codes() == [Code.MANIFEST_MISSING]


def test_manifest_that_comes_late_ends_the_alarm(world: World) -> None:
    batch = world.anchor(item(9, 9), manifest=False)
    world.tidy()
    world.later(hours=2)
    world.publish()
    assert world.codes() == [Code.MANIFEST_MISSING]
    again = World(world.state.parent / "other")
    again.anchor(item(9, 9))
    world.public.manifests[batch.manifest] = again.public.manifests[batch.manifest]
    assert world.codes() == []


def test_other_bytes_in_the_place_of_a_manifest(world: World) -> None:
    batch = world.anchor(item(9, 9))
    world.log()
    true = world.public.manifests[batch.manifest]
    world.public.manifests[batch.manifest] = true + b"\x00"
    assert world.codes() == [Code.MANIFEST_MISMATCH]
    world.public.manifests[batch.manifest] = true
    assert world.codes() == []


@pytest.mark.parametrize("what", ["no rows", "another root", "fewer rows"])
def test_manifest_that_does_not_rebuild_the_batch(world: World, what: str) -> None:
    (known,) = world.batches
    data = b"\x80" if what == "no rows" else world.public.manifests[known.manifest]
    world.public.manifests[manifests.digest(data)] = data
    world.emit(
        Anchored,
        account=known.account,
        root=known.root if what == "fewer rows" else MerkleRoot(sha256(b"x").digest()),
        size=3 if what == "fewer rows" else 2,
        manifest=manifests.digest(data),
    )
    world.tidy()
    assert world.codes() == [Code.MANIFEST_MISMATCH]


def test_public_log_that_is_away_is_no_alarm(world: World) -> None:
    world.anchor(item(9, 9))
    world.tidy()
    world.later(hours=3)
    world.publish()
    world.public.away = True
    outcome = world.look()
    assert (outcome.open, outcome.exit_code) == ((), 2)
    world.public.away = False
    assert world.look().exit_code == 0


# ---------------------------------------------------------------- numbers


def test_one_version_in_two_batches(world: World) -> None:
    world.anchor(item(1, 9))
    world.tidy()
    assert world.codes() == [Code.NUMBER_LIVE_TWICE]


def test_one_leaf_in_two_batches(world: World) -> None:
    world.anchor(item(1, 1), item(8, 8))
    world.tidy()
    assert world.codes() == [Code.NUMBER_LIVE_TWICE]


def test_one_status_index_for_two_licences(world: World) -> None:
    world.anchor(item(9, 1))
    world.tidy()
    assert world.codes() == [Code.NUMBER_LIVE_TWICE]


def test_new_version_must_end_the_old_one(world: World) -> None:
    world.anchor(item(1, 9, version=2))
    world.tidy()
    assert world.codes() == []
    world.later(hours=72)
    world.tidy()
    (kept,) = world.look().open
    assert kept.alarm.code is Code.NUMBER_LIVE_TWICE
    assert dict(kept.alarm.facts)["indexes"] == "1,9"
    world.set_status(StatusWord.SUPERSEDED, 1)
    world.tidy()
    assert world.codes() == []
    with world.memory() as memory:
        assert memory.watched_numbers() == (), "what is over is not looked at again"


def test_three_versions_of_which_two_are_live(world: World) -> None:
    world.anchor(item(1, 9, version=2))
    world.set_status(StatusWord.SUPERSEDED, 1)
    world.tidy()
    assert world.codes() == []
    world.anchor(item(1, 10, version=3))
    world.tidy()
    world.later(hours=72)
    world.tidy()
    assert world.codes() == [Code.NUMBER_LIVE_TWICE]


def test_older_version_after_a_newer_one(world: World) -> None:
    world.anchor(item(20, 20, version=2))
    world.anchor(item(20, 21, version=1))
    world.set_status(StatusWord.SUPERSEDED, 21)
    world.tidy()
    assert world.codes() == [Code.DATES_BACKWARDS]


# ---------------------------------------------------------------- the log


def test_batch_that_is_not_logged(world: World) -> None:
    world.anchor(item(9, 9))
    world.publish()
    assert world.codes() == []
    world.later(hours=1)
    world.publish()
    assert world.codes() == [Code.LOG_INCOMPLETE]
    world.log()
    assert world.codes() == []


def test_record_of_a_batch_that_the_chain_has_not(world: World) -> None:
    forged = replace(record_of(world.batches[0]), root=MerkleRoot(sha256(b"hidden").digest()))
    world.public.entries_.append(record_bytes(forged))
    world.checkpoint()
    assert world.codes() == [Code.LOG_INCOMPLETE]


def test_record_of_a_contract_that_is_not_read_is_taken_as_it_is(world: World) -> None:
    former = replace(CONTRACT, address=Address(b"\xdd" * 20))
    (registry,) = world.bundle.registries
    registry = replace(registry, contracts=(former, CONTRACT))
    world.bundle = replace(world.bundle, registries=(registry,))
    world.unread = frozenset({former})
    old = replace(record_of(world.batches[0]), contract=former.address)
    world.public.entries_.append(record_bytes(old))
    world.checkpoint()
    outcome = world.look()
    assert (outcome.exit_code, len(outcome.contracts)) == (0, 1)


def test_record_that_backdates_a_batch(world: World) -> None:
    batch = world.anchor(item(9, 9))
    record = record_of(batch)
    forged = replace(record, block_time=record.block_time - timedelta(days=1))
    world.public.entries_.append(record_bytes(forged))
    world.checkpoint()
    assert world.codes() == [Code.LOG_INCOMPLETE]


def test_records_in_the_wrong_order_of_time(world: World) -> None:
    one, two = world.anchor(item(9, 9)), world.anchor(item(10, 10))
    world.public.entries_ += [record_bytes(record_of(each)) for each in (two, one)]
    world.checkpoint()
    assert world.codes() == [Code.DATES_BACKWARDS]


def test_log_that_shows_another_past(world: World) -> None:
    world.anchor(item(9, 9))
    true = record_bytes(record_of(world.batches[1]))
    world.public.entries_ = [true, world.public.entries_[0]]
    world.checkpoint()
    assert world.codes() == [Code.LOG_FORKED]


def test_log_that_grew_shorter(world: World) -> None:
    world.anchor(item(9, 9))
    world.tidy()
    assert world.codes() == []
    del world.public.entries_[-1]
    world.checkpoint()
    assert world.codes() == [Code.LOG_FORKED]
    world.public.note = None
    assert world.codes() == [Code.LOG_INCOMPLETE]


def test_checkpoint_with_too_few_witnesses(world: World) -> None:
    world.checkpoint(("w1.example",))
    assert world.codes() == [Code.LOG_FORKED]


def test_entries_that_are_withheld(world: World) -> None:
    world.anchor(item(9, 9))
    world.tidy()
    del world.public.entries_[-1]
    assert world.codes() == [Code.LOG_FORKED]


def test_checkpoint_that_nobody_has_witnessed_for_long(world: World) -> None:
    world.later(days=7, seconds=1)
    world.publish()
    assert world.codes() == [Code.CHECKPOINT_OLD]
    world.checkpoint()
    assert world.codes() == []


def test_witness_whose_time_runs_backwards(world: World) -> None:
    world.anchor(item(9, 9))
    world.publish()
    world.clock.advance(-timedelta(hours=1))
    world.log()
    world.clock.advance(timedelta(hours=1))
    assert world.codes() == [Code.DATES_BACKWARDS]


# ---------------------------------------------------------------- lists


def test_final_status_without_document_number(world: World) -> None:
    world.set_status(StatusWord.REVOKED, 1)
    world.tidy()
    world.later(hours=2)
    world.tidy()
    assert world.codes() == [Code.DECISION_UNDOCUMENTED]


def test_final_status_with_document_number(world: World) -> None:
    world.decide(StatusWord.REVOKED, 1)
    world.set_status(StatusWord.REVOKED, 1)
    world.later(hours=2)
    world.tidy()
    assert world.codes() == []


def test_document_number_of_another_status_is_none(world: World) -> None:
    world.decide(StatusWord.SUSPENDED, 1)
    world.set_status(StatusWord.REVOKED, 1)
    world.later(hours=2)
    world.tidy()
    assert world.codes() == [Code.DECISION_UNDOCUMENTED]


def test_decision_that_is_dated_after_the_chain(world: World) -> None:
    world.set_status(StatusWord.REVOKED, 1)
    world.later(hours=3)
    world.decide(StatusWord.REVOKED, 1)
    world.tidy()
    assert world.codes() == [Code.DATES_BACKWARDS]


def test_list_that_says_better_than_the_chain(world: World) -> None:
    world.set_status(StatusWord.SUSPENDED, 1)
    world.publish({})
    assert world.codes() == [], "lists have their time"
    world.later(hours=2)
    world.publish({})
    assert world.codes() == [Code.STATUS_MORE_POSITIVE]
    world.publish({1: StatusWord.REVOKED})
    assert world.codes() == [], "worse is allowed: the registry may have decided more"


def test_list_that_was_signed_after_the_change_must_say_it(world: World) -> None:
    world.set_status(StatusWord.REVOKED, 1)
    world.later(minutes=10)
    assert world.codes() == [], "these lists are of before"
    world.publish({})
    assert world.codes() == [Code.DECISION_UNDOCUMENTED, Code.STATUS_MORE_POSITIVE]


def test_suspended_is_better_than_final(world: World) -> None:
    world.decide(StatusWord.REVOKED, 1)
    world.set_status(StatusWord.REVOKED, 1)
    world.later(hours=2)
    world.publish({1: StatusWord.SUSPENDED})
    assert world.codes() == [Code.STATUS_MORE_POSITIVE]


def test_lists_that_are_stale_or_altered(world: World) -> None:
    world.later(days=1, seconds=1)
    assert world.codes() == [Code.STATUS_STALE]
    world.lists.status = None
    assert world.codes() == [Code.STATUS_STALE]
    world.publish()
    assert world.lists.status is not None
    world.lists.status = world.lists.status[:-1] + b"\x00"
    assert world.codes() == [Code.STATUS_LIST_REFUSED]


def test_many_licences_are_counted_and_a_few_named(world: World) -> None:
    world.set_status(StatusWord.SUSPENDED, *range(64, 128))
    world.later(hours=2)
    world.publish({})
    assert len(world.look().open) == 64
    world.set_status(StatusWord.SUSPENDED, *range(64))
    world.later(hours=2)
    world.publish({})
    (kept,) = world.look().open
    assert dict(kept.alarm.facts)["in_all"] == 128


# ---------------------------------------------------------------- watching


def test_enterprise_sees_what_it_did_not_ask_for(world: World) -> None:
    mine = Digest(manifests.uscc_hmac(HMAC_KEY, USCC))
    key = WatchKey(REGISTRY, AUTHORITY, mine, "某化工厂", (item(1, 1).leaf, item(2, 2).leaf))
    world.watched = (key,)
    world.anchor(item(7, 7, uscc=OTHER_USCC))
    world.tidy()
    assert world.codes() == [], "what others get is none of its business"
    strange = item(8, 8)
    world.anchor(strange)
    world.tidy()
    (kept,) = world.look().open
    assert kept.alarm.code is Code.LICENCE_UNEXPECTED
    assert dict(kept.alarm.facts)["leaf"] == strange.leaf.hex()
    world.watched = (replace(key, leaves=(*key.leaves, strange.leaf)),)
    assert world.codes() == []


def test_watch_file_reads_back_and_may_be_edited(world: World) -> None:
    del world
    key = WatchKey(REGISTRY, AUTHORITY, Digest(b"\1" * 32), "某化工厂", (item(1, 1).leaf,))
    data = watch.encode([key])
    assert watch.decode(data) == (key,)
    assert watch.decode(b"\n " + data.replace(b",", b" , ")) == (key,)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b"anzheng-watch/v1", b"anzheng-watch/v2", Code.REQUEST_INVALID),
        (b'"label"', b'"lable"', Code.REQUEST_INVALID),
        (b"01" * 32, b"01" * 31, Code.REQUEST_INVALID),
        (b"{", b"", Code.JSON_SYNTAX),
        (AUTHORITY.encode(), b"../../etc/passwd..", Code.REQUEST_INVALID),
    ],
)
def test_watch_file_that_is_none(old: bytes, new: bytes, code: Code) -> None:
    key = WatchKey(REGISTRY, AUTHORITY, Digest(b"\1" * 32), "某化工厂")
    with refuses(code):
        watch.decode(watch.encode([key]).replace(old, new, 1))


# ---------------------------------------------------------------- the authority's own register


def decided_(word: StatusWord, at: datetime) -> Decided:
    return Decided(word, at, frozenset({word}))


def test_register_and_chain_both_ways(world: World) -> None:
    batch = world.batches[0]
    content = (batch.authority, batch.root, batch.size, batch.manifest)
    gone = (AUTHORITY, MerkleRoot(b"\x07" * 32), 1, batch.manifest)
    honest = RegisterFacts(frozenset({AUTHORITY}), frozenset({content}), frozenset(), {})
    world.register = Register(honest)
    world.later(hours=25)
    world.tidy()
    assert world.codes() == []
    world.register.known = replace(honest, batches=frozenset({gone}))
    assert world.codes() == [Code.CHAIN_LACKS_DECISION, Code.REGISTRY_LACKS_EVENT]
    world.register.known = replace(honest, batches=frozenset(), open_batches=frozenset({content}))
    assert world.codes() == [], "it is just being anchored"

    world.register.known = honest
    world.decide(StatusWord.REVOKED, 1)
    world.set_status(StatusWord.REVOKED, 1)
    world.later(hours=25)
    world.tidy()
    assert world.codes() == [Code.REGISTRY_LACKS_EVENT]
    early = world.clock.now() - timedelta(hours=26)
    decided = {(AUTHORITY, StatusIndex(1)): decided_(StatusWord.REVOKED, early)}
    world.register.known = replace(honest, decided=decided)
    assert world.codes() == []
    more = decided | {(AUTHORITY, StatusIndex(2)): decided_(StatusWord.CANCELLED, early)}
    world.register.known = replace(honest, decided=more)
    assert world.codes() == [Code.CHAIN_LACKS_DECISION]
    late = decided | {
        (AUTHORITY, StatusIndex(2)): decided_(StatusWord.CANCELLED, world.clock.now())
    }
    world.register.known = replace(honest, decided=late)
    assert world.codes() == [], "the chain has its time"
