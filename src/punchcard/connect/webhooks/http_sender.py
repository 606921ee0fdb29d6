"""One attempt over HTTP: post a body, and hear no more of the answer than is kept."""

import email.utils
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from typing import Final, Protocol

import httpcore

from punchcard import __version__
from punchcard.connect.webhooks.addresses import Destination, read_address
from punchcard.connect.webhooks.retry_rules import WebhookAnswer
from punchcard.connect.webhooks.wire import AddressRefused, GuardedNetwork
from punchcard.kit.clock import Clock
from punchcard.kit.i18n import N_
from punchcard.kit.outgoing.bounded_network import (
    Deadline,
    NameUnknown,
    Resolve,
    system_resolve,
)
from punchcard.kit.validation.invalid import InvalidValue
from punchcard.kit.validation.networks import IpNetwork

ANSWER_BYTES: Final = 1024
"""How much of an answer is read and kept."""

NAME_UNKNOWN: Final = N_("The name of the address leads nowhere.")
NO_CONNECTION: Final = N_("No connection could be made.")
NO_CERTIFICATE: Final = N_("The certificate of the receiver is not valid.")
TOO_SLOW: Final = N_("The receiver took too long to answer.")
BROKEN_OFF: Final = N_("The connection broke off.")


class PostsBodies(Protocol):
    """What makes one attempt."""

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> WebhookAnswer:
        """Post `body`; whatever happens is an answer."""


class HttpSender:
    """Posts bodies to where they may go and fetches pages there, each over a connection of its own.

    `networks` are those of the operator's own that may be reached. No redirect is followed, no
    proxy is used, and an attempt is over after `timeout_seconds`.
    """

    def __init__(
        self,
        *,
        networks: Sequence[IpNetwork],
        timeout_seconds: float,
        clock: Clock,
        resolve: Resolve = system_resolve,
        monotonic: Callable[[], float] = time.monotonic,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._networks = networks
        self._timeout_seconds = timeout_seconds
        self._clock = clock
        self._resolve = resolve
        self._monotonic = monotonic
        self._given_context = ssl_context

    @cached_property
    def _ssl_context(self) -> ssl.SSLContext:
        # Reading the authorities takes a while: only who sends something pays for it.
        return self._given_context or httpcore.default_ssl_context()

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> WebhookAnswer:
        """Post `body`; whatever happens is an answer."""
        return self._answer("POST", url, {"Content-Type": "application/json", **headers}, body)

    def get(self, url: str) -> WebhookAnswer:
        """Fetch the beginning of `url`; whatever happens is an answer."""
        return self._answer("GET", url, {}, None)

    def _answer(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> WebhookAnswer:
        try:
            return self._exchange(method, read_address(url), headers, body)
        except (InvalidValue, AddressRefused) as error:
            return WebhookAnswer(error=str(error))
        except NameUnknown:
            return WebhookAnswer(error=NAME_UNKNOWN)
        except httpcore.TimeoutException:
            return WebhookAnswer(error=TOO_SLOW)
        except httpcore.ConnectError as error:
            is_tls = isinstance(error.__cause__, ssl.SSLCertVerificationError)
            return WebhookAnswer(error=NO_CERTIFICATE if is_tls else NO_CONNECTION)
        except (httpcore.NetworkError, httpcore.ProtocolError):
            return WebhookAnswer(error=BROKEN_OFF)

    def _exchange(
        self,
        method: str,
        destination: Destination,
        headers: Mapping[str, str],
        body: bytes | None,
    ) -> WebhookAnswer:
        # Made before the time runs: the first one reads every authority.
        ssl_context = self._ssl_context if destination.is_https else None
        network = GuardedNetwork(
            destination,
            networks=self._networks,
            resolve=self._resolve,
            deadline=Deadline(self._monotonic() + self._timeout_seconds, self._monotonic),
        )
        scheme = b"https" if destination.is_https else b"http"
        host = destination.host.encode()
        url = httpcore.URL(
            scheme=scheme, host=host, port=destination.port, target=destination.target.encode()
        )
        told = {
            "Host": destination.authority,
            "User-Agent": f"Punchcard/{__version__}",
            "Accept-Encoding": "identity",
            "Connection": "close",
            **headers,
        }
        with (
            httpcore.HTTPConnection(
                url.origin, ssl_context=ssl_context, network_backend=network
            ) as connection,
            connection.stream(method, url, headers=list(told.items()), content=body) as response,
        ):
            return WebhookAnswer(
                status=response.status,
                excerpt=_beginning(response).decode("utf-8", "replace").replace("\x00", "\ufffd"),
                retry_after=self._retry_after(response),
            )

    def _retry_after(self, response: httpcore.Response) -> timedelta | None:
        told = (value for name, value in response.headers if name.lower() == b"retry-after")
        return retry_after(next(told, b"").decode("latin-1"), self._clock)


def retry_after(told: str, clock: Clock) -> timedelta | None:
    """Return how long a Retry-After header asks to wait, as seconds or as a date; None if not."""
    text = told.strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), 10**8))
    try:
        at = email.utils.parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if at.tzinfo is None:
        return None
    return max(timedelta(), at - clock.now())


def _beginning(response: httpcore.Response) -> bytes:
    """Return the first bytes of an answer; one that breaks off is what came of it."""
    read = b""
    try:
        for part in response.iter_stream():
            read += part
            if len(read) >= ANSWER_BYTES:
                break
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException):
        # The status stands: the receiver has said what it makes of it.
        pass
    return read[:ANSWER_BYTES]
