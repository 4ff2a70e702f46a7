"""What the report shows: batches, changes of status and alarms over time. Pure.

Days are those of UTC, as the chain counts; long histories are drawn by week or by month.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from anchor.monitor.alarms import KeptAlarm
from anchor.monitor.findings import contract_name
from anchor.monitor.log_rules import SeenLog
from anchor.monitor.ports import ContractState, DayCount, Memory
from anchor.monitor.report_words import STATUS
from licence.formats.trust_types import Authority, Registry, TrustBundle

MOST_BARS: Final = 92
LEAST_DAYS: Final = 14
_STEPS: Final = (1, 7, 28, 91, 364)


@dataclass(frozen=True, slots=True)
class Bars:
    """One number for each stretch of time; `values[i]` begins at `starts[i]`."""

    name: str
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that the report shows.

    Attributes:
        registry: Its id.
        bundle_version: Version of the trust bundle.
        now: When the report was made.
        last_pass: When the monitor last looked; none = never.
        starts: First day of each stretch of time.
        days: Length of a stretch, in days.
        batches: Batches in each.
        licences: Leaves in each.
        statuses: Licences whose status changed, by word; words that never occur are left out.
        alarms: All alarms, oldest first.
        contracts: Where each contract stands.
        logs: Each authority and its log.
    """

    registry: str
    bundle_version: int
    now: datetime
    last_pass: datetime | None
    starts: tuple[date, ...]
    days: int
    batches: Bars
    licences: Bars
    statuses: tuple[Bars, ...]
    alarms: tuple[KeptAlarm, ...]
    contracts: tuple[ContractState, ...]
    logs: tuple[tuple[Authority, SeenLog | None], ...]

    @property
    def begin(self) -> datetime:
        """Where the time axis begins."""
        return datetime.combine(self.starts[0], datetime.min.time(), UTC)

    @property
    def end(self) -> datetime:
        """Where it ends."""
        return self.begin + timedelta(days=self.days * len(self.starts))


def read_report(memory: Memory, bundle: TrustBundle, registry: Registry, now: datetime) -> Report:
    """Read a state file for a report.

    Raises:
        AnzhengError: MONITOR_STATE, STORE_FAILED.
    """
    counts, alarms = memory.days(), memory.alarms(only_open=False)
    starts, days = _axis(counts, alarms, now)
    words = [(word, _bars(f"status:{word}", counts, starts, days)) for word in STATUS]
    return Report(
        registry=registry.id,
        bundle_version=bundle.version,
        now=now,
        last_pass=memory.last_pass(),
        starts=starts,
        days=days,
        batches=_bars("batches", counts, starts, days),
        licences=_bars("licences", counts, starts, days),
        statuses=tuple(Bars(word, bars.values) for word, bars in words if any(bars.values)),
        alarms=alarms,
        contracts=tuple(_contracts(memory, registry)),
        logs=tuple((each, memory.log(each.id)) for each in bundle.authorities),
    )


def _axis(
    counts: Sequence[DayCount], alarms: Sequence[KeptAlarm], now: datetime
) -> tuple[tuple[date, ...], int]:
    last = now.astimezone(UTC).date()
    known = [each.day for each in counts] + [each.first_at.date() for each in alarms]
    first = min([*known, last - timedelta(days=LEAST_DAYS - 1)])
    last = max([*known, last])
    span = (last - first).days + 1
    days = next((step for step in _STEPS if span / step <= MOST_BARS), _STEPS[-1])
    return tuple(first + timedelta(days=at) for at in range(0, span, days)), days


def _bars(name: str, counts: Iterable[DayCount], starts: Sequence[date], days: int) -> Bars:
    values = [0] * len(starts)
    for each in counts:
        if each.what == name:
            values[(each.day - starts[0]).days // days] += each.count
    return Bars(name, tuple(values))


def _contracts(memory: Memory, registry: Registry) -> Iterable[ContractState]:
    for contract in registry.contracts:
        name = contract_name(contract)
        progress = memory.progress(name)
        if progress is not None:
            yield ContractState.of(name, progress)
