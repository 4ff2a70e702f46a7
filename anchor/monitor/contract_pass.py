"""Following one contract: which nodes can be asked, what they agree on, and the events since.

A block counts as verified when the events up to it make the head of the history that all nodes
say the contract has there. Only then is anything remembered.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from anchor.chain_ports import Block
from anchor.events import (
    Anchored,
    Confirmed,
    Entry,
    Event,
    Foreign,
    StatusChanged,
    Superseded,
)
from anchor.monitor.alarms import Alarm
from anchor.monitor.chain_rules import Scene, event_alarms
from anchor.monitor.findings import Findings, Means
from anchor.monitor.ports import DayCount, NodeView, Progress
from anchor.monitor.seals import HEAD_KEYS, check_sealed_head
from anchor.replay import Replay
from licence.domain.status import StatusWord
from licence.errors import AnzhengError, Code, Fact
from licence.formats.trust_types import Contract
from licence.ids import AuthorityId, Digest

MAX_LAG: Final = 100
"""A node that is more blocks behind the newest one is not waited for."""

_SEALS: Final = (
    *(Code.BLOCK_HEADER, Code.BLOCK_SEALS, Code.VALIDATORS_NOT_PINNED),
    *(Code.TRIE_PROOF, Code.RLP_SYNTAX),
)
_DISAGREE: Final = (Code.HISTORY_MISMATCH, Code.NODES_DISAGREE)


def group_of(name: str) -> str:
    """Return the group of a contract's alarms."""
    return f"contract/{name}"


def follow(means: Means, findings: Findings, contract: Contract, name: str) -> None:
    """Follow a contract to its newest final block.

    Raises:
        AnzhengError: CHAIN_UNAVAILABLE, when no node answers.
    """
    task = _Task(means, findings, contract, name)
    try:
        task.run()
    except AnzhengError as error:
        findings.is_behind()
        if error.code not in (*_DISAGREE, *_SEALS, Code.CHAIN_REORGANISED, Code.CHAIN_WRONG):
            raise
        findings.keep([task.alarm(error.code, error.message, "", **error.facts)])


