"""A span for each request, around everything else; there only while traces are on."""

from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from punchcard.kit.tracing.spans import Tracer, within


class Traced:
    """Begins a trace with each request, or goes on with its caller's; see `OtlpTracer`.

    Its attributes are those of OpenTelemetry for servers (`http.request.method`, `http.route`,
    `http.response.status_code`), and `punchcard.code` of a refusal: no path, address or caller.
    """

    def __init__(self, app: ASGIApp, tracer: Tracer) -> None:
        self._app = app
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection event; only HTTP is traced."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 0

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with within(self._tracer.begin("request", _traceparent(scope))) as span:
            try:
                await self._app(scope, receive, watched)
            finally:
                if span is not None:
                    route: Any = getattr(scope.get("route"), "path", None)
                    span.name(f"{scope['method']} {route or 'none'}")
                    span.note("http.request.method", scope["method"])
                    span.note("http.response.status_code", status)
                    if route is not None:
                        span.note("http.route", route)
                    if (code := scope.get("state", {}).get("refusal")) is not None:
                        span.note("punchcard.code", code)


def _traceparent(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"traceparent":
            return str(value.decode("latin-1"))
    return None
