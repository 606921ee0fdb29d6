"""Traces by OpenTelemetry, sent over OTLP with HTTP and protobuf.

https://opentelemetry.io/docs/specs/otlp/ and https://www.w3.org/TR/trace-context/. The packages are
the extra `punchcard[otel]`; nothing else here imports them.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Link, Span, SpanContext, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from punchcard.kit.tracing.spans import SpanKind, TracedSpan

_KINDS: Final = {
    SpanKind.SERVER: trace.SpanKind.SERVER,
    SpanKind.INTERNAL: trace.SpanKind.INTERNAL,
    SpanKind.CLIENT: trace.SpanKind.CLIENT,
    SpanKind.CONSUMER: trace.SpanKind.CONSUMER,
}
_PATH: Final = "/v1/traces"
_propagator: Final = TraceContextTextMapPropagator()


class OtlpSpan:
    """A span that is recorded; see `TracedSpan`."""

    def __init__(self, span: Span, tracer: trace.Tracer) -> None:
        self._span = span
        self._tracer = tracer

    @property
    def context(self) -> SpanContext:
        """Return by what OpenTelemetry names it."""
        return self._span.get_span_context()

    @property
    def trace_id(self) -> str:
        """Return the id of the whole trace."""
        return trace.format_trace_id(self.context.trace_id)

    @property
    def span_id(self) -> str:
        """Return the id of this piece."""
        return trace.format_span_id(self.context.span_id)

    @property
    def traceparent(self) -> str:
        """Return the header by which another system goes on."""
        return f"00-{self.trace_id}-{self.span_id}-{self.context.trace_flags:02x}"

    def child(
        self,
        name: str,
        kind: SpanKind = SpanKind.INTERNAL,
        links: Sequence[TracedSpan] = (),
    ) -> "OtlpSpan":
        """Begin a piece of this one."""
        span = self._tracer.start_span(
            name,
            context=trace.set_span_in_context(self._span, Context()),
            kind=_KINDS[kind],
            links=[Link(one.context) for one in links if isinstance(one, OtlpSpan)],
        )
        return OtlpSpan(span, self._tracer)

    def name(self, name: str) -> None:
        """Call it otherwise."""
        self._span.update_name(name)

    def note(self, name: str, value: str | int) -> None:
        """Note an attribute."""
        self._span.set_attribute(name, value)

    def end(self, *, is_failed: bool = False) -> None:
        """End it, once."""
        if is_failed:
            self._span.set_status(Status(StatusCode.ERROR))
        self._span.end()


class OtlpTracer:
    """Begins traces and sends them to `endpoint`, from a thread of its own; see `Tracer`.

    A part of `sample_rate` (0 to 1) of all traces is recorded, chosen by their ids, also of those
    that a caller began, whatever that one says of it. What can't be sent in time is dropped, and
    never waited for.
    """

    def __init__(
        self, endpoint: str, *, sample_rate: float, headers: Mapping[str, str], version: str
    ) -> None:
        by_id = TraceIdRatioBased(sample_rate)
        self._provider = TracerProvider(
            sampler=ParentBased(
                by_id, remote_parent_sampled=by_id, remote_parent_not_sampled=by_id
            ),
            resource=Resource.create({"service.name": "punchcard", "service.version": version}),
            shutdown_on_exit=False,
        )
        address = endpoint.rstrip("/")
        exporter = OTLPSpanExporter(
            endpoint=address if address.endswith(_PATH) else address + _PATH,
            headers=dict(headers),
        )
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("punchcard", version)

    def begin(self, name: str, traceparent: str | None = None) -> OtlpSpan | None:
        """Begin what a request causes."""
        return self._start(name, traceparent, SpanKind.SERVER)

    def follow(self, name: str, traceparent: str | None, kind: SpanKind) -> OtlpSpan | None:
        """Begin what is done about work that was left."""
        return self._start(name, traceparent, kind)

    def close(self) -> None:
        """Send what is left, and end the thread."""
        self._provider.shutdown()

    def _start(self, name: str, traceparent: str | None, kind: SpanKind) -> OtlpSpan | None:
        carrier = {"traceparent": traceparent} if traceparent else {}
        parent = _propagator.extract(carrier, Context())
        span = self._tracer.start_span(name, context=parent, kind=_KINDS[kind])
        return OtlpSpan(span, self._tracer) if span.is_recording() else None
