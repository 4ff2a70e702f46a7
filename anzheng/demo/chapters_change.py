"""Chapters 7 and 8: status changes, and a chain that dies in the middle of a batch."""

from collections.abc import Mapping
from datetime import date, timedelta

from anchor.chain.codec import ANCHORED_TOPIC, authority_bytes
from anzheng import keyring as keyrings
from anzheng.demo.chapters_check import leaf_of, sample
from anzheng.demo.world import AT_ONCE, World, sample_rows, without
from anzheng.flows import anchor as anchoring
from anzheng.flows import status as deciding
from anzheng.flows.samples import many_rows
from anzheng.flows.status import Order
from anzheng.flows.status_chain import start_of_day
from anzheng.flows.trust import copy_trust
from anzheng.jobs import run_until_quiet
from anzheng.store.licences import FlowState, StoredLicence
from anzheng.store.status import DecisionState
from licence.domain.status import StatusWord, needs_confirmation
from licence.errors import AnzhengError, Code
from licence.formats.verdict import Verdict
from verifier.policy import BATCH
from verifier.trust import load_trust
from verifier.verify import verify_many

SUSPENDED, REVOKED, SUPERSEDED, SUCCESSOR = 7, 1, 2, 3
"""Rows of the sample roster."""

STALE_AFTER = timedelta(hours=25)
KILLED_BATCH = 20


def change(world: World) -> None:
    """Chapter 7: suspended, revoked, superseded; online at once, offline with the next list."""
    story = world.story
    story.chapter("状态变更", "Changes of status")
    before = {place: sample(world, place) for place in (SUSPENDED, REVOKED, SUPERSEDED)}
    with without(world.folder / "old-trust") as old:
        copy_trust(world.trust, old, now=world.now())
        _decide_all(world)
        story.say(
            "决定先记入登记库, 再上链; 吊销由一个账户提出, 另一个账户核对两名经办人签名后确认。",
            "Decided in the registry's log, then on chain; one account proposes the revocation, "
            "another checks both officers' signatures itself and confirms.",
        )
        verdicts = (
            (SUSPENDED, "暂扣", "suspended", "STATUS_SUSPENDED"),
            (REVOKED, "吊销", "revoked", "STATUS_REVOKED"),
            (SUPERSEDED, "换发", "superseded", "STATUS_SUPERSEDED"),
        )
        for place, zh, en, code in verdicts:
            report = world.verify_online(world.pdf(before[place]), f"07-{en}-online")
            world.expect(f"{zh}, 联网", f"{en}, online at once", report, f"invalid {code}")
        world.refresh_trust()
        for place, zh, en, code in verdicts:
            report = world.verify_offline(world.pdf(before[place]), f"07-{en}-offline")
            world.expect(f"{zh}, 断网", f"{en}, offline", report, f"invalid {code}")
        story.say(
            "只有旧状态列表的人: 列表过期后, 结论是不能确定, 而不是有效。",
            "Whoever has only the old list: once it is stale, undetermined, never valid.",
        )
        late = world.now() + STALE_AFTER
        report = world.verify_offline(
            world.pdf(before[REVOKED]), "07-old-list-stale", trust=old, now=late
        )
        world.expect("旧列表过期后", "old list, stale", report, "undetermined STATUS_STALE")
    successor = world.verify_offline(world.pdf(sample(world, SUCCESSOR)), "07-successor")
    world.expect("换发后的新版本", "its next version", successor, "valid OK")


def survive(world: World) -> None:
    """Chapter 8: the chain is killed in the middle of a batch, and nothing is lost or doubled."""
    story, installation = world.story, world.installation
    base, dev_chain = installation.base, installation.base.dev_chain
    story.chapter("链中断", "The chain dies")
    if dev_chain is None:
        raise AnzhengError(Code.TOOL_MISSING, "the demo needs its own chain")
    rows = _killed_batch_rows(world)
    base.preparer().import_roster(rows)
    world.release_all()
    world.sign_released()
    authority = world.authorities()[0]
    office = installation.offices.open(authority)
    dev_chain.devnet.node.ask("evm_setAutomine", False)  # noqa: FBT003 - JSON
    anchoring.freeze_due(base.store, base.clock, office, AT_ONCE)
    anchoring.advance(base.store, base.clock, office)
    story.say(
        f"{KILLED_BATCH} 份许可证的一批已签名, 交易已发出但未打包; 此时杀掉 anvil。",
        f"A batch of {KILLED_BATCH} is signed, its transaction sent, not mined; anvil is killed.",
    )
    dev_chain.devnet.kill()
    story.expect(
        "链已中断",
        "while the chain is away",
        expected=f"{Code.CHAIN_UNAVAILABLE.value}, {KILLED_BATCH} sent",
        found=f"{_advance_code(world)}, {_count(world, FlowState.SENT)} sent",
    )
    dev_chain.devnet.start()
    story.say("重新启动, 接着做完。", "Started again, the work goes on where it stood.")
    run_until_quiet(installation, AT_ONCE)
    world.hand_out()
    world.refresh_trust()
    fresh = _published_of(world, rows)
    trust = load_trust(world.trust, now=world.now())
    files = [world.pdf(row) for row in fresh]
    with story.bar("核验", "verifying", len(files)) as bar:
        valid = 0
        for report in verify_many(files, trust, policy=BATCH, now=world.now()):
            valid += report.verdict is Verdict.VALID
            bar.done()
    story.expect(
        "每份恰好一次",
        "each exactly once",
        expected=_summary(KILLED_BATCH, KILLED_BATCH, 1, valid=KILLED_BATCH),
        found=_summary(
            len(fresh),
            len({row.leaf for row in fresh}),
            len({row.batch_id for row in fresh}),
            valid=valid,
        ),
    )
    story.expect(
        "链上恰好一次",
        "on the chain exactly once",
        expected=f"{_batches(world)} batches",
        found=f"{_anchored_on_chain(world)} batches",
    )


