"""One node of a pool: its thread, what is known of it, and whether it is believed."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum, unique
from time import monotonic
from typing import Any, Final

from anchor.chain.agreement import SEND
from anchor.chain.node import Node
from anchor.chain_ports import Block
from licence.errors import AnzhengError

MOST_WAITING: Final = 64
"""Questions that may wait for one node, from all threads together."""

LONGEST: Final = 24 * 3600.0
"""Longest quarantine."""

STRIKES: Final = 3
"""So many contradictions, each taken back when asked again, count as one that is not."""


@unique
class NodeState(StrEnum):
    """How a node stands among the others."""

    GOOD = "good"
    """It is asked, and agrees."""
    BEHIND = "behind"
    """It answers, but has not the newest block that enough others have."""
    AWAY = "away"
    """It does not answer, or not sensibly."""
    QUARANTINED = "quarantined"
    """It contradicted the others about one and the same block."""
    UNKNOWN = "unknown"
    """It was not asked yet."""


@dataclass(frozen=True, slots=True)
class NodeHealth:
    """What is known of one node.

    Attributes:
        name: Its name.
        state: How it stands.
        height: Its newest block when it was last asked.
        seconds: How long its last answer took.
        reason: Why it is left out; "" when it is not.
        seconds_left: Until a quarantined node is looked at again.
    """

    name: str
    state: NodeState
    height: int | None
    seconds: float | None
    reason: str
    seconds_left: float


class Member:
    """A node with one thread that asks it, so that no other node waits for it.

    Args:
        node: The node.
        patience: A node that is busy with one question for so long is not given another.
    """

    def __init__(self, node: Node, patience: float) -> None:
        self.node: Final = node
        self.state = NodeState.UNKNOWN
        self.tip: Block | None = None
        self.seconds: float | None = None
        self.reason = ""
        self.until = 0.0
        self.bad_since: float | None = None
        self.told = False
        self._patience = patience
        self._lock = threading.Lock()
        self._waiting = 0
        self._begun: float | None = None
        self._strikes = 0
        self._sentences = 0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"node {node.name}")

    @property
    def is_quarantined(self) -> bool:
        """Whether it is not believed at present."""
        return self.state is NodeState.QUARANTINED

    @property
    def is_busy(self) -> bool:
        """Whether another question would only wait."""
        begun = self._begun
        stuck = begun is not None and monotonic() - begun > self._patience
        return stuck or self._waiting >= MOST_WAITING

    def submit(self, method: str, params: tuple[Any, ...]) -> "Future[Any]":
        """Ask it something."""
        with self._lock:
            self._waiting += 1
        future = self._thread.submit(self._ask, method, params)
        future.add_done_callback(self._answered)
        return future

    def close(self) -> None:
        """End the thread; what is under way is not waited for."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        self.node.close()

    def mark(self, state: NodeState, reason: str, moment: float) -> None:
        """Note how it stands; a quarantine ends only by `release`."""
        if self.is_quarantined:
            return
        self.state, self.reason = state, reason
        if state is NodeState.GOOD:
            self.bad_since = None
        elif self.bad_since is None:
            self.bad_since = moment

    def strike(self) -> bool:
        """Count a contradiction that was taken back; say whether it was one too many."""
        self._strikes += 1
        return self._strikes >= STRIKES

    def quarantine(self, reason: str, seconds: float, moment: float) -> None:
        """Believe it nothing for a time, which doubles with each time."""
        sentence = min(seconds * 2**self._sentences, LONGEST)
        self._sentences += 1
        if not self.is_quarantined:
            self.told = False
        self.state, self.reason, self.until = NodeState.QUARANTINED, reason, moment + sentence

    def release(self) -> None:
        """Believe it again."""
        self.state, self.reason, self._strikes = NodeState.GOOD, "", 0
        self.bad_since = None

    def health(self, moment: float) -> NodeHealth:
        """Return what is known of it."""
        return NodeHealth(
            name=self.node.name,
            state=self.state,
            height=self.tip.number if self.tip else None,
            seconds=self.seconds,
            reason=self.reason,
            seconds_left=max(0.0, self.until - moment) if self.is_quarantined else 0.0,
        )

    def _ask(self, method: str, params: tuple[Any, ...]) -> Any:  # noqa: ANN401 - JSON
        begun = self._begun = monotonic()
        try:
            answer = self._ask_twice(method, params)
            self.seconds = monotonic() - begun
            return answer
        except AnzhengError as error:
            if "rpc_message" in error.facts:
                self.seconds = monotonic() - begun
            raise
        finally:
            self._begun = None

    def _ask_twice(self, method: str, params: tuple[Any, ...]) -> Any:  # noqa: ANN401 - JSON
        """Read once more at once when the connection broke or the answer was damaged.

        Of a quorum all must be heard: where one answer in ten is lost, every other reading would
        fail. A silent node has had its time, and what is sent is repeated by the sender alone.
        """
        try:
            return self.node.ask(method, *params)
        except AnzhengError as error:
            if method == SEND or error.facts.get("timed_out") is not False:
                raise
        return self.node.ask(method, *params)

    def _answered(self, _future: "Future[Any]") -> None:
        """Count one question less, also when it was taken back before it was asked."""
        with self._lock:
            self._waiting -= 1
