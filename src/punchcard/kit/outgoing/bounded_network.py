"""Connections that are over by a deadline, however slowly the other side speaks.

A name is resolved within it as well, and each read and write is given what is left of it.
"""

import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import httpcore

_ADDRESSES_TRIED: Final = 4
_CONNECT_SECONDS: Final = 5.0
_AT_ONCE: Final = 65_536

Resolve = Callable[[str, int], Sequence[str]]
"""Gives the addresses of a name; raises OSError when there are none."""


class NameUnknown(Exception):
    """A name leads nowhere, or nobody said where in time."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """When everything must be over, on a clock that only runs on."""

    at: float
    monotonic: Callable[[], float] = time.monotonic

    def left(self, too_late: type[Exception]) -> float:
        """Return the seconds that are left; raises `too_late` when none are."""
        left = self.at - self.monotonic()
        if left <= 0:
            raise too_late("the other side took too long")
        return left


def system_resolve(host: str, port: int) -> list[str]:
    """Return the addresses that the system knows for a name, in its order."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def resolve_in_time(host: str, port: int, resolve: Resolve, deadline: Deadline) -> Sequence[str]:
    """Return the addresses of a name. Raises NameUnknown, and ConnectTimeout of httpcore."""
    told: queue.SimpleQueue[Sequence[str] | OSError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            told.put(resolve(host, port))
        except (OSError, UnicodeError) as error:
            told.put(error if isinstance(error, OSError) else OSError(str(error)))

    # The system asks for as long as it likes, and cannot be told to stop.
    threading.Thread(target=ask, name="outgoing-name", daemon=True).start()
    try:
        answer = told.get(timeout=deadline.left(httpcore.ConnectTimeout))
    except queue.Empty:
        raise NameUnknown from None
    if isinstance(answer, OSError):
        raise NameUnknown from answer
    return answer


def connect_to_any(addresses: Sequence[str], port: int, deadline: Deadline) -> "BoundedStream":
    """Connect to the first of these addresses that answers. Raises httpcore's errors of it."""
    failure: Exception | None = None
    for address in addresses[:_ADDRESSES_TRIED]:
        seconds = min(_CONNECT_SECONDS, deadline.left(httpcore.ConnectTimeout))
        try:
            connection = socket.create_connection((address, port), timeout=seconds)
        except TimeoutError as error:
            failure = httpcore.ConnectTimeout(str(error))
        except OSError as error:
            failure = httpcore.ConnectError(str(error))
        else:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return BoundedStream(connection, deadline)
    raise failure or httpcore.ConnectError("no address")


class BoundedNetwork(httpcore.NetworkBackend):
    """Connects to wherever it is told to, and is done with it by its deadline."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address that answers; raises httpcore's errors of connecting."""
        try:
            addresses = resolve_in_time(host, port, system_resolve, self._deadline)
        except NameUnknown as error:
            raise httpcore.ConnectError(f"the name {host} leads nowhere") from error
        return connect_to_any(addresses, port, self._deadline)


class BoundedStream(httpcore.NetworkStream):
    """A socket whose every step is given what is left of the time."""

    def __init__(self, connection: socket.socket, deadline: Deadline) -> None:
        self._socket = connection
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return what came, at most `max_bytes`; nothing when the other side has closed."""
        self._socket.settimeout(self._deadline.left(httpcore.ReadTimeout))
        try:
            return self._socket.recv(max_bytes)
        except TimeoutError as error:
            raise httpcore.ReadTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.ReadError(str(error)) from error

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of `buffer`."""
        left = memoryview(buffer)
        while left:
            self._socket.settimeout(self._deadline.left(httpcore.WriteTimeout))
            try:
                left = left[self._socket.send(left[:_AT_ONCE]) :]
            except TimeoutError as error:
                raise httpcore.WriteTimeout(str(error)) from error
            except OSError as error:
                raise httpcore.WriteError(str(error)) from error

    def close(self) -> None:
        """Close the connection, without a farewell that would have to be waited for."""
        self._socket.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """Return the stream over TLS; the certificate must be of the name, not of the address."""
        self._socket.settimeout(self._deadline.left(httpcore.ConnectTimeout))
        try:
            wrapped = ssl_context.wrap_socket(self._socket, server_hostname=server_hostname)
        except TimeoutError as error:
            self.close()
            raise httpcore.ConnectTimeout(str(error)) from error
        except OSError as error:
            self.close()
            raise httpcore.ConnectError(str(error)) from error
        return BoundedStream(wrapped, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        """Return what httpcore asks for: the TLS object, to see what was agreed on."""
        if info == "ssl_object" and isinstance(self._socket, ssl.SSLSocket):
            return self._socket
        return None
