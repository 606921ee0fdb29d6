"""Clients that connect and say nothing, or half of something: the server keeps its descriptors."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from punchcard.kit.descriptors import connection_limit
from punchcard.kit.settings import Settings
from tests.support.databases import SqliteTemplate
from tests.support.server_process import Serving, caller, environment_for, serving

DESCRIPTORS = 256
TOO_MANY = 300
FULL_LINE = "which is the limit"
HALF = b"GET /healthz HTTP/1.1\r\nHost: shop.test\r\n"
BATCHES = 3


@contextmanager
def crowded_server(
    template: SqliteTemplate, folder: Path, head_timeout_seconds: int
) -> Iterator[Serving]:
    """Serve with few descriptors."""
    environment = {
        **environment_for(template.copy_to(folder / "punchcard.db"), folder),
        "PUNCHCARD_REQUEST_HEAD_TIMEOUT_SECONDS": str(head_timeout_seconds),
    }
    with serving(environment, folder, descriptors=DESCRIPTORS) as server:
        yield server


def connected(server: Serving) -> socket.socket:
    parts = urlsplit(server.address)
    assert parts.hostname is not None
    assert parts.port is not None
    return socket.create_connection((parts.hostname, parts.port), timeout=30)


def held_descriptors(server: Serving) -> int:
    return len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))


def answers(server: Serving) -> bool:
    """Return whether a new client is served; one too many is told so, or cut off."""
    try:
        with caller(server.address) as client:
            return client.get("/healthz").status_code == 200
    except httpx.TransportError:
        return False


def until_answered(server: Serving) -> None:
    """Wait until there is room: the server notices a moment later that clients have left."""
    while not answers(server):
        assert server.process.poll() is None, server.log.read_text(encoding="utf-8")


def test_idle_connections_never_take_the_last_descriptor_and_the_log_says_why(
    sqlite_template: SqliteTemplate, tmp_path: Path
) -> None:
    room = connection_limit(Settings(), descriptors=DESCRIPTORS)
    with crowded_server(sqlite_template, tmp_path, head_timeout_seconds=600) as server:
        with caller(server.address) as early, ExitStack() as stack:
            assert early.get("/readyz").status_code == 200
            for _ in range(TOO_MANY):
                stack.enter_context(closing(connected(server)))
            # The one that was there is served on, database and all.
            for _ in range(BATCHES):
                assert early.get("/readyz").json()["is_ready"]
            assert not answers(server)
            assert held_descriptors(server) < DESCRIPTORS
            told = server.log.read_text(encoding="utf-8")
            assert f"{room} connections are open, {FULL_LINE}" in told
            assert told.count(FULL_LINE) == 1
            assert "Too many open files" not in told
        until_answered(server)
        assert server.process.poll() is None


@pytest.mark.parametrize(
    ("said", "told"),
    [(HALF, b"HTTP/1.1 408 "), (b"G", b"HTTP/1.1 408 "), (b"", b"")],
    ids=["half a head", "one byte", "nothing"],
)
def test_heads_that_never_end_give_their_descriptors_back(
    sqlite_template: SqliteTemplate, tmp_path: Path, said: bytes, told: bytes
) -> None:
    with crowded_server(sqlite_template, tmp_path, head_timeout_seconds=1) as server:
        with caller(server.address) as client:
            client.get("/readyz")
        with ExitStack() as stack:
            clients = [stack.enter_context(closing(connected(server))) for _ in range(60)]
            for client_socket in clients:
                client_socket.sendall(said)
            for client_socket in clients:
                # Each is ended by the server, not by us.
                answer = b"".join(iter(partial(client_socket.recv, 4096), b""))
                assert answer.startswith(told)
                assert bool(answer) == bool(told)
            until_answered(server)
