"""Calls to the HTTP API for tools: what is refused reaches the assistant as the API's problem."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Generator, Mapping
from http import HTTPStatus
from typing import Any, Final

import httpx
from mcp.server.mcpserver.exceptions import ToolError

TIMEOUT_SECONDS: Final = 30.0
ATTEMPTS: Final = 3
"""How often one call is sent at most; each time with the same idempotency key."""
LONGEST_WAIT_SECONDS: Final = 10
"""Beyond it nobody is kept waiting: the problem with its `Retry-After` is the answer."""

_VENDOR: Final = "/api/v1/vendor/loyalty"
_BUSY: Final = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})

Sleep = Callable[[float], Awaitable[None]]


class ApiCaller:
    """Sends requests of one shop with its API key; a busy server is asked again."""

    def __init__(
        self,
        address: str,
        key: str,
        *,
        staff_pin: str | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """Call the server at `address`, an origin; `transport` and `sleep` are replaced in tests.

        `staff_pin` goes with every change, so that the assistant never sees it.
        """
        self._client = httpx.AsyncClient(
            base_url=address,
            auth=BearerKey(key),
            timeout=TIMEOUT_SECONDS,
            transport=transport,
            headers={"Accept-Language": "en"},
        )
        self._staff_pin = staff_pin
        self._sleep = sleep

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def read(self, path: str, **asked: str | int | None) -> dict[str, Any]:
        """GET a path below the shop's loyalty API; what is None is not asked for.

        Raises ToolError with the problem as JSON.
        """
        wanted = {name: value for name, value in asked.items() if value is not None}
        return await self._answer("GET", path, params=wanted)

    async def find(self, code: str) -> dict[str, Any]:
        """Look for cards by number, token, e-mail address or phone number.

        The code travels in the body, where no log of addresses keeps it. Raises ToolError.
        """
        return await self._answer("POST", "/cards/lookup", json={"code": code})

    async def ask(self, path: str, **fields: str | int | None) -> dict[str, Any]:
        """POST a question, which changes nothing. Raises ToolError with the problem as JSON."""
        return await self._answer("POST", path, json=fields)

    async def change(
        self,
        path: str,
        idempotency_key: str,
        *,
        by_staff: bool = True,
        **fields: str | int | None,
    ) -> dict[str, Any]:
        """POST a change under this key, again as long as it is not known to have arrived.

        `by_staff` sends the staff PIN along, where the route takes one.

        Raises ToolError with the problem as JSON, and the key under which to try again.
        """
        body = {name: value for name, value in fields.items() if value is not None}
        if by_staff and self._staff_pin is not None:
            body["staff_pin"] = self._staff_pin
        headers = {"Idempotency-Key": idempotency_key}
        more = {"idempotency_key": idempotency_key}
        return await self._answer("POST", path, json=body, headers=headers, told=more)

    async def _answer(
        self, method: str, path: str, *, told: Mapping[str, str] | None = None, **request: Any
    ) -> dict[str, Any]:
        """Send until there is an answer; `told` stands in every refusal beside the problem."""
        for attempt in range(1, ATTEMPTS + 1):
            is_last = attempt == ATTEMPTS
            try:
                response = await self._client.request(method, _VENDOR + path, **request)
            except httpx.TransportError as error:
                if is_last:
                    raise _refusal(_unreachable(error), told) from error
                await self._sleep(attempt)
                continue
            wait = _seconds(response, usual=attempt)
            if response.status_code in _BUSY and not is_last and wait <= LONGEST_WAIT_SECONDS:
                await self._sleep(wait)
                continue
            return _content(response, told)
        raise AssertionError("the last attempt ends it")


class BearerKey(httpx.Auth):
    """Sends the key; given as `auth`, so that no entry of a .netrc file takes its place."""

    def __init__(self, key: str) -> None:
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._key}"
        yield request


def _content(response: httpx.Response, told: Mapping[str, str] | None) -> dict[str, Any]:
    try:
        content = response.json()
    except (ValueError, RecursionError):
        content = None
    if response.is_success and isinstance(content, dict):
        return content
    if isinstance(content, dict) and "code" in content:
        wait = response.headers.get("Retry-After")
        raise _refusal(content | ({"retry_after": wait} if wait else {}), told)
    detail = "What answered is no Punchcard server: look at the address."
    raise _refusal(
        {"code": "answer_not_understood", "status": response.status_code, "detail": detail}, told
    )


def _refusal(problem: Mapping[str, Any], told: Mapping[str, str] | None) -> ToolError:
    return ToolError(json.dumps({**problem, **(told or {})}, ensure_ascii=False))


def _unreachable(error: httpx.TransportError) -> dict[str, Any]:
    detail = f"The server did not answer ({type(error).__name__}). Try again under the same key."
    return {"code": "server_unreachable", "detail": detail}


def _seconds(response: httpx.Response, *, usual: int) -> int:
    told = response.headers.get("Retry-After", "")
    return int(told) if told.isascii() and told.isdigit() else usual
