"""What is done to servers under load: each fault is undone before the next."""

import json
import resource
import signal
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from itertools import count
from typing import Final

import psycopg

from tools.faults.servers import Server
from tools.ha.clients import Clients, Told

HELD_SECONDS: Final = 3.0
LEAVERS: Final = 40
IDLE: Final = 100
_HOUR: Final = 3600.0
_RST: Final = struct.pack("ii", 1, 0)
_EARN: Final = "/api/v1/vendor/loyalty/points/earn"
_numbers = count()


class Shop:
    """Servers of one database under load, and how to harm both."""

    def __init__(
        self, servers: list[Server], clients: Clients, token: str, card: str, url: str
    ) -> None:
        self.servers = servers
        self.clients = clients
        self.token = token
        self.card = card
        self.url = url

    @property
    def is_sqlite(self) -> bool:
        """Return whether the database is a file."""
        return self.url.startswith("sqlite")


Fault = Callable[[Shop, Server], None]


def kill(_shop: Shop, server: Server) -> None:
    """Kill a server, and start it again."""
    server.send(signal.SIGKILL)
    server.wait()
    server.start()


def stop(_shop: Shop, server: Server) -> None:
    """Stop a server as an operator does, and start it again."""
    server.send(signal.SIGTERM)
    code = server.wait()
    assert code == 0, f"exit code {code}: {server.said()}"
    server.start()


def freeze(_shop: Shop, server: Server) -> None:
    """Let a server stand still for a while."""
    server.send(signal.SIGSTOP)
    time.sleep(HELD_SECONDS)
    server.send(signal.SIGCONT)


def fill_disk(_shop: Shop, server: Server) -> None:
    """Let a server write no file for a while."""
    before = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (1, before[1]))
    time.sleep(HELD_SECONDS)
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, before)


def cut_connections(shop: Shop, _server: Server) -> None:
    """End every connection that PostgreSQL has with servers."""
    with psycopg.connect(shop.url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def leave_idle(_shop: Shop, server: Server) -> None:
    """Connect many times, and say nothing for a while."""
    with ExitStack() as stack:
        for _ in range(IDLE):
            stack.enter_context(closing(_connected(server)))
        time.sleep(HELD_SECONDS)


def leave_early(shop: Shop, server: Server) -> None:
    """Leave amid the head, amid the body, or with no time for the answer; by FIN or RST."""
    for _ in range(LEAVERS):
        number = next(_numbers)
        key, amount = f"leaver-{number}", 100 + number % 900
        body = json.dumps({"card": shop.card, "amount_minor": amount}).encode()
        head = (
            f"POST {_EARN} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {shop.token}\r\n"
            f"Content-Type: application/json\r\nIdempotency-Key: {key}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        ).encode()
        said = [head[: len(head) // 2], head + body[: len(body) // 2], head + body][number % 3]
        if number % 3 == 2:
            # Nobody hears what became of it: it is there once, or not at all. The rest never is.
            shop.clients.journal.append(Told(key, shop.card, amount, time.monotonic(), attempts=1))
        with closing(_connected(server)) as leaver:
            leaver.sendall(said)
            if number % 2:
                leaver.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST)


def _moves_clock(seconds: float) -> Fault:
    def move(_shop: Shop, server: Server) -> None:
        server.move_clock(seconds)
        time.sleep(HELD_SECONDS)
        server.move_clock(0)

    return move


@contextmanager
def _wrong(server: Server, seconds: float) -> Iterator[None]:
    server.move_clock(seconds)
    try:
        yield
    finally:
        server.move_clock(0)


def restart_a_day_back(shop: Shop, server: Server) -> None:
    """Kill a server, and start it by a clock that is a day behind for a while."""
    with _wrong(server, -24 * _HOUR):
        kill(shop, server)
        time.sleep(HELD_SECONDS)


def _connected(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=10)


EVERYWHERE: Final[dict[str, Fault]] = {
    "killed": kill,
    "stopped": stop,
    "frozen": freeze,
    "clients that leave": leave_early,
    "idle connections": leave_idle,
    "clock an hour back": _moves_clock(-_HOUR),
    "clock two days ahead": _moves_clock(48 * _HOUR),
    "clock a year back": _moves_clock(-365 * 24 * _HOUR),
    "started a day back": restart_a_day_back,
}
ON_SQLITE: Final[dict[str, Fault]] = {**EVERYWHERE, "disk full": fill_disk}
ON_POSTGRESQL: Final[dict[str, Fault]] = {**EVERYWHERE, "connections cut": cut_connections}