def _decide_all(world: World) -> None:
    """Decide the three changes of the story and those that the samples tell of."""
    successor = leaf_of(sample(world, SUCCESSOR))
    orders = [
        Order(
            leaf_of(sample(world, SUSPENDED)),
            StatusWord.SUSPENDED,
            "(示例)辽工信暂〔2026〕1号",
            "示例: 发生一般生产安全事故",
        ),
        Order(
            leaf_of(sample(world, REVOKED)),
            StatusWord.REVOKED,
            "(示例)辽应急吊〔2026〕2号",
            "示例: 拒不整改",
        ),
        Order(
            leaf_of(sample(world, SUPERSEDED)),
            StatusWord.SUPERSEDED,
            "",
            "延续换发",
            successor=successor,
        ),
        *_sample_orders(world),
    ]
    for order in orders:
        _decide(world, order)
    run_until_quiet(world.installation, AT_ONCE)
    done = _on_chain(world)
    world.story.expect(
        "决定均已上链",
        "all decisions on the chain",
        expected=f"{len(orders)} on chain",
        found=f"{done} on chain",
    )


def _decide(world: World, order: Order) -> None:
    base = world.installation.base
    decision = deciding.draft(base.store, base.clock, order)
    officers = world.installation.estate.authority(decision.authority).officers
    # What is taken over from earlier needs two officers, as what is final does.
    needed = 2 if needs_confirmation(order.word) or order.decided_at else 1
    for officer in officers[:needed]:
        key = base.ring.open(keyrings.officer_key(officer.id))
        decision = deciding.sign(decision, officer.id, key)
    pinned = world.installation.officers(decision.authority)
    deciding.decide(base.store, base.clock, decision, pinned)
    world.story.show(f"{order.word.name} {order.document_no} · {needed} 签名 signatures")


def _sample_orders(world: World) -> list[Order]:
    """The later events of the samples, but for the supersession, which stands above."""
    orders = []
    for event in sample_rows("events.json", world.now()):
        if event["new"] == StatusWord.SUPERSEDED.name:
            continue
        row = world.licence(str(event["licence_no"]), _integer(event, "version"))
        orders.append(
            Order(
                leaf_of(row),
                StatusWord[str(event["new"])],
                str(event["document_no"]),
                str(event["ground"]),
                effective_from=_day(event, "effective_from"),
                until=_day(event, "until"),
                decided_at=start_of_day(date.fromisoformat(str(event["decided_on"]))),
            )
        )
    return orders


def _on_chain(world: World) -> int:
    with world.installation.base.store.read() as unit:
        return unit.status.count(DecisionState.ON_CHAIN)


def _killed_batch_rows(world: World) -> tuple[dict[str, object], ...]:
    return many_rows(KILLED_BATCH, world.rows[0], year=world.now().year)


def _advance_code(world: World) -> str:
    base, offices = world.installation.base, world.installation.offices
    try:
        anchoring.advance(base.store, base.clock, offices.open(world.authorities()[0]))
    except AnzhengError as exc:
        return exc.code.value
    return "went on"


def _count(world: World, state: FlowState) -> int:
    with world.installation.base.store.read() as unit:
        return unit.licences.counts().get(state, 0)


def _published_of(
    world: World, rows: tuple[Mapping[str, object], ...]
) -> tuple[StoredLicence, ...]:
    numbers = {row["licence_no"] for row in rows}
    return tuple(row for row in world.published() if row.licence_no in numbers)


def _batches(world: World) -> int:
    estate = world.installation.estate
    with world.installation.base.store.read() as unit:
        return unit.anchors.count(estate.registry, world.authorities()[0])


def _anchored_on_chain(world: World) -> int:
    """Ask the contract's own event log."""
    installation = world.installation
    authority = authority_bytes(world.authorities()[0])
    wanted = {
        "address": f"0x{installation.estate.contract.hex()}",
        "fromBlock": "0x0",
        "topics": [f"0x{ANCHORED_TOPIC.hex()}", f"0x{authority.ljust(32, bytes(1)).hex()}"],
    }
    found = installation.chain.node.ask("eth_getLogs", wanted)
    return len(found) if isinstance(found, list) else 0


def _summary(files: int, leaves: int, batches: int, *, valid: int) -> str:
    return f"{files} files, {leaves} leaves, {batches} batch, {valid} valid"


def _integer(event: Mapping[str, object], key: str) -> int:
    value = event[key]
    if not isinstance(value, int):
        raise AnzhengError(Code.ROSTER_FORMAT, f"the sample event has no {key}")
    return value


def _day(event: Mapping[str, object], key: str) -> date | None:
    value = event.get(key)
    return None if value is None else date.fromisoformat(str(value))
