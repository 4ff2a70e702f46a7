"""Several nodes as one: sent to all, read from enough of them at a block that they share.

1. The common block is the highest one that enough nodes (the quorum) have with the same hash; it
   is looked for again when it is a second old. A node that has not got it is left out meanwhile.
2. What is read is read as of that block, from every node that has it, and counts when enough of
   them answer the same. Without so many there is no answer: CHAIN_UNAVAILABLE.
3. A node that answers otherwise although it has the same block is asked once more; one that still
   contradicts is quarantined: an alarm, and no more questions.
4. So is a node with another block eight below the common one.
5. After its time a quarantined node is compared again: if its block agrees it is asked again, else
   the time doubles, up to a day. A new process begins with those about which the alarm stands.
6. The common block never falls back: what was seen once is waited for.
7. Transactions go to every node, also to those that are not believed: they lose nothing by it.

Standard: DESIGN 4 ("one lying node does not decide"); research chain 4.2 (8), 4.3 (10).
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import count
from statistics import median_high
from time import monotonic
from types import MappingProxyType
from typing import Any, Final, final

from anchor.chain import agreement
from anchor.chain.assembly import Assembly, PoolRules, View
from anchor.chain.gather import Asked
from anchor.chain.member import Member, NodeHealth
from anchor.chain.node import Node, number, octets
from anchor.chain.proof import read_block
from anchor.chain_ports import Alarms
from licence.errors import AnzhengError, Code

PATIENCE: Final = 4
"""A node that is silent for so many graces is not given another question meanwhile."""


@final
class NodePool:
    """Nodes of one chain; conforms to `anchor.chain.rpc.Rpc`. Any thread may ask.

    Args:
        nodes: The nodes.
        rules: When they are believed.
        alarms: Who is told about nodes that are not.
        moment: Seconds of a clock that never goes back.
        standing: Code of each alarm that stands already, by its key.

    Raises:
        AnzhengError: SETTINGS_INVALID, for a quorum that is not more than half, or two nodes of
            one name.
    """

    def __init__(
        self,
        nodes: Sequence[Node],
        rules: PoolRules,
        alarms: Alarms,
        moment: Callable[[], float] = monotonic,
        standing: Mapping[str, Code] = MappingProxyType({}),
    ) -> None:
        names = {node.name for node in nodes}
        if not len(nodes) < 2 * rules.quorum <= 2 * len(nodes) or len(names) != len(nodes):
            raise AnzhengError(
                Code.SETTINGS_INVALID,
                "a quorum is more than half of the nodes, and every node has a name of its own",
                nodes=len(nodes),
                quorum=rules.quorum,
            )
        patience = PATIENCE * rules.grace_seconds
        self._all = tuple(Member(node, patience) for node in nodes)
        self._quorum = rules.quorum
        self._turns = count()
        self._assembly = Assembly(self._all, rules, alarms, moment)
        self._assembly.begin_with(standing)

    def close(self) -> None:
        """End the threads and close the connections; it cannot be asked again."""
        for member in self._all:
            member.close()

    def health(self) -> tuple[NodeHealth, ...]:
        """Return what is known of each node, in the order of the settings."""
        moment = self._assembly.moment()
        return tuple(member.health(moment) for member in self._all)

    def quantity(self, method: str, *params: Any) -> int:  # noqa: ANN401 - JSON
        """Return a number.

        Raises:
            AnzhengError: CHAIN_UNAVAILABLE, CHAIN_REVERTED.
        """
        return number(self.ask(method, *params))

    def octets(self, method: str, *params: Any) -> bytes:  # noqa: ANN401 - JSON
        """Return bytes.

        Raises:
            AnzhengError: CHAIN_UNAVAILABLE, CHAIN_REVERTED.
        """
        return octets(self.ask(method, *params))

    def each(self, method: str, *params: Any) -> tuple[Any, ...]:  # noqa: ANN401 - JSON
        """Return what every node that answers says, believed or not.

        Raises:
            AnzhengError: CHAIN_UNAVAILABLE, when none answers.
        """
        asked = self._assembly.ask(self._all, method, params, lambda _: False)
        if not asked.values:
            raise asked.fault(self._quorum)
        return tuple(asked.values.values())

    def ask(self, method: str, *params: Any) -> Any:  # noqa: ANN401 - JSON
        """Return what enough nodes say.

        Raises:
            AnzhengError: CHAIN_UNAVAILABLE, also when they do not agree; CHAIN_REVERTED.
        """
        if method == agreement.SEND:
            return self._send(params)
        if method == agreement.HEIGHT:
            return hex(self._assembly.view().height)
        if method in agreement.PRICES:
            return self._middle(method, params)
        if method == agreement.BLOCK and params[0] in agreement.TAGGED:
            return self._tagged(params)
        return self._read(method, params)

    def _read(self, method: str, params: agreement.Params) -> Any:  # noqa: ANN401 - JSON
        """Steps 2 and 3."""
        view = self._assembly.view()
        wanted = agreement.height_of(method, params)
        if wanted is not None and wanted > view.height:
            view = self._assembly.view(newer_than=view)
            if wanted > view.height and method == agreement.BLOCK:
                return None
        params = agreement.pinned(method, params, view.height)
        asked = self._assembly.ask(view.members, method, params)
        if method == agreement.RECEIPT and _is_newer(asked, view):
            # Anew: who answered before that block came would seem to contradict who came after.
            view = self._assembly.view(newer_than=view)
            asked = self._assembly.ask(view.members, method, params)
        asked = _of_common_blocks(asked, view)
        said = asked.agreed(method, self._quorum)
        if said is None:
            raise asked.fault(self._quorum)
        for member, value in asked.values.items():
            if agreement.essence(method, value) != said:
                again = partial(self._contradicts, member, view, method, params, said)
                self._assembly.accuse(member, view, method, again)
        agreeing = [
            value for value in asked.values.values() if agreement.essence(method, value) == said
        ]
        # In turn: what is not compared, as the nodes of a proof, is then not always the same one's.
        return agreeing[next(self._turns) % len(agreeing)]

    def _contradicts(
        self, member: Member, view: View, method: str, params: agreement.Params, said: str
    ) -> bool | None:
        """Ask all again and say whether one still answers otherwise, None when nobody can tell."""
        again = _of_common_blocks(self._assembly.ask(view.members, method, params), view)
        if member not in again.values or again.agreed(method, self._quorum) != said:
            return None
        return agreement.essence(method, again.values[member]) != said

    def _middle(self, method: str, params: agreement.Params) -> str:
        """Return the middle one of what the nodes reckon: no single one makes it cheap or dear."""
        members, enough = self._assembly.view().members, self._assembly.are_enough
        asked = self._assembly.ask(members, method, params, enough)
        prices = _readable(asked, number)
        if len(prices) < self._quorum:
            raise asked.fault(self._quorum)
        return hex(median_high(prices))

    def _tagged(self, params: agreement.Params) -> Any:  # noqa: ANN401 - JSON
        """Return the highest block that enough nodes call final."""
        members, enough = self._assembly.view().members, self._assembly.are_enough
        asked = self._assembly.ask(members, agreement.BLOCK, params, enough)
        found = sorted(_readable(asked, _tagged_height), reverse=True)
        if len(found) < self._quorum:
            raise asked.fault(self._quorum)
        height = found[self._quorum - 1]
        return None if height < 0 else self._read(agreement.BLOCK, (hex(height), *params[1:]))

    def _send(self, params: agreement.Params) -> Any:  # noqa: ANN401 - JSON
        """Step 7; one node that takes it is enough to call it sent."""
        asked = self._assembly.ask(
            self._all, agreement.SEND, params, lambda asked: bool(asked.values)
        )
        if not asked.values:
            raise asked.fault(least=1)
        return next(iter(asked.values.values()))


def _is_newer(asked: Asked, view: View) -> bool:
    """Say whether some node has a receipt of a block above the common one."""
    return any(_receipt_height(value) > view.height for value in asked.values.values())


def _of_common_blocks(asked: Asked, view: View) -> Asked:
    """Leave out receipts of blocks that not enough nodes have yet: they are none so far."""
    values = {
        member: None if _receipt_height(value) > view.height else value
        for member, value in asked.values.items()
    }
    return Asked(values, asked.errors)


def _receipt_height(value: object) -> int:
    return agreement.receipt_height(value) or 0


def _readable(asked: Asked, read: Callable[[object], int]) -> list[int]:
    """Return the numbers among the answers; what is none does not spoil the others."""
    found = []
    for value in asked.values.values():
        with suppress(AnzhengError):
            found.append(read(value))
    return found


def _tagged_height(value: object) -> int:
    """Return the height of a block that a node calls final, -1 where it calls none so."""
    return -1 if value is None else read_block(value).number
