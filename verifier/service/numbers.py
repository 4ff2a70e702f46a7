"""What a monitoring system reads about the service: verdicts, times, refusals, age of the trust.

Standard: OpenMetrics text by prometheus-client; nothing here names a licence or an asker.
"""

from collections.abc import Callable
from typing import Final

from prometheus_client import Counter, Histogram

from licence.errors import Code
from licence.formats.report import Report
from verifier.service.metrics import Metrics, Watched

SERVICE: Final = "verifier"
SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Numbers:
    """The numbers of one process.

    Args:
        watched: Gauges that are read when somebody asks.
    """

    def __init__(self, watched: tuple[Watched, ...] = ()) -> None:
        self.http = Metrics(watched, service=SERVICE)
        self._verdicts = Counter(
            "anzheng_verifier_verdicts",
            "Verifications by kind of artefact, verdict and deciding code.",
            ("artefact", "verdict", "code"),
            registry=self.http.registry,
        )
        self._seconds = Histogram(
            "anzheng_verifier_check_seconds",
            "From handing an artefact to the checks to the report; waiting included.",
            ("artefact",),
            buckets=SECONDS,
            registry=self.http.registry,
        )
        self._refused = Counter(
            "anzheng_verifier_refused",
            "Requests that were sent away, by code.",
            ("code",),
            registry=self.http.registry,
        )

    def watch(self, name: str, meaning: str, read: Callable[[], float]) -> None:
        """Add a gauge that is read when somebody asks."""
        self.http.watch(name, meaning, read)

    def verified(self, artefact: str, report: Report, seconds: float) -> None:
        """Count a verification."""
        self._verdicts.labels(artefact, report.verdict.value, report.code.value).inc()
        self._seconds.labels(artefact).observe(seconds)

    def refused(self, code: Code) -> None:
        """Count a request that was sent away."""
        self._refused.labels(code.value).inc()