class _Task:
    """One contract in one pass."""

    def __init__(self, means: Means, findings: Findings, contract: Contract, name: str) -> None:
        self._means = means
        self._findings = findings
        self._contract = contract
        self._name = name

    def alarm(self, code: Code, message: str, about: str, **facts: Fact) -> Alarm:
        return Alarm(
            code=code,
            subject=f"{self._name}/{about}" if about else self._name,
            message=message,
            facts=(("contract", self._name), *facts.items()),
            group=group_of(self._name),
        )

    def run(self) -> None:
        known = self._means.memory.progress(self._name)
        views = self._usable(known.block if known else None)
        views, height = self._highest(views)
        self._heed_silence(views, height)
        if known is not None and height <= known.block.number:
            self._same_head(views, known)
            self._findings.contracts[self._name] = known
            return
        block = _agreed_block(views, height)
        head = _agreed_head(views, height)
        self._check_seals(views, block, head)
        self._try_each(views, block, head)

    def _usable(self, last: Block | None) -> list[NodeView]:
        """Return the nodes that serve this contract and the history that was verified."""
        good, strangers = list[NodeView](), list[str]()
        for view in self._means.nodes.views(self._contract):
            try:
                view.check()
                found = last if last is None else view.block(last.number)
            except AnzhengError as error:
                self._not_asked(view, error)
                continue
            if last is not None and found is None:
                behind = AnzhengError(Code.CHAIN_UNAVAILABLE, "it has not the last known block")
                self._not_asked(view, behind)
            elif found is None or last is None or found.hash == last.hash:
                good.append(view)
            else:
                strangers.append(view.name)
        if strangers and last is not None:
            raise AnzhengError(
                Code.NODES_DISAGREE if good else Code.CHAIN_REORGANISED,
                "a final block that was verified is not part of the chain any more",
                nodes=", ".join(strangers),
                block=last.number,
                hash=last.hash.hex(),
            )
        return good

    def _not_asked(self, view: NodeView, error: AnzhengError) -> None:
        if error.code is Code.CHAIN_WRONG:
            about = f"node/{view.name}"
            self._findings.keep([self.alarm(error.code, error.message, about, node=view.name)])
        else:
            self._findings.skip(f"node/{view.name}", error.code, error.message)

    def _highest(self, views: Sequence[NodeView]) -> tuple[list[NodeView], int]:
        """Return the nodes that are up to date, and the newest block that is final for all."""
        heights = list[tuple[NodeView, int]]()
        for view in views:
            try:
                heights.append((view, view.final_height()))
            except AnzhengError as error:
                self._not_asked(view, error)
        newest = max((height for _, height in heights), default=-1)
        if newest < 0:
            raise AnzhengError(Code.CHAIN_UNAVAILABLE, "no node answers, or nothing is final yet")
        fresh = [(view, height) for view, height in heights if newest - height <= MAX_LAG]
        for view, height in heights:
            if (view, height) not in fresh:
                behind = AnzhengError(Code.CHAIN_UNAVAILABLE, f"it is at block {height} only")
                self._not_asked(view, behind)
        return [view for view, _ in fresh], min(height for _, height in fresh)

    def _heed_silence(self, views: Sequence[NodeView], height: int) -> None:
        """Alarm about a chain that stands still: nothing it does not do can be seen."""
        limit, frozen = self._means.policy.silence, self._contract.frozen_at is not None
        newest = views[0].block(height)
        if not limit or frozen or newest is None or self._findings.now - newest.time <= limit:
            return
        message, at = "the chain has no new block", newest.time.isoformat()
        self._findings.keep([self.alarm(Code.CHAIN_STALE, message, "silence", newest=at)])

    def _same_head(self, views: Sequence[NodeView], known: Progress) -> None:
        try:
            head = _agreed_head(views, known.block.number)
        except AnzhengError as error:
            if error.code is Code.NODES_DISAGREE:
                raise
            return  # the node forgot that state; its block is the one that was verified
        known.replay.compare(*head)

    def _check_seals(
        self, views: Sequence[NodeView], block: Block, head: tuple[int, Digest]
    ) -> None:
        """Compare with what the validators sealed, where the trust bundle pins them."""
        registry, chain_id = self._means.registry, self._contract.chain_id
        if not any(each.chain_id == chain_id for each in registry.validators):
            return
        pinned = registry.validators_at(chain_id, block.number)
        if pinned is None:
            raise AnzhengError(
                Code.VALIDATORS_NOT_PINNED,
                "the trust bundle pins no validators for the newest block",
                block=block.number,
            )
        faults = list[AnzhengError]()
        for view in views:
            try:
                raw = view.proof(HEAD_KEYS, block.number)
                check_sealed_head(raw, self._contract, pinned, block, head)
            except AnzhengError as error:
                faults.append(error)
                continue
            return
        wrong = (each for each in faults if each.code is not Code.CHAIN_UNAVAILABLE)
        raise next(wrong, faults[0])

    def _try_each(self, views: Sequence[NodeView], block: Block, head: tuple[int, Digest]) -> None:
        """Take the events of the first node whose events make the head; alarm about the others."""
        refused: list[tuple[NodeView, AnzhengError]] = []
        for view in views:
            try:
                self._read(view, views, block, head)
            except AnzhengError as error:
                if error.code in (Code.MONITOR_STATE, Code.STORE_FAILED):
                    raise
                refused.append((view, error))
                continue
            self._liars(refused)
            return
        faults = [fault for _, fault in refused]
        raise next((fault for fault in faults if fault.code in _DISAGREE), faults[0])

    def _liars(self, refused: Sequence[tuple[NodeView, AnzhengError]]) -> None:
        for view, error in refused:
            if error.code in _DISAGREE:
                message = "a node's events do not make the head that the others confirm"
                about = f"node/{view.name}"
                alarm = self.alarm(Code.NODES_DISAGREE, message, about, node=view.name)
                self._findings.keep([alarm])
            else:
                self._not_asked(view, error)

    def _read(
        self, view: NodeView, views: Sequence[NodeView], block: Block, head: tuple[int, Digest]
    ) -> None:
        known = self._means.memory.progress(self._name)
        replay = known.replay if known else Replay(self._means.keccak)
        first = known.block.number + 1 if known else self._contract.from_block
        settled = known is not None and known.settled
        reading = _Reading(self._means, self._name, replay, watched=settled)
        for piece in view.ranges(first, block.number):
            reading.take(piece.events)
            if piece.last == block.number:
                break
            there = _middle(views, piece.last)
            if there is not None:
                replay.compare(*there[1])
                self._save(reading, Progress(there[0], replay, settled=settled))
        replay.compare(*head)
        progress = Progress(block, replay, settled=True)
        self._save(reading, progress)
        self._findings.contracts[self._name] = progress

    def _save(self, reading: "_Reading", progress: Progress) -> None:
        with self._means.memory.step() as step:
            step.save_progress(self._name, progress, reading.events)
            step.count(reading.day_counts())
            new = [alarm for alarm in reading.alarms if step.raise_alarm(alarm, self._findings.now)]
        self._findings.kept(reading.alarms, new)
        reading.saved()


