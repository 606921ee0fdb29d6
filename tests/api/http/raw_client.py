"""A server of two small applications, and a client that sends bytes as it is told."""

import json
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from starlette.types import Receive, Scope, Send

from punchcard.kit.settings import Settings
from tests.support.served import served

HEAD_LIMIT = 2000
SMALL: dict[str, Any] = {"request_head_limit_bytes": HEAD_LIMIT, "database_url": "sqlite://"}
GET = b"GET /get HTTP/1.1\r\nHost: a\r\n\r\n"


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the path and the length of the body."""
    length, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        length, more = length + len(message["body"]), message.get("more_body", False)
    body = f"{scope['path']} {length}".encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer before anything of the body is read."""
    headers = [(b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": b"no"})


class Client:
    """A socket that sends what it is told to, and reads until the server ends the line."""

    def __init__(self, address: str) -> None:
        host, _, port = address.removeprefix("http://").partition(":")
        self.socket = socket.create_connection((host, int(port)), timeout=30)

    def close(self) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def read_to_the_end(self) -> bytes:
        """Return all that comes; a line that was cut off raises ConnectionError."""
        found = b""
        while part := self.socket.recv(65_536):
            found += part
        return found

    def read_until(self, end: bytes) -> bytes:
        found = b""
        while not found.endswith(end):
            part = self.socket.recv(65_536)
            assert part, found
            found += part
        return found

    def send_until_cut_off(self, part: bytes, *, most: int) -> int:
        """Send `part` again and again until the server has had enough; return how many bytes."""
        sent = 0
        while sent < most:
            try:
                self.send(part)
            except ConnectionError:
                break
            sent += len(part)
        return sent


@contextmanager
def connected(app: Any = echo, **given: Any) -> Iterator[Client]:
    with (
        served(app, settings=Settings(**{**SMALL, **given})) as address,
        closing(Client(address)) as client,
    ):
        yield client


def problem(answer: bytes) -> dict[str, Any]:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head
    assert b"connection: close" in head
    found: dict[str, Any] = json.loads(body)
    assert int(head.split()[1]) == found["status"]
    return found
