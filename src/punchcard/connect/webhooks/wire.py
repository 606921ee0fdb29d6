"""The way to a receiver: resolved once, checked, and connected to what was checked."""

import ipaddress
from collections.abc import Iterable, Sequence
from typing import Any

import httpcore

from punchcard.connect.webhooks.addresses import Destination, obstacle_to
from punchcard.kit.outgoing.bounded_network import (
    Deadline,
    Resolve,
    connect_to_any,
    resolve_in_time,
)
from punchcard.kit.validation.networks import IpAddress, IpNetwork


class AddressRefused(Exception):
    """A name leads only to machines that nothing may be sent to; the text is a sentence."""


class GuardedNetwork(httpcore.NetworkBackend):
    """Connects to one destination, at an address that was checked the moment before."""

    def __init__(
        self,
        destination: Destination,
        *,
        networks: Sequence[IpNetwork],
        resolve: Resolve,
        deadline: Deadline,
    ) -> None:
        self._destination = destination
        self._networks = networks
        self._resolve = resolve
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address that answers.

        Raises AddressRefused, NameUnknown, or httpcore's errors of connecting.
        """
        permitted = [str(address) for address in self._permitted()]
        return connect_to_any(permitted, port, self._deadline)

    def _permitted(self) -> list[IpAddress]:
        """Return the machines that may be connected to; the name is asked for once."""
        found = [ipaddress.ip_address(one.partition("%")[0]) for one in self._addresses()]
        obstacles = [obstacle_to(self._destination, one, self._networks) for one in found]
        permitted = [one for one, obstacle in zip(found, obstacles, strict=True) if not obstacle]
        if found and not permitted:
            raise AddressRefused(obstacles[0])
        return permitted

    def _addresses(self) -> Sequence[str]:
        host, port = self._destination.host, self._destination.port
        if self._destination.number is not None:
            return [host]
        return resolve_in_time(host, port, self._resolve, self._deadline)
