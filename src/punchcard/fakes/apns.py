"""Apple's push service, played by us: HTTP/2, client certificates, and every way it says no.

What a token is answered is scripted by `answers`; anything else is taken with 200.
"""

import asyncio
import json
import ssl
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.x509.oid import NameOID
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import DataReceived, RequestReceived, StreamEnded
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes

from punchcard.fakes.apple_chain import AppleChain

_PATH: Final = "/3/device/"


@dataclass
class Script:
    """How the service behaves; it may be changed while it runs.

    `answers` holds for a token the answers to its next pushes: a status, a reason, and further
    fields of the body. `streams_at_first` are allowed until the first push of a connection was
    taken, `streams_later` then. `goaway_after` that many pushes of a connection it goes away.
    `silent` tokens are never answered; `refused` and `reset` tokens have their stream refused or
    reset, once.
    """

    answers: dict[str, list[tuple[int, str, dict[str, Any]]]] = field(default_factory=dict)
    retry_after: str | None = None
    streams_at_first: int = 1
    streams_later: int = 1000
    goaway_after: int | None = None
    drop_after: int | None = None
    silent: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    reset: set[str] = field(default_factory=set)


@dataclass
class Apns:
    """The running service: its address, its script, and what it took, in order.

    `on_push` is told the token of each push that was taken; it must be quick. A client connected
    by one of the `deaf` transports is not heard any more.
    """

    url: str
    script: Script
    on_push: Callable[[str], None] = lambda _token: None
    pushes: list[str] = field(default_factory=list)
    requests: list[dict[str, str]] = field(default_factory=list)
    connections: int = 0
    refused: int = 0
    transports: set[asyncio.Transport] = field(default_factory=set)
    deaf: set[asyncio.Transport] = field(default_factory=set)


@contextmanager
def served_apns(
    chain: AppleChain,
    script: Script | None = None,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    on_push: Callable[[str], None] = lambda _token: None,
) -> Iterator[Apns]:
    """Serve the service until the block ends; only certificates of `chain` get in."""
    loop = asyncio.new_event_loop()
    apns = Apns("", script or Script(), on_push)
    server = loop.run_until_complete(
        loop.create_server(lambda: _Connection(apns), host, port, ssl=_tls(chain))
    )
    apns.url = f"https://{host}:{server.sockets[0].getsockname()[1]}"
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield apns
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        server.close()
        loop.run_until_complete(_hang_up(apns))
        loop.close()


async def _hang_up(apns: Apns) -> None:
    while apns.transports:
        for transport in tuple(apns.transports):
            transport.abort()
        await asyncio.sleep(0)


class _OpenHandedConnection(H2Connection):
    """Lets the service itself refuse streams: h2 would end the whole connection instead."""

    @property
    def open_inbound_streams(self) -> int:
        return 0


class _Connection(asyncio.Protocol):
    """One client's connection."""

    def __init__(self, apns: Apns) -> None:
        self._apns = apns
        self._http = _OpenHandedConnection(
            H2Configuration(client_side=False, header_encoding="utf-8")
        )
        self._open: dict[int, dict[str, str]] = {}
        self._topic = ""
        self._taken = 0
        self._is_over = False
        self._allowed = apns.script.streams_at_first

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet the client, and learn from its certificate what it may push."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._apns.connections += 1
        self._apns.transports.add(transport)
        secured = transport.get_extra_info("ssl_object")
        certificate = x509.load_der_x509_certificate(secured.getpeercert(binary_form=True))
        self._topic = str(certificate.subject.get_attributes_for_oid(NameOID.USER_ID)[0].value)
        self._http.initiate_connection()
        self._http.update_settings({SettingCodes.MAX_CONCURRENT_STREAMS: self._allowed})
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._apns.transports.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        """Serve what arrived."""
        if self._transport in self._apns.deaf:
            return
        try:
            for event in self._http.receive_data(data):
                self._handle(event)
        except ProtocolError:
            self._transport.close()
            return
        self._flush()

    def _handle(self, event: Any) -> None:
        if isinstance(event, RequestReceived):
            if len(self._open) >= self._allowed:
                self._apns.refused += 1
                self._http.reset_stream(event.stream_id, ErrorCodes.REFUSED_STREAM)
                return
            self._open[event.stream_id] = {str(name): str(text) for name, text in event.headers}
        elif isinstance(event, DataReceived):
            self._http.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, StreamEnded) and event.stream_id in self._open:
            self._answer(event.stream_id)

    def _answer(self, stream: int) -> None:
        headers, script = self._open[stream], self._apns.script
        token = headers[":path"].removeprefix(_PATH)
        if self._is_over or token in script.silent:
            return
        del self._open[stream]
        for tokens, code in (
            (script.refused, ErrorCodes.REFUSED_STREAM),
            (script.reset, ErrorCodes.INTERNAL_ERROR),
        ):
            if token in tokens:
                tokens.discard(token)
                self._http.reset_stream(stream, code)
                return
        self._apns.requests.append(headers)
        status, reason, more = self._verdict(token, headers)
        if status == 200:
            self._apns.pushes.append(token)
            self._apns.on_push(token)
            self._allow_more()
        self._respond(stream, status, {"reason": reason, **more} if reason else None)
        self._taken += 1
        self._is_over = self._taken in (script.drop_after, script.goaway_after)
        if self._taken == script.drop_after:
            self._flush()
            self._transport.abort()
        elif self._taken == script.goaway_after:
            self._http.close_connection(last_stream_id=stream)
            self._flush()
            self._transport.close()

    def _verdict(self, token: str, headers: dict[str, str]) -> tuple[int, str, dict[str, Any]]:
        if headers.get("apns-topic") != self._topic:
            return 400, "TopicDisallowed", {}
        if scripted := self._apns.script.answers.get(token):
            return scripted.pop(0) if len(scripted) > 1 else scripted[0]
        return 200, "", {}

    def _allow_more(self) -> None:
        if self._allowed != self._apns.script.streams_later:
            self._allowed = self._apns.script.streams_later
            self._http.update_settings({SettingCodes.MAX_CONCURRENT_STREAMS: self._allowed})

    def _respond(self, stream: int, status: int, body: dict[str, Any] | None) -> None:
        headers = [(":status", str(status)), ("apns-id", f"{stream:032x}")]
        if self._apns.script.retry_after and status in (429, 503):
            headers.append(("retry-after", self._apns.script.retry_after))
        self._http.send_headers(stream, headers, end_stream=body is None)
        if body is not None:
            self._http.send_data(stream, json.dumps(body).encode(), end_stream=True)

    def _flush(self) -> None:
        if data := self._http.data_to_send():
            self._transport.write(data)


def _tls(chain: AppleChain) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["h2"])
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=chain.root_pem)
    with tempfile.NamedTemporaryFile() as file:
        file.write(chain.server_pem.encode())
        file.flush()
        context.load_cert_chain(Path(file.name))
    return context
