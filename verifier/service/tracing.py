"""OpenTelemetry, off unless an address is named: spans say how long a step took, never of what.

Standard: OTLP/HTTP; W3C Trace Context (a caller's `traceparent` is followed).
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Final, Protocol, TypedDict

SERVICE_NAME = "anzheng-verifier"


class _Silence(TypedDict):
    record_exception: bool
    set_status_on_exception: bool


_SAY_NOTHING: Final[_Silence] = {"record_exception": False, "set_status_on_exception": False}
"""The text of an error may say what was handed in; the SDK writes it into a span's status too."""


class Tracing(Protocol):
    """Makes spans."""

    def span(self, name: str) -> AbstractContextManager[None]:
        """Measure a step, as part of what is under way."""
        ...

    def request(self, route: str, headers: Mapping[str, str]) -> AbstractContextManager[str]:
        """Measure a request and give the id of its trace; empty where nobody collects."""
        ...

    def close(self) -> None:
        """Send what is left."""
        ...


class NoTracing:
    """Makes no spans."""

    def span(self, name: str) -> AbstractContextManager[None]:
        """Do nothing."""
        del name
        return nullcontext()

    def request(self, route: str, headers: Mapping[str, str]) -> AbstractContextManager[str]:
        """Do nothing."""
        del route, headers
        return nullcontext("")

    def close(self) -> None:
        """Do nothing."""


class Spans:
    """Makes spans with the OpenTelemetry SDK.

    Args:
        exporter: Where they go; an `opentelemetry.sdk.trace.export.SpanExporter`.
        at_once: Whether each span is sent as it ends, for tests.
    """

    def __init__(self, exporter: object, *, at_once: bool = False) -> None:
        # Here, for importing the SDK takes a while and most services have none.
        from opentelemetry.propagate import extract  # noqa: PLC0415
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import (  # noqa: PLC0415
            BatchSpanProcessor,
            SimpleSpanProcessor,
            SpanExporter,
        )

        if not isinstance(exporter, SpanExporter):
            raise TypeError("the exporter is none of OpenTelemetry's")
        kind = SimpleSpanProcessor if at_once else BatchSpanProcessor
        self._provider = TracerProvider(resource=Resource({"service.name": SERVICE_NAME}))
        self._provider.add_span_processor(kind(exporter))
        self._tracer = self._provider.get_tracer(SERVICE_NAME)
        self._extract = extract

    @contextmanager
    def span(self, name: str) -> Iterator[None]:
        """Measure a step, as part of what is under way."""
        with self._tracer.start_as_current_span(name, **_SAY_NOTHING):
            yield

    @contextmanager
    def request(self, route: str, headers: Mapping[str, str]) -> Iterator[str]:
        """Measure a request, as part of the caller's trace if it says so."""
        caller = self._extract(headers)
        with self._tracer.start_as_current_span(route, caller, **_SAY_NOTHING) as span:
            yield f"{span.get_span_context().trace_id:032x}"

    def close(self) -> None:
        """Send what is left."""
        self._provider.shutdown()


def open_tracing(url: str) -> Tracing:
    """Return what sends spans to a collector, or what makes none without an address."""
    if not url:
        return NoTracing()
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
        OTLPSpanExporter,
    )

    return Spans(OTLPSpanExporter(endpoint=url))
