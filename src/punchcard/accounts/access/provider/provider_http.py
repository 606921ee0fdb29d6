"""How the identity provider is asked: within a time and a size, by a few at once, no redirects."""

import base64
import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import quote_plus

from punchcard import __version__
from punchcard.accounts.access.provider.errors import ProviderAway

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

_log = logging.getLogger(__name__)
_OK: Final = 200
_RETRY_AFTER_SECONDS: Final = 5
Document = dict[str, Any]


class AsksProvider(Protocol):
    """What asks the provider; tests hand in another."""

    def get(self, address: str) -> Document:
        """Return the JSON object at `address`. Raises ProviderAway."""

    def post(
        self, address: str, form: Mapping[str, str], *, client: tuple[str, str] | None
    ) -> tuple[int, Document]:
        """Return status and JSON object that answer a form. Raises ProviderAway.

        `client` is the id and secret for HTTP Basic, None for none.
        """


class ProviderHttp:
    """Asks over HTTP. Follows no redirect, uses no proxy, and gives up after `timeout_seconds`.

    An answer of more than `limit_bytes` is given up too. At most `parallel` ask at once, so that a
    provider that hangs takes no more of the server's threads; who comes then is refused at once.
    """

    def __init__(
        self,
        *,
        timeout_seconds: float,
        limit_bytes: int,
        parallel: int,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._timeout_seconds = timeout_seconds
        self._limit_bytes = limit_bytes
        self._turns = threading.BoundedSemaphore(max(1, parallel))
        self._monotonic = monotonic

    def get(self, address: str) -> Document:
        """Return the JSON object at `address`. Raises ProviderAway."""
        status, document = self._ask("GET", address, {})
        if status != _OK:
            _log.warning("The identity provider answered %d at %s.", status, address)
            raise ProviderAway
        return document

    def post(
        self, address: str, form: Mapping[str, str], *, client: tuple[str, str] | None
    ) -> tuple[int, Document]:
        """Return status and JSON object that answer a form. Raises ProviderAway."""
        headers = {}
        if client is not None:
            # RFC 6749, section 2.3.1: both parts are encoded as in a form first.
            pair = ":".join(quote_plus(part) for part in client)
            headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        return self._ask("POST", address, headers, form)

    def _ask(
        self,
        method: str,
        address: str,
        headers: dict[str, str],
        form: Mapping[str, str] | None = None,
    ) -> tuple[int, Document]:
        import httpx

        told = {"User-Agent": f"Punchcard/{__version__}", "Accept": "application/json", **headers}
        ends_at = self._monotonic() + self._timeout_seconds
        try:
            with (
                self._turn(),
                httpx.Client(
                    timeout=self._timeout_seconds, follow_redirects=False, trust_env=False
                ) as client,
                client.stream(method, address, headers=told, data=form) as answer,
            ):
                read = self._read(answer, ends_at)
                document = json.loads(read)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            _log.warning("The identity provider cannot be asked at %s: %r", address, error)
            raise ProviderAway from error
        if not isinstance(document, dict):
            raise ProviderAway
        return answer.status_code, document

    def _read(self, answer: "httpx.Response", ends_at: float) -> bytes:
        """Return the body. Raises ProviderAway when it is too long, or drips too slowly."""
        read = bytearray()
        for part in answer.iter_bytes():
            read += part
            if len(read) > self._limit_bytes or self._monotonic() > ends_at:
                raise ProviderAway
        return bytes(read)

    @contextmanager
    def _turn(self) -> "Iterator[None]":
        if not self._turns.acquire(blocking=False):
            raise ProviderAway(retry_after_seconds=_RETRY_AFTER_SECONDS)
        try:
            yield
        finally:
            self._turns.release()
