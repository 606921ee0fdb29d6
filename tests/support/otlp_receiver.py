"""A collector of traces on this machine: reads what comes in by OpenTelemetry's own protobuf."""

import gzip
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.support.receiver import Receiver, answered, open_receiver


@dataclass(frozen=True)
class Collector:
    """What one collector was sent."""

    receiver: Receiver

    @property
    def address(self) -> str:
        """Return what an operator sets."""
        return self.receiver.url.removesuffix("/hooks")

    @property
    def headers(self) -> list[dict[str, str]]:
        """Return the headers of each batch, their names in small letters."""
        return [lowered(headers) for _, headers, _ in self.receiver.heard]

    @property
    def requests(self) -> list[ExportTraceServiceRequest]:
        """Return what came in, decoded."""
        found = []
        for path, named, body in self.receiver.heard:
            headers = lowered(named)
            assert path == "/v1/traces"
            assert headers["content-type"] == "application/x-protobuf"
            plain = gzip.decompress(body) if headers.get("content-encoding") == "gzip" else body
            found.append(ExportTraceServiceRequest.FromString(plain))
        return found

    @property
    def spans(self) -> list[Span]:
        """Return every span that was sent."""
        return [
            span
            for request in self.requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def named(self, name: str) -> list[Span]:
        """Return the spans of a name."""
        return [span for span in self.spans if span.name == name]

    def path_of(self, span: Span) -> list[str]:
        """Return the names from where a trace begins here to a span."""
        by_id = {one.span_id: one for one in self.spans}
        names = [span.name]
        while (parent := by_id.get(span.parent_span_id)) is not None:
            names.insert(0, parent.name)
            span = parent
        return names


def lowered(headers: Mapping[str, str]) -> dict[str, str]:
    """Return headers with their names in small letters, whoever sent them."""
    return {name.lower(): value for name, value in headers.items()}


def attributes(span: Span) -> dict[str, str | int]:
    """Return the attributes of a span."""
    return {
        one.key: one.value.int_value if one.value.HasField("int_value") else one.value.string_value
        for one in span.attributes
    }


@contextmanager
def open_collector() -> Iterator[Collector]:
    """Collect at a free port of 127.0.0.1 until the block ends."""
    with open_receiver() as receiver:
        receiver.answer = lambda handler: answered(handler, 200)
        yield Collector(receiver)
