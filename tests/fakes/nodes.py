"""Several nodes in front of one anvil, each of which can lie in a way of its own."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from typing_extensions import override

from anchor.chain.assembly import PoolRules
from anchor.chain.node import Node
from anchor.chain.pool import NodePool
from licence.errors import Code
from tests.fakes.faulty_proxy import FaultyProxy

Lie = Callable[[list[Any], Any], Any]
"""Makes another result of parameters and the true one."""

RULES = PoolRules(
    quorum=2, quarantine_seconds=60, view_seconds=-1, grace_seconds=0.5, timeout_seconds=4
)

PATIENCE_SECONDS = 3.0
"""Longest wait for one node."""


@dataclass(frozen=True)
class Refuse:
    """The node answers with this error, and does nothing."""

    code: int
    message: str
    data: str | None = None


class LyingNode(FaultyProxy):
    """A node that lies as long as it is told to."""

    def __init__(self, upstream: str) -> None:
        super().__init__(upstream)
        self.lies: dict[str, Lie | Refuse] = {}

    @override
    def answer(self, asked: Mapping[str, Any], body: bytes, fault: str) -> bytes:
        lie = self.lies.get(str(asked["method"]))
        if isinstance(lie, Refuse):
            return json.dumps({"id": asked["id"], "error": asdict(lie)}).encode()
        data = super().answer(asked, body, fault)
        if lie is None:
            return data
        answer = json.loads(data)
        answer["result"] = lie(list(asked.get("params", [])), answer.get("result"))
        answer.pop("error", None)
        return json.dumps(answer).encode()


class MemoryAlarms:
    """Alarms as they stand, and all that ever rose."""

    def __init__(self) -> None:
        self.standing: dict[str, Code] = {}
        self.risen: list[tuple[str, Code]] = []

    def rise(self, key: str, code: Code, message: str) -> None:
        assert message
        if self.standing.get(key) is not code:
            self.risen.append((key, code))
        self.standing[key] = code

    def clear(self, key: str) -> None:
        self.standing.pop(key, None)


class Watch:
    """A clock that never goes back, unless a test winds it."""

    def __init__(self) -> None:
        self.moment = 1_000.0

    def __call__(self) -> float:
        return self.moment


class NodeField:
    """Nodes n1, n2, … and a pool of them."""

    def __init__(
        self,
        upstream: str,
        count: int = 3,
        rules: PoolRules = RULES,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._patience = patience
        self.nodes = [LyingNode(upstream) for _ in range(count)]
        self.alarms = MemoryAlarms()
        self.watch = Watch()
        self._rules = rules
        self.pool = self._open()

    def restart(self) -> None:
        """Let a new process begin, with nothing but the alarms that stand."""
        self.pool.close()
        self.pool = self._open()

    def _open(self) -> NodePool:
        return NodePool(
            [
                Node(each.url, name=f"n{number}", timeout_seconds=self._patience)
                for number, each in enumerate(self.nodes, start=1)
            ],
            self._rules,
            self.alarms,
            self.watch,
            dict(self.alarms.standing),
        )

    def states(self) -> list[str]:
        """Return how each node stands."""
        return [health.state.value for health in self.pool.health()]

    def close(self) -> None:
        self.pool.close()
        for node in self.nodes:
            node.close()


@contextmanager
def field_of(
    upstream: str,
    count: int = 3,
    rules: PoolRules = RULES,
    patience: float = PATIENCE_SECONDS,
) -> Iterator[NodeField]:
    """Run nodes in front of an anvil for the length of a block of code."""
    field = NodeField(upstream, count, rules, patience)
    try:
        yield field
    finally:
        field.close()
