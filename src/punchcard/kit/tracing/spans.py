"""Spans: pieces of what one request caused. Rooms begin children of the one in hand, if there is.

Only where something begins (a request, work in the background) a tracer is asked. Everybody else
looks into `current_span`, which holds nothing while traces are off or this one is not sampled.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from typing import Final, Protocol

TRACEPARENT_CHARACTERS: Final = 55


class SpanKind(StrEnum):
    """Which side of something a span is, as OpenTelemetry has it."""

    SERVER = "server"
    INTERNAL = "internal"
    CLIENT = "client"
    CONSUMER = "consumer"


class TracedSpan(Protocol):
    """A piece that has begun. Attributes are words of ours, never what names a person or a shop."""

    @property
    def trace_id(self) -> str:
        """Return the id of the whole trace: 32 hexadecimal digits."""

    @property
    def span_id(self) -> str:
        """Return the id of this piece: 16 hexadecimal digits."""

    @property
    def traceparent(self) -> str:
        """Return the header by which another system goes on (W3C Trace Context)."""

    def child(
        self,
        name: str,
        kind: SpanKind = SpanKind.INTERNAL,
        links: "Sequence[TracedSpan]" = (),
    ) -> "TracedSpan":
        """Begin a piece of this one, which `links` caused as well."""

    def name(self, name: str) -> None:
        """Call it otherwise: what it is may be known at its end only."""

    def note(self, name: str, value: str | int) -> None:
        """Note an attribute."""

    def end(self, *, is_failed: bool = False) -> None:
        """End it, once."""


class Tracer(Protocol):
    """Where traces begin; None of a beginning is one that is not sampled."""

    def begin(self, name: str, traceparent: str | None = None) -> TracedSpan | None:
        """Begin what a request causes, as a part of its caller's trace if it names one."""

    def follow(self, name: str, traceparent: str | None, kind: SpanKind) -> TracedSpan | None:
        """Begin what is done about work that was left, as a part of what left it if it is named."""

    def close(self) -> None:
        """Send what is left."""


current_span: ContextVar[TracedSpan | None] = ContextVar("current_span", default=None)


@contextmanager
def within(span: TracedSpan | None) -> Iterator[TracedSpan | None]:
    """Let `span` be the one in hand until the block ends, and end it: failed if that raises."""
    if span is None:
        yield None
        return
    mark = current_span.set(span)
    try:
        yield span
    except BaseException:
        span.end(is_failed=True)
        raise
    else:
        span.end()
    finally:
        current_span.reset(mark)


def child_of_current(name: str, kind: SpanKind = SpanKind.INTERNAL) -> TracedSpan | None:
    """Begin a piece of the span in hand; None where there is none."""
    span = current_span.get()
    return span.child(name, kind) if span is not None else None


def current_traceparent() -> str | None:
    """Return by what the span in hand is named to whoever does what it leaves; None without one."""
    span = current_span.get()
    return span.traceparent if span is not None else None
