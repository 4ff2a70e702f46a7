"""What a pass works with, and what it finds."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from anchor.events import Keccak
from anchor.monitor.alarms import Alarm, KeptAlarm, MonitorPolicy, Unchecked
from anchor.monitor.ports import ContractState, Lists, Memory, Nodes, Progress, Register
from anchor.monitor.watch import WatchKey
from anchor.public_log import PublicLog
from licence.errors import AnzhengError, Code
from licence.formats.trust_types import Contract, Registry, TrustBundle
from licence.ports import Clock

ALARMS: Final = 1
"""Exit code: an alarm is open."""
UNCHECKED: Final = 2
"""Exit code: no alarm, but something could not be looked at."""


@dataclass(frozen=True, slots=True)
class Means:
    """What the monitor works with.

    Attributes:
        bundle: The trust bundle.
        registry: Which registry of it.
        nodes: The chain nodes.
        memory: The state file.
        clock: Tells the time.
        keccak: keccak-256.
        public: The public logs; none leaves rules 2 and 3 out.
        lists: The published lists; none leaves rule 4 out.
        register: The authority's own register; only its owner has one.
        watched: Enterprises that are watched; none leaves that rule out.
        policy: How much time others have.
        unread: Contracts of the registry whose events this release does not read.
    """

    bundle: TrustBundle
    registry: Registry
    nodes: Nodes
    memory: Memory
    clock: Clock
    keccak: Keccak
    public: PublicLog | None = None
    lists: Lists | None = None
    register: Register | None = None
    watched: tuple[WatchKey, ...] | None = None
    policy: MonitorPolicy = field(default_factory=MonitorPolicy)
    unread: frozenset[Contract] = frozenset()

    @property
    def contracts(self) -> tuple[Contract, ...]:
        """The contracts that are followed."""
        return tuple(each for each in self.registry.contracts if each not in self.unread)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a pass came to.

    Attributes:
        at: When.
        raised: Alarms that are new.
        closed: Alarms that are over.
        open: All alarms that are open.
        unchecked: What could not be looked at.
        contracts: Where each contract stands.
    """

    at: datetime
    raised: tuple[Alarm, ...]
    closed: tuple[KeptAlarm, ...]
    open: tuple[KeptAlarm, ...]
    unchecked: tuple[Unchecked, ...]
    contracts: tuple[ContractState, ...]

    @property
    def exit_code(self) -> int:
        """0 nothing is wrong, 1 an alarm is open, 2 something could not be looked at."""
        if self.open:
            return ALARMS
        return UNCHECKED if self.unchecked else 0


class Findings:
    """What the rules of one pass say, kept as they say it."""

    def __init__(self, memory: Memory, now: datetime) -> None:
        self.now = now
        self._memory = memory
        self.contracts: dict[str, Progress] = {}
        self._behind = False
        self._raised: list[Alarm] = []
        self._found: set[str] = set()
        self._groups: set[str] = set()
        self.unchecked: list[Unchecked] = []

    def keep(self, alarms: Iterable[Alarm]) -> None:
        """Keep alarms at once: an event is read once only."""
        found = tuple(alarms)
        if found:
            with self._memory.step() as step:
                self.kept(found, [alarm for alarm in found if step.raise_alarm(alarm, self.now)])

    def kept(self, found: Iterable[Alarm], new: Iterable[Alarm]) -> None:
        """Note alarms that are kept already, as part of another step."""
        self._found |= {alarm.id for alarm in found}
        self._raised += new

    def run(self, group: str, rule: Callable[[], None]) -> None:
        """Run a rule, which looks and keeps what it finds; old alarms not found again are over."""
        try:
            rule()
        except AnzhengError as error:
            if error.code in _OURS:
                raise
            self.unchecked.append(Unchecked(group, error.code, error.message))
            return
        self._groups.add(group)

    def is_behind(self) -> None:
        """Note that a contract is not known up to its newest final block."""
        self._behind = True

    def require_chain(self) -> None:
        """Refuse to compare with a state of the chain that may be over.

        Raises:
            AnzhengError: CHAIN_UNAVAILABLE.
        """
        if self._behind:
            raise AnzhengError(Code.CHAIN_UNAVAILABLE, "the chain was not read to its end")

    def skip(self, group: str, code: Code, message: str) -> None:
        """Note that a rule could not look."""
        self.unchecked.append(Unchecked(group, code, message))

    def end(self, contracts: Sequence[ContractState]) -> Outcome:
        """Close what is gone, and tell."""
        blind = {each.group for each in self.unchecked}
        with self._memory.step() as step:
            closed = step.close_gone(self._groups - blind, self._found, self.now)
            step.pass_done(self.now)
        return Outcome(
            at=self.now,
            raised=tuple(self._raised),
            closed=closed,
            open=self._memory.alarms(only_open=True),
            unchecked=tuple(self.unchecked),
            contracts=tuple(contracts),
        )


_OURS: Final = (Code.MONITOR_STATE, Code.STORE_FAILED)
"""What stops the whole pass: nothing can be remembered."""


def contract_name(contract: Contract) -> str:
    """Return how alarms and the state file call a contract."""
    return f"{contract.chain_id}:0x{contract.address.hex()}"