class _Reading:
    """Events since the last step that was saved, and what they mean."""

    def __init__(self, means: Means, name: str, replay: Replay, *, watched: bool) -> None:
        self.replay = replay
        self.events: list[Event] = []
        self.alarms: list[Alarm] = []
        self._days: Counter[tuple[str, AuthorityId, str]] = Counter()
        self._active = {authority for authority, _ in replay.batches}
        self._scene = Scene(name, means.bundle, replay, self._active, watched)

    def take(self, events: Sequence[Event]) -> None:
        for event in events:
            self.alarms += event_alarms(event, self._scene)
            self.events.append(event)
            if isinstance(event, Foreign):
                continue
            self._count(event)
            self.replay.apply(event)
            if isinstance(event, Anchored):
                self._active.add(event.authority)

    def saved(self) -> None:
        self.events, self.alarms = [], []
        self._days.clear()
        self.replay.touched.clear()

    def day_counts(self) -> Iterator[DayCount]:
        for (day, authority, what), count in self._days.items():
            yield DayCount(date.fromisoformat(day), authority, what, count)

    def _count(self, event: Entry) -> None:
        day = event.at.block_time.date().isoformat()
        if isinstance(event, Anchored):
            self._days[day, event.authority, "batches"] += 1
            self._days[day, event.authority, "licences"] += event.size
            return
        status, changes = self.replay.changes_of(event)
        licences = sum(f"{change.mask:x}".count("f") for change in changes)
        if licences and isinstance(event, StatusChanged | Confirmed | Superseded):
            what = f"status:{StatusWord(status).name.lower()}"
            self._days[day, event.authority, what] += licences


def _agreed_block(views: Sequence[NodeView], height: int) -> Block:
    found = {view.name: view.block(height) for view in views}
    blocks = {block.hash: block for block in found.values() if block is not None}
    if len(blocks) > 1:
        said = ", ".join(
            f"{name} {block.hash.hex()[:16]}" for name, block in found.items() if block is not None
        )
        raise AnzhengError(
            Code.NODES_DISAGREE, "nodes have different final blocks", block=height, said=said
        )
    if not blocks:
        raise AnzhengError(Code.CHAIN_UNAVAILABLE, "no node has its own final block", block=height)
    return next(iter(blocks.values()))


def _agreed_head(views: Sequence[NodeView], height: int) -> tuple[int, Digest]:
    found = {view.name: view.head(height) for view in views}
    if len(set(found.values())) > 1:
        said = ", ".join(f"{name} {head[1].hex()[:16]}" for name, head in found.items())
        raise AnzhengError(
            Code.NODES_DISAGREE, "nodes have different heads", block=height, said=said
        )
    return next(iter(found.values()))


def _middle(views: Sequence[NodeView], height: int) -> tuple[Block, tuple[int, Digest]] | None:
    """Return block and head on the way, or None when the nodes forgot that state."""
    try:
        return _agreed_block(views, height), _agreed_head(views, height)
    except AnzhengError as error:
        if error.code is Code.NODES_DISAGREE:
            raise
        return None
