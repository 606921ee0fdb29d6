"""A client that calls an application in this process: plain calls, also from several threads."""

import asyncio
import sys
import threading
from importlib.util import find_spec
from types import TracebackType
from typing import Any

import httpx
from starlette.types import ASGIApp

if find_spec("sniffio") is None:
    # httpx asks for it at each request; so nobody looks through all folders for it each time.
    sys.modules["sniffio"] = None  # type: ignore[assignment]


class AppTransport(httpx.BaseTransport):
    """Serves requests from an application that runs in an event loop of its own thread."""

    def __init__(self, app: ASGIApp, *, address: str = "203.0.113.7") -> None:
        self._transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(address, 1))
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Serve one request; threads that call at the same moment are served side by side."""
        request.read()
        return asyncio.run_coroutine_threadsafe(self._serve(request), self._loop).result(60)

    def close(self) -> None:
        """Stop the loop."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _serve(self, request: httpx.Request) -> httpx.Response:
        response = await self._transport.handle_async_request(request)
        # As it came over the wire: the answer made of it unpacks it.
        content = b"".join([part async for part in response.aiter_raw()])
        return httpx.Response(
            response.status_code, headers=response.headers, content=content, request=request
        )


class Api:
    """A caller of the API with or without a token; answers are `httpx.Response`s."""

    def __init__(self, client: httpx.Client, token: str | None = None) -> None:
        self._client = client
        self.token = token

    def with_token(self, token: str | None) -> "Api":
        """Return the same client for another caller."""
        return Api(self._client, token)

    def call(
        self,
        method: str,
        path: str,
        json: Any = None,
        *,
        key: str | None = None,
        if_match: str | None = None,
        **options: Any,
    ) -> httpx.Response:
        """Send a request to a path below /api/v1, with an idempotency key if one is given."""
        headers = dict(options.pop("headers", {}))
        if if_match is not None:
            headers["If-Match"] = if_match
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        if key is not None:
            headers["Idempotency-Key"] = key
        if json is not None:
            options["json"] = json
        return self._client.request(method, f"/api/v1{path}", headers=headers, **options)

    def get(self, path: str, **options: Any) -> httpx.Response:
        """Send a GET."""
        return self.call("GET", path, **options)

    def post(self, path: str, json: Any = None, **options: Any) -> httpx.Response:
        """Send a POST."""
        return self.call("POST", path, json, **options)

    def patch(self, path: str, json: Any = None, **options: Any) -> httpx.Response:
        """Send a PATCH."""
        return self.call("PATCH", path, json, **options)

    def delete(self, path: str, **options: Any) -> httpx.Response:
        """Send a DELETE."""
        return self.call("DELETE", path, **options)


class InProcess:
    """`with InProcess(app) as api:` calls the application without a network."""

    def __init__(self, app: ASGIApp) -> None:
        self._client = httpx.Client(transport=AppTransport(app), base_url="http://shop.test")

    def __enter__(self) -> Api:
        self._client.__enter__()
        return Api(self._client)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.__exit__(kind, error, trace)
