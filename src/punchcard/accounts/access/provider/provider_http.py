"""How the identity provider is asked: within a time and a size, by a few at once, no redirects."""

import base64
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, Protocol
from urllib.parse import quote_plus, urlencode

from punchcard.accounts.access.provider.errors import ProviderAway
from punchcard.kit.outgoing.bounded_request import FAILURES, AnswerTooLong, bounded_request

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
        body = urlencode(form).encode() if form is not None else None
        if body is not None:
            headers = {"Content-Type": "application/x-www-form-urlencoded", **headers}
        try:
            with self._turn():
                status, read = bounded_request(
                    method,
                    address,
                    headers={"Accept": "application/json", **headers},
                    body=body,
                    timeout_seconds=self._timeout_seconds,
                    limit_bytes=self._limit_bytes,
                    monotonic=self._monotonic,
                )
            document = json.loads(read)
        # RecursionError: brackets within brackets, a few thousand deep.
        except (*FAILURES, AnswerTooLong, ValueError, RecursionError) as error:
            # Not as `repr`: that of a wrong letter holds the answer, in which tokens may stand.
            why = f"{type(error).__name__}: {error}"
            _log.warning("The identity provider cannot be asked at %s: %s", address, why)
            raise ProviderAway from error
        if not isinstance(document, dict):
            raise ProviderAway
        return status, document

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._turns.acquire(blocking=False):
            raise ProviderAway(retry_after_seconds=_RETRY_AFTER_SECONDS)
        try:
            yield
        finally:
            self._turns.release()
