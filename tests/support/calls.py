"""One call of an ASGI application in this process, without a socket."""

import asyncio
from typing import Any

import httpx
from starlette.types import ASGIApp


def call(app: ASGIApp, method: str, path: str, **request: Any) -> httpx.Response:
    """Send one request to `app` and return its answer; an error that escapes `app` is raised."""
    return asyncio.run(_call(app, method, path, **request))


async def _call(app: ASGIApp, method: str, path: str, **request: Any) -> httpx.Response:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
        return await client.request(method, path, **request)
