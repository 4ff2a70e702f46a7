"""The nodes of a pool: the newest block that enough of them share, and which are believed.

Steps 1 and 3 to 6 of `anchor.chain.pool`.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, final

from anchor.chain import agreement
from anchor.chain.gather import Asked, Enough, gather
from anchor.chain.member import Member, NodeState
from anchor.chain.proof import read_block
from anchor.chain_ports import Alarms
from licence.errors import AnzhengError, Code

DEEP: Final = 8
"""So far below the common block two histories are no longer a matter of moments."""

HISTORIES: Final = "node:histories"
"""Key of the alarm about nodes of which nobody can tell who is right."""

BEFORE: Final = "the alarm about it stands"
"""Why a node is not believed that was in quarantine when the process before ended."""

_CODES: Final[Mapping[NodeState, Code]] = {
    NodeState.QUARANTINED: Code.NODE_QUARANTINED,
    NodeState.BEHIND: Code.CHAIN_STALE,
    NodeState.AWAY: Code.CHAIN_UNAVAILABLE,
}


@dataclass(frozen=True, slots=True)
class PoolRules:
    """When nodes are believed.

    Attributes:
        quorum: So many must say the same; more than half of all.
        quarantine_seconds: How long a node is left out the first time.
        view_seconds: How old the common block may be.
        grace_seconds: How long the others are waited for once enough agree.
        timeout_seconds: How long is waited for enough.
        tell_seconds: A node that is away or behind for so long is an alarm.
    """

    quorum: int
    quarantine_seconds: float = 600.0
    view_seconds: float = 1.0
    grace_seconds: float = 0.5
    timeout_seconds: float = 12.0
    tell_seconds: float = 300.0


@dataclass(frozen=True, slots=True)
class View:
    """The common block, and the nodes that have it."""

    height: int
    hash: bytes
    members: tuple[Member, ...]
    since: float


@final
class Assembly:
    """All nodes, believed or not.

    Args:
        members: The nodes.
        rules: When they are believed.
        alarms: Who is told about nodes that are not.
        moment: Seconds of a clock that never goes back.
    """

    def __init__(
        self,
        members: Sequence[Member],
        rules: PoolRules,
        alarms: Alarms,
        moment: Callable[[], float],
    ) -> None:
        self.members: Final = tuple(members)
        self.rules: Final = rules
        self.moment: Final = moment
        self._alarms = alarms
        self._lock = threading.RLock()
        self._view: View | None = None
        self._highest = -1
        self._deep = (-1, b"")

    def begin_with(self, standing: Mapping[str, Code]) -> None:
        """Take over what the process before had told: who was not believed is not believed yet.

        Never so many that no quorum is left: then nobody can tell who was right.

        Args:
            standing: Code of each alarm that stands, by its key.
        """
        spare, moment = len(self.members) - self.rules.quorum, self.moment()
        for member in self.members:
            code = standing.get(_key(member))
            if code is Code.NODE_QUARANTINED and spare > 0:
                spare -= 1
                member.quarantine(BEFORE, self.rules.quarantine_seconds, moment)
            member.told = code is not None

    def ask(
        self,
        members: Sequence[Member],
        method: str,
        params: agreement.Params,
        enough: Enough | None = None,
    ) -> Asked:
        """Ask nodes at the same time; by default until a quorum of them says the same."""
        return gather(
            members,
            method,
            params,
            enough or (lambda asked: asked.agreed(method, self.rules.quorum) is not None),
            timeout=self.rules.timeout_seconds,
            grace=self.rules.grace_seconds,
        )

    def are_enough(self, asked: Asked) -> bool:
        """Say whether a quorum has answered, whatever it said."""
        return len(asked.values) >= self.rules.quorum

    def view(self, *, newer_than: View | None = None) -> View:
        """Return the common block, found anew when the last one is too old.

        Raises:
            AnzhengError: CHAIN_UNAVAILABLE, when not enough nodes have the same block.
        """
        with self._lock:
            known, moment = self._view, self.moment()
            if (
                known is None
                or known is newer_than
                or moment - known.since > self.rules.view_seconds
            ):
                self._view = None
                try:
                    known = self._view = self._find(moment)
                finally:
                    self._tell(moment)
                self._highest = known.height
            return known

    def accuse(
        self, member: Member, view: View, method: str, repeated: Callable[[], bool | None]
    ) -> None:
        """Step 3: quarantine a node that answers otherwise twice about a block that it has.

        Args:
            member: The node.
            view: The block.
            method: What was asked.
            repeated: Asks it again and says whether it still contradicts, None when it does not
                answer.
        """
        with self._lock:
            common, agreeing = self._most_common(view.members, view.height)
            if common != view.hash or member not in agreeing:
                # The chain has moved in between: then nobody lied.
                self._view = None
                return
            still = repeated()
            if still is None:
                return
            if still or member.strike():
                self._quarantine(member, f"another answer to {method} as of block {view.height}")
                self._tell(self.moment())

    # -- the common block

    def _find(self, moment: float) -> View:
        """Steps 1, 4 and 6."""
        self._look_at_quarantined(moment)
        believed = [member for member in self.members if not member.is_quarantined]
        self._look_at_tips(believed, moment)
        present = [member for member in believed if member.tip is not None]
        heights = sorted((_height(member) for member in present), reverse=True)
        if len(heights) < self.rules.quorum:
            raise _unavailable("too few nodes answer", answered=len(heights))
        height = heights[self.rules.quorum - 1]
        present = self._of_one_history(present, max(0, height - DEEP), moment)
        having = [member for member in present if _height(member) >= height]
        common, agreeing = self._most_common(having, height)
        for member in present:
            same = member in agreeing
            state = NodeState.GOOD if same else NodeState.BEHIND
            member.mark(state, "" if same else f"has not block {height} of the others", moment)
        if len(agreeing) < self.rules.quorum:
            raise _unavailable("the nodes do not agree on the newest block", block=height)
        if height < self._highest:
            raise _unavailable(
                "too few nodes have the newest block that was seen",
                block=height,
                seen=self._highest,
            )
        return View(height, common, tuple(agreeing), moment)

    def _look_at_tips(self, members: Sequence[Member], moment: float) -> None:
        newest = (agreement.NEWEST, False)
        asked = self.ask(members, agreement.BLOCK, newest, self.are_enough)
        for member in members:
            member.tip = None
            try:
                member.tip = read_block(asked.of(member))
            except AnzhengError as error:
                cause = error.facts.get("cause") or error.facts.get("rpc_message")
                member.mark(NodeState.AWAY, str(cause or error.message), moment)

    def _of_one_history(
        self, members: Sequence[Member], height: int, moment: float
    ) -> list[Member]:
        """Step 4: return the nodes that share the block of this height, or are below it."""
        common, agreeing = self._most_common(members, height)
        if len(agreeing) < self.rules.quorum:
            self._rise(HISTORIES, Code.NODES_DISAGREE, f"no {self.rules.quorum} nodes agree")
            raise _unavailable("the nodes tell different histories", block=height)
        self._clear(HISTORIES)
        self._deep = (height, common)
        for member in members:
            if member in agreeing or _height(member) < height:
                continue
            found = self._hash(member, height)
            if found is None:
                member.mark(NodeState.AWAY, f"does not tell block {height}", moment)
            elif found != common:
                self._quarantine(member, f"another block {height} than the others")
        return [
            member
            for member in members
            if member in agreeing or (_height(member) < height and not member.is_quarantined)
        ]

    def _most_common(self, members: Sequence[Member], height: int) -> tuple[bytes, list[Member]]:
        """Return the hash that most of the nodes have at a height, and which of them have it."""
        asked = self.ask(members, agreement.BLOCK, (hex(height), False))
        groups: dict[bytes, list[Member]] = {}
        for member, value in asked.values.items():
            found = _hash_of(value, height)
            if found is not None:
                groups.setdefault(found, []).append(member)
        return max(groups.items(), key=lambda group: len(group[1]), default=(b"", []))

    def _hash(self, member: Member, height: int) -> bytes | None:
        """Return the hash that one node has at a height, None when it does not say."""
        asked = self.ask([member], agreement.BLOCK, (hex(height), False), lambda _: True)
        return _hash_of(asked.values.get(member), height)

    # -- who is believed

    def _quarantine(self, member: Member, reason: str) -> None:
        member.quarantine(reason, self.rules.quarantine_seconds, self.moment())
        self._view = None

    def _look_at_quarantined(self, moment: float) -> None:
        """Step 5, by the deepest block that was last found common.

        Where none was found since the process began, its time was enough: it may be needed to find
        one, and a node that still differs is found out by that.
        """
        for member in self.members:
            if not member.is_quarantined or moment < member.until:
                continue
            height, common = self._deep
            if height < 0 or self._hash(member, height) == common:
                member.release()
            else:
                self._quarantine(member, member.reason)

    def _tell(self, moment: float) -> None:
        """Let alarms rise and end; one that cannot be stored is tried again next time."""
        for member in self.members:
            since = member.bad_since
            lasts = since is not None and moment - since >= self.rules.tell_seconds
            bad = member.is_quarantined or lasts
            if bad == member.told:
                continue
            key = _key(member)
            if bad:
                sentence = f"node {member.node.name} is {member.state.value}: {member.reason}"
                member.told = self._rise(key, _CODES[member.state], sentence)
            elif member.state is NodeState.GOOD:
                member.told = not self._clear(key)

    def _rise(self, key: str, code: Code, message: str) -> bool:
        with suppress(AnzhengError):
            self._alarms.rise(key, code, message)
            return True
        return False

    def _clear(self, key: str) -> bool:
        with suppress(AnzhengError):
            self._alarms.clear(key)
            return True
        return False


def _key(member: Member) -> str:
    """Return the key of the alarm about a node."""
    return f"node:{member.node.name}"


def _height(member: Member) -> int:
    return member.tip.number if member.tip is not None else -1


def _hash_of(value: Any, height: int) -> bytes | None:  # noqa: ANN401 - JSON
    """Return the hash of a block that a node tells, None when it tells none of this height."""
    with suppress(AnzhengError):
        block = read_block(value)
        return block.hash if block.number == height else None
    return None


def _unavailable(message: str, **facts: int) -> AnzhengError:
    return AnzhengError(Code.CHAIN_UNAVAILABLE, message, **facts)
