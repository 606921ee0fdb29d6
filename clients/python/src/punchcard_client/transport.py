"""Sends one call until there is an answer: the same key each time, never sooner than told."""

import random
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote, urlsplit

import httpx

from punchcard_client.errors import PunchcardError, Unreachable, problem_of

_REFUSED_FOR_NOW: Final = frozenset({429, 503})
_LOST_ON_THE_WAY: Final = frozenset({502, 504})
PAGE: Final = 200
"""As many items as a list gives at once."""

_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a call is tried: `attempts` in all, each of at most `timeout_seconds`.

    Between them it waits as the server says, or from `first_wait_seconds` on twice as long each
    time, up to `longest_wait_seconds`; a server that wants more is `Busy` at once.
    """

    attempts: int = 5
    timeout_seconds: float = 30.0
    first_wait_seconds: float = 0.5
    longest_wait_seconds: float = 30.0

    def wait_seconds(self, attempt: int, told: int | None, chance: float) -> float | None:
        """Return the wait after this attempt (from 1), None if it was the last.

        `chance` in [0, 1) spreads the clients of a server that was away: up to a quarter longer
        than told, or between half and all of the usual wait.
        """
        if attempt >= self.attempts or (told is not None and told > self.longest_wait_seconds):
            return None
        if told is not None:
            return told * (1 + chance / 4)
        usual = min(self.first_wait_seconds * 2.0 ** (attempt - 1), self.longest_wait_seconds)
        return usual * (1 + chance) / 2


class Transport:
    """Calls one server, with one API key or none; may be used by several threads."""

    def __init__(
        self,
        url: str,
        key: str | None,
        *,
        language: str = "en",
        patience: Patience | None = None,
        allow_http: bool = False,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], object] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Call the server at `url`; `transport`, `sleep` and `chance` are replaced in tests.

        Raises ValueError for http to another machine, where the key can be read on the way, unless
        `allow_http`.
        """
        parts = urlsplit(url)
        is_open = key is not None and parts.scheme != "https" and parts.hostname not in _LOCAL
        if parts.scheme not in ("http", "https") or (is_open and not allow_http):
            raise ValueError(f"{url} is no https address")
        self.patience = patience or Patience()
        self._sleep = sleep
        self._chance = chance
        self._client = httpx.Client(
            base_url=url,
            auth=_Bearer(key) if key is not None else _NOBODY,
            headers={"Accept-Language": language},
            timeout=self.patience.timeout_seconds,
            transport=transport,
        )

    def __enter__(self) -> Self:
        """Use it in a `with` block, which closes it."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def call(
        self,
        method: str,
        path: str,
        *,
        fields: Any = None,
        asked: dict[str, Any] | None = None,
        key: str | None = None,
        is_safe: bool = False,
    ) -> Any:
        """Send a request and return the JSON of its answer, None where there is none.

        `is_safe` says that it changes nothing, or has keys within: then, as with a `key`, it is
        sent again when its answer was lost. What the server refused for now always is.
        Raises Problem and Unreachable.
        """
        is_safe = is_safe or method == "GET" or key is not None
        try:
            return self._call(method, path, fields, asked or {}, key, is_safe=is_safe)
        except PunchcardError as error:
            error.idempotency_key = key
            raise

    def _call(
        self,
        method: str,
        path: str,
        fields: Any,
        asked: dict[str, Any],
        key: str | None,
        *,
        is_safe: bool,
    ) -> Any:
        headers = {"Idempotency-Key": key} if key is not None else {}
        wanted = {name: value for name, value in asked.items() if value is not None}
        attempt = 0
        while True:
            attempt += 1
            try:
                answer = self._client.request(
                    method, path, json=fields, params=wanted, headers=headers
                )
            except httpx.TransportError as error:
                if not is_safe or not self._wait(attempt, None):
                    raise Unreachable(f"the server did not answer: {error!r}") from error
                continue
            told = _retry_after(answer)
            if _is_for_now(answer, is_safe=is_safe) and self._wait(attempt, told):
                continue
            return _content(answer, told)

    def _wait(self, attempt: int, told: int | None) -> bool:
        """Wait before the next attempt; False if there is none."""
        seconds = self.patience.wait_seconds(attempt, told, self._chance())
        if seconds is None:
            return False
        self._sleep(seconds)
        return True


def each_item(transport: Transport, path: str, asked: Mapping[str, Any]) -> Iterator[Any]:
    """Give every item of a list, page after page."""
    cursor: str | None = None
    while True:
        page = transport.call("GET", path, asked={"limit": PAGE, **asked, "cursor": cursor})
        yield from page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return


def as_part(given: str) -> str:
    """Return an id as one part of a path. Raises ValueError for what would be another path."""
    if given in ("", ".", ".."):
        raise ValueError("an id is missing")
    return quote(given, safe="")


class _Bearer(httpx.Auth):
    """Sends the key; given as `auth`, so that no entry of a .netrc file takes its place."""

    def __init__(self, key: str) -> None:
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._key}"
        yield request


_NOBODY: Final = httpx.Auth()
"""Sends no key; given as `auth` for the same reason."""


def _is_for_now(answer: httpx.Response, *, is_safe: bool) -> bool:
    """Tell whether it may be otherwise soon.

    A refusal of Punchcard's own wrote nothing; a proxy's 503 may have lost the answer.
    """
    if answer.status_code in _REFUSED_FOR_NOW:
        return is_safe or _json(answer) is not None
    return is_safe and answer.status_code in _LOST_ON_THE_WAY


def _content(answer: httpx.Response, told: int | None) -> Any:
    if answer.status_code == httpx.codes.NO_CONTENT:
        return None
    content = _json(answer)
    if answer.is_success and content is not None:
        return content
    if isinstance(content, dict) and "code" in content:
        raise problem_of(answer.status_code, content, told)
    raise Unreachable(f"what answered ({answer.status_code}) is no Punchcard server")


def _json(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None


def _retry_after(answer: httpx.Response) -> int | None:
    told = answer.headers.get("Retry-After", "")
    return int(told) if told.isascii() and told.isdigit() else None
