"""One request to another server, within a time and a size that the other side has no say in."""

import time
from collections.abc import Callable, Mapping
from functools import cache
from ssl import SSLContext
from typing import Final

import httpcore

from punchcard import __version__
from punchcard.kit.outgoing.bounded_network import BoundedNetwork, Deadline

FAILURES: Final = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.UnsupportedProtocol,
)
"""What a request ends with that gets no whole answer; AnswerTooLong beside them."""


class AnswerTooLong(Exception):
    """An answer is longer than is read."""


def bounded_request(
    method: str,
    address: str,
    *,
    headers: Mapping[str, str],
    body: bytes | None = None,
    timeout_seconds: float,
    limit_bytes: int,
    monotonic: Callable[[], float] = time.monotonic,
) -> tuple[int, bytes]:
    """Return the status and the body of the answer at `address`, which is http or https.

    It is over after `timeout_seconds`: name, connection, head and body together. Follows no
    redirect and uses no proxy. A packed answer is not unpacked, since a few bytes of it can be
    gigabytes. Raises ValueError for an address that is none, AnswerTooLong, and what FAILURES
    names.
    """
    url, host = _read_address(address)
    ssl_context = _ssl_context() if url.scheme == b"https" else None
    network = BoundedNetwork(Deadline(monotonic() + timeout_seconds, monotonic))
    told = {
        "Host": host,
        "User-Agent": f"Punchcard/{__version__}",
        "Accept-Encoding": "identity",
        "Connection": "close",
        **headers,
    }
    read = bytearray()
    with (
        httpcore.HTTPConnection(
            url.origin, ssl_context=ssl_context, network_backend=network
        ) as connection,
        connection.stream(method, url, headers=list(told.items()), content=body) as response,
    ):
        for part in response.iter_stream():
            read += part
            if len(read) > limit_bytes:
                raise AnswerTooLong(f"more than {limit_bytes} bytes")
        return response.status, bytes(read)


def _read_address(address: str) -> tuple[httpcore.URL, str]:
    """Return an address in ASCII, and the `Host` that is asked for there. Raises ValueError."""
    import httpx

    try:
        parts = httpx.URL(address)
    except httpx.InvalidURL as error:
        raise ValueError(f"no address: {error}") from error
    if parts.scheme not in ("http", "https") or not parts.host:
        raise ValueError("no address of http or https")
    url = httpcore.URL(
        scheme=parts.raw_scheme, host=parts.raw_host, port=parts.port, target=parts.raw_path
    )
    return url, parts.netloc.decode("ascii")


@cache
def _ssl_context() -> SSLContext:
    # Reading the authorities takes a while: once a process.
    return httpcore.default_ssl_context()
