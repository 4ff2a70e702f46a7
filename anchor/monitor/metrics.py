"""The last pass as Prometheus text: for `node_exporter`'s text files, or to be scraped.

Standard: Prometheus text format 0.0.4.
"""

from collections import Counter
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from typing_extensions import override

from anchor.monitor.findings import Outcome

PREFIX = "anzheng_monitor_"


def metrics(outcome: Outcome) -> bytes:
    """Return the metrics of a pass."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Pass(outcome))
    return generate_latest(registry)


class _Pass(Collector):
    """One pass."""

    def __init__(self, outcome: Outcome) -> None:
        self._outcome = outcome

    @override
    def collect(self) -> Iterator[Metric]:
        outcome = self._outcome
        yield _one("last_pass_seconds", "When the last pass ended", outcome.at.timestamp())
        yield _one("exit_code", "0 good, 1 an alarm is open, 2 not all checked", outcome.exit_code)
        yield _one("unchecked", "Rules that could not look", len(outcome.unchecked))
        alarms = GaugeMetricFamily(PREFIX + "alarms", "Open alarms", labels=["code"])
        for code, count in sorted(Counter(each.alarm.code for each in outcome.open).items()):
            alarms.add_metric([code.value], count)
        yield alarms
        for name, what in (
            ("block", "Last verified block"),
            ("block_time_seconds", "Its time"),
            ("history_entries", "Entries of the contract's history"),
            ("batches", "Anchored batches"),
        ):
            family = GaugeMetricFamily(PREFIX + name, what, labels=["contract"])
            for each in outcome.contracts:
                values = {
                    "block": each.block_number,
                    "block_time_seconds": each.block_time.timestamp(),
                    "history_entries": each.sequence,
                    "batches": each.batches,
                }
                family.add_metric([each.contract], values[name])
            yield family


def _one(name: str, what: str, value: float) -> Metric:
    return GaugeMetricFamily(PREFIX + name, what, value=value)
