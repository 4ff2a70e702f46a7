"""What the monitor says about the chain: accounts, roles, histories, nodes."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from anchor.chain_ports import Right
from anchor.events import (
    AccountSet,
    Administration,
    Anchored,
    AuthorityPaused,
    AuthorityRegistered,
    DailyCapSet,
    Delegated,
    Foreign,
    Paused,
    SuccessorSet,
)
from anchor.monitor.alarms import MonitorPolicy
from licence.domain.status import StatusWord
from licence.errors import Code
from licence.ids import Address, AuthorityId, BlockHash
from tests.fakes.anchoring import AUTHORITY
from tests.fakes.monitored import (
    ANCHOR,
    NOWHERE,
    PROPOSE,
    STRANGER,
    View,
    World,
    honest_world,
    item,
)
from tests.fakes.refusal import refuses

OTHER = AuthorityId("11210000009876543X")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return honest_world(tmp_path)


def test_honest_authority_raises_no_alarm_ever(world: World) -> None:
    outcome = world.look()
    for number in range(3, 8):
        world.anchor(item(number, number))
        world.set_status(StatusWord.SUSPENDED, number)
        world.tidy()
        outcome = world.look()
        assert (outcome.exit_code, outcome.open, outcome.unchecked) == (0, (), ())
    state = outcome.contracts[0]
    assert (state.block_number, state.batches) == (len(world.blocks) - 1, 6)
    assert (state.sequence, state.head) == (world.replay.sequence, world.replay.head)


def test_set_up_before_the_first_batch_is_no_alarm(tmp_path: Path) -> None:
    """Whoever begins to watch late sees no more than whoever watched from the beginning."""
    world = World(tmp_path)
    world.emit(AccountSet, subject=PROPOSE, rights=Right(0))
    world.anchor(item(1, 1))
    world.tidy()
    assert world.codes() == []


EVENTS: list[tuple[str, Callable[[World], None], Code]] = [
    (
        "rights of a known account",
        lambda world: world.emit(AccountSet, subject=PROPOSE, rights=Right.CONFIRM),
        Code.CONTRACT_ROLE_CHANGED,
    ),
    (
        "a cap",
        lambda world: world.emit(DailyCapSet, daily_cap=1_000_000),
        Code.CONTRACT_ROLE_CHANGED,
    ),
    (
        "another authority",
        lambda world: world.emit(AuthorityRegistered, authority=OTHER, daily_cap=1),
        Code.CONTRACT_ROLE_CHANGED,
    ),
    (
        "the administrator hands over",
        lambda world: world.emit(Administration, what="beginTransfer", subject=bytes(32), value=0),
        Code.CONTRACT_ROLE_CHANGED,
    ),
    ("a pause", lambda world: world.emit(Paused, paused=True), Code.CONTRACT_PAUSED),
    ("its end", lambda world: world.emit(AuthorityPaused, paused=False), Code.CONTRACT_PAUSED),
    (
        "a successor",
        lambda world: world.emit(SuccessorSet, successor=Address(b"\x99" * 20)),
        Code.CONTRACT_SUCCEEDED,
    ),
    (
        "a deputy",
        lambda world: world.emit(Delegated, deputy=OTHER, rights=Right.PROPOSE, until=2**33),
        Code.CONTRACT_DELEGATED,
    ),
    (
        "an event of no interface",
        lambda world: world.mine(Foreign(NOWHERE, None, b"\x01" * 32)),
        Code.EVENT_UNKNOWN,
    ),
]


@pytest.mark.parametrize(("what", "happens", "code"), EVENTS, ids=[each[0] for each in EVENTS])
def test_event_stays_an_alarm_until_somebody_has_seen_it(
    world: World, what: str, happens: Callable[[World], None], code: Code
) -> None:
    del what
    happens(world)
    outcome = world.look()
    assert [alarm.code for alarm in outcome.raised] == [code]
    assert outcome.exit_code == 1
    again = world.look()
    assert (again.raised, again.closed) == ((), ())
    assert [kept.alarm for kept in again.open] == list(outcome.raised)
    acknowledge(world, outcome.raised[0].id)
    assert world.codes() == []


def acknowledge(world: World, name: str) -> None:
    with world.memory() as memory, memory.step() as step:
        assert step.acknowledge([name], world.clock.now()) == 1


def test_library_event_beside_an_entry_is_no_alarm(world: World) -> None:
    world.mine(Foreign(NOWHERE, "RoleGranted", b"\x02" * 32))
    assert world.codes() == []


def test_batch_of_an_unknown_account(world: World) -> None:
    world.anchor(item(9, 9), account=STRANGER)
    world.tidy()
    assert world.codes() == [Code.ACCOUNT_UNKNOWN]


def test_right_to_anchor_for_an_unknown_account_is_seen_before_it_is_used(world: World) -> None:
    world.emit(AccountSet, subject=STRANGER, rights=Right.ANCHOR)
    assert world.codes() == [Code.ACCOUNT_UNKNOWN, Code.CONTRACT_ROLE_CHANGED]


def test_deputy_that_the_bundle_knows_may_anchor(world: World) -> None:
    (authority,) = world.bundle.authorities
    city = replace(authority, id=OTHER, accounts=(STRANGER,))
    world.bundle = replace(world.bundle, authorities=(authority, city))
    world.emit(Delegated, deputy=OTHER, rights=Right.ANCHOR, until=2**33)
    world.anchor(item(9, 9), account=STRANGER)
    world.tidy()
    assert Code.ACCOUNT_UNKNOWN not in world.codes()
    world.emit(Delegated, deputy=OTHER, rights=Right(0), until=0)
    world.anchor(item(10, 10), account=STRANGER)
    world.tidy()
    assert Code.ACCOUNT_UNKNOWN in world.codes()


# ---------------------------------------------------------------- two histories


def test_hidden_event_is_found_by_the_head(world: World) -> None:
    world.anchor(item(9, 9))
    world.nodes[0].hidden = {world.batches[-1].sequence}
    world.tidy()
    before = world.look()
    assert [kept.alarm.code for kept in before.open] == [Code.HISTORY_MISMATCH]
    assert before.contracts[0].block_number == world.batches[0].at.block_number
    world.nodes[0].hidden = set()
    outcome = world.look()
    assert [kept.alarm.code for kept in outcome.closed] == [Code.HISTORY_MISMATCH]
    assert outcome.exit_code == 0


def test_altered_event_is_found_by_the_head(world: World) -> None:
    world.anchor(item(9, 9))
    true = world.events[-1]
    assert isinstance(true, Anchored)
    world.events[-1] = replace(true, account=PROPOSE)
    assert Code.HISTORY_MISMATCH in world.codes()


def test_reorganisation_below_what_was_final(world: World) -> None:
    world.nodes[0].other_blocks = {len(world.blocks) - 1: BlockHash(b"\x77" * 32)}
    world.mine()
    assert world.codes() == [Code.CHAIN_REORGANISED]
    world.nodes[0].other_blocks = {}
    assert world.codes() == []


def test_two_nodes_with_different_blocks(world: World) -> None:
    world.nodes.append(View(world, "n2"))
    world.mine()
    newest = len(world.blocks) - 1
    world.nodes[1].other_blocks = {newest: BlockHash(b"\x77" * 32)}
    outcome = world.look()
    assert [kept.alarm.code for kept in outcome.open] == [Code.NODES_DISAGREE]
    assert outcome.contracts[0].block_number < newest, "nothing is remembered of it"
    world.nodes[1].other_blocks = {newest - 1: BlockHash(b"\x78" * 32)}
    assert world.codes() == [Code.NODES_DISAGREE], "one of them has another past"
    world.nodes[1].other_blocks = {}
    assert world.codes() == []


def test_node_that_hides_an_event_is_named_when_another_does_not(world: World) -> None:
    world.nodes.append(View(world, "n2"))
    world.anchor(item(9, 9))
    world.tidy()
    world.nodes[0].hidden = {world.batches[-1].sequence}
    outcome = world.look()
    (kept,) = outcome.open
    assert (kept.alarm.code, dict(kept.alarm.facts)["node"]) == (Code.NODES_DISAGREE, "n1")
    assert outcome.contracts[0].block_number == len(world.blocks) - 1, "the other one was believed"


def test_node_of_another_chain(world: World) -> None:
    world.nodes.append(View(world, "n2"))
    world.nodes[1].wrong = True
    assert world.codes() == [Code.CHAIN_WRONG]
    world.nodes[1].wrong = False
    assert world.codes() == []


# ---------------------------------------------------------------- could not look


@pytest.mark.parametrize("what", ["check", "final_height", "block", "head", "ranges"])
def test_node_that_is_away_is_no_alarm(world: World, what: str) -> None:
    world.anchor(item(9, 9))
    world.nodes[0].away = {what}
    outcome = world.look()
    assert (outcome.open, outcome.exit_code) == ((), 2)
    assert outcome.unchecked
    world.nodes[0].away = set()
    world.tidy()
    assert world.look().exit_code == 0


def test_one_node_away_and_one_there(world: World) -> None:
    world.nodes.append(View(world, "n2"))
    world.anchor(item(9, 9))
    world.tidy()
    world.nodes[1].away = {"check"}
    outcome = world.look()
    assert [each.group for each in outcome.unchecked] == ["node/n2"]
    assert outcome.contracts[0].block_number == len(world.blocks) - 1


def test_node_far_behind_is_not_waited_for(world: World) -> None:
    world.nodes.append(View(world, "n2"))
    for _ in range(120):
        world.mine()
    world.nodes[1].behind = 110
    outcome = world.look()
    assert outcome.contracts[0].block_number == len(world.blocks) - 1
    assert [each.group for each in outcome.unchecked] == ["node/n2"]


def test_alarm_is_not_over_because_nobody_could_look(world: World) -> None:
    world.nodes[0].other_blocks = {len(world.blocks) - 1: BlockHash(b"\x77" * 32)}
    assert world.codes() == [Code.CHAIN_REORGANISED]
    world.nodes[0].away = {"check"}
    assert world.codes() == [Code.CHAIN_REORGANISED]


# ---------------------------------------------------------------- the state file


def test_pass_begins_where_the_last_one_ended(world: World) -> None:
    last = len(world.blocks) - 1
    world.nodes[0].asked.clear()
    world.mine()
    world.look()
    assert world.nodes[0].asked == [(last + 1, last + 1)]


def test_killed_step_leaves_the_last_whole_one(world: World, tmp_path: Path) -> None:
    del tmp_path
    world.anchor(item(9, 9))
    world.tidy()
    database = sqlite3.connect(world.state)
    before = database.execute("SELECT block, sequence FROM contract").fetchall()
    database.execute(
        "CREATE TRIGGER killed BEFORE INSERT ON day BEGIN SELECT RAISE(ABORT, 'killed'); END"
    )
    database.commit()
    with refuses(Code.MONITOR_STATE):
        world.look()
    assert database.execute("SELECT block, sequence FROM contract").fetchall() == before
    assert database.execute("SELECT count(*) FROM batch").fetchone() == (1,)
    database.execute("DROP TRIGGER killed")
    database.commit()
    database.close()
    assert world.look().exit_code == 0


def test_damaged_state_file_is_refused(world: World) -> None:
    data = bytearray(world.state.read_bytes())
    data[:16] = b"not a database.."
    world.state.write_bytes(data)
    with refuses(Code.MONITOR_STATE):
        world.look()


def test_state_of_another_registry_is_refused(world: World) -> None:
    database = sqlite3.connect(world.state)
    database.execute("UPDATE meta SET value = 'another' WHERE name = 'registry'")
    database.commit()
    database.close()
    with refuses(Code.MONITOR_STATE):
        world.look()


def test_everything_the_contract_knows_is_found_again_after_a_restart(world: World) -> None:
    world.emit(Delegated, deputy=OTHER, rights=Right.PROPOSE, until=2**33)
    world.emit(Paused, paused=True)
    world.set_status(StatusWord.SUSPENDED, 1, 2, 70)
    world.emit(SuccessorSet, successor=STRANGER)
    world.look()
    (name,) = [each.contract for each in world.look().contracts]
    with world.memory() as memory:
        found = memory.progress(name)
    assert found is not None
    true = world.replay
    true.touched.clear()
    assert found.replay == true
    assert found.block == world.blocks[-1]
    assert found.replay.accounts[ANCHOR].authority == AUTHORITY


def test_chain_that_stands_still(world: World) -> None:
    world.policy = MonitorPolicy(silence=timedelta(minutes=10))
    assert world.codes() == []
    world.later(minutes=11)
    assert world.codes() == [Code.CHAIN_STALE]
    world.mine()
    assert world.codes() == []
