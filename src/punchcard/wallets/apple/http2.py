"""As much of HTTP/2 (RFC 9113) as a client needs that sends many small requests alike. Pure.

What differs between two requests is their path, so everything else of their headers is encoded
once, and never by reference to earlier headers. Answers are decoded by `hpack`, in full.
"""

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from hpack import Decoder, Encoder, HPACKError, NeverIndexedHeaderTuple

PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

REFUSED_STREAM: Final = 0x7
_CANCEL: Final = 0x8

_DATA, _HEADERS, _RST_STREAM, _SETTINGS, _PUSH_PROMISE = 0, 1, 3, 4, 5
_PING, _GOAWAY, _WINDOW_UPDATE, _CONTINUATION = 6, 7, 8, 9
_END_STREAM, _ACK, _END_HEADERS, _PADDED, _PRIORITY = 0x1, 0x1, 0x4, 0x8, 0x20

_ENABLE_PUSH, _MAX_CONCURRENT_STREAMS, _INITIAL_WINDOW_SIZE = 2, 3, 4
_HEAD: Final = struct.Struct(">BHBBL")
_SETTING: Final = struct.Struct(">HL")
_NUMBER: Final = struct.Struct(">L")

_WINDOW: Final = 65_535
_FRAME_LIMIT: Final = 16_384
_BLOCK_LIMIT: Final = 65_536
_BODY_LIMIT: Final = 4096
_LAST_STREAM: Final = 2**31 - 1
_NO_LIMIT: Final = 2**32 - 1
# ":path", its name known to everybody, its value never to be kept by anybody on the way.
_PATH: Final = b"\x14"
_INFORMATIONAL: Final = b"1"

Headers = dict[bytes, bytes]


class Http2Error(Exception):
    """The other side does not speak HTTP/2 as it should."""


@dataclass(slots=True)
class Answered:
    """A request was answered; of a long body only the start is kept."""

    stream: int
    headers: Headers
    body: bytes = b""


@dataclass(slots=True)
class Reset:
    """A request was given up by the other side."""

    stream: int
    code: int


@dataclass(slots=True)
class Goodbye:
    """The other side takes no more requests; those after `last_stream` it has not looked at."""

    last_stream: int


@dataclass(slots=True)
class PingAnswered:
    """The other side is there."""


Http2Event = Answered | Reset | Goodbye | PingAnswered


class Http2Client:
    """Turns requests into bytes to send, and received bytes into events.

    `outgoing` is what is to be sent next, `streams_limit` how many requests the other side allows
    at once, `window` how many bytes of bodies it takes until it says more.
    """

    def __init__(self, headers: Sequence[tuple[str, str]], *, first_stream: int = 1) -> None:
        """`headers` are those of every request, but for `:path`."""
        self.outgoing = bytearray(PREFACE + _frame(_SETTINGS, 0, 0, _SETTING.pack(_ENABLE_PUSH, 0)))
        self.streams_limit = _NO_LIMIT
        self.window = _WINDOW
        self._stream_window = _WINDOW
        self._next_stream = first_stream
        pseudo = [one for one in headers if one[0].startswith(":")]
        rest = [one for one in headers if not one[0].startswith(":")]
        self._before_path, self._after_path = _fixed(pseudo), _fixed(rest)
        self._decoder = Decoder()
        self._open: dict[int, Answered | None] = {}
        self._block: tuple[int, int, bytes] | None = None
        self._unread = b""
        self._consumed = 0
        self._takers: dict[int, Callable[[int, int, bytes], Http2Event | None]] = {
            _DATA: self._take_data,
            _HEADERS: self._take_headers,
            _RST_STREAM: self._take_reset,
            _SETTINGS: self._take_settings,
            _PUSH_PROMISE: self._take_promise,
            _PING: self._take_ping,
            _GOAWAY: self._take_goodbye,
            _WINDOW_UPDATE: self._take_window,
            _CONTINUATION: self._take_continuation,
        }

    @property
    def is_used_up(self) -> bool:
        """Return whether the connection has no number left for another request."""
        return self._next_stream > _LAST_STREAM

    def may_send(self, body_bytes: int) -> bool:
        """Return whether the other side takes a body of this length now."""
        return self.window >= body_bytes and self._stream_window >= body_bytes

    def request(self, path: bytes, body: bytes) -> int:
        """Send a request; returns the number of its stream."""
        stream = self._next_stream
        self._next_stream += 2
        self._open[stream] = None
        self.window -= len(body)
        block = b"".join((self._before_path, _PATH, _string(path), self._after_path))
        self.outgoing += b"".join(
            (
                _HEAD.pack(0, len(block), _HEADERS, _END_HEADERS, stream),
                block,
                _HEAD.pack(0, len(body), _DATA, _END_STREAM, stream),
                body,
            )
        )
        return stream

    def cancel(self, stream: int) -> None:
        """Give a request up."""
        if self._open.pop(stream, self) is not self:
            self.outgoing += _frame(_RST_STREAM, 0, stream, _NUMBER.pack(_CANCEL))

    def ping(self) -> None:
        """Ask whether the other side is there."""
        self.outgoing += _frame(_PING, 0, 0, bytes(8))

    def say_goodbye(self) -> None:
        """Tell the other side that nothing more comes."""
        self.outgoing += _frame(_GOAWAY, 0, 0, bytes(8))

    def take_outgoing(self) -> bytes:
        """Return what is to be sent, and forget it."""
        data = bytes(self.outgoing)
        self.outgoing.clear()
        return data

    def receive(self, data: bytes) -> list[Http2Event]:
        """Take what was received, cut anywhere; returns what it says. Raises Http2Error."""
        data = self._unread + data
        events: list[Http2Event] = []
        place, end = 0, len(data)
        while end - place >= _HEAD.size:
            high, low, kind, flags, stream = _HEAD.unpack_from(data, place)
            size = high << 16 | low
            if size > _FRAME_LIMIT:
                raise Http2Error("a frame is too long")
            start = place + _HEAD.size
            if start + size > end:
                break
            place = start + size
            event = self._take(kind, flags, stream & _LAST_STREAM, data[start:place])
            if event is not None:
                events.append(event)
        self._unread = data[place:]
        return events

    def _take(self, kind: int, flags: int, stream: int, payload: bytes) -> Http2Event | None:
        if self._block is not None and kind != _CONTINUATION:
            raise Http2Error("a frame interrupts headers")
        take = self._takers.get(kind)
        try:
            # Frames of other kinds are to be ignored: that is how HTTP/2 grows.
            return take(flags, stream, payload) if take is not None else None
        except (struct.error, IndexError, HPACKError) as error:
            raise Http2Error(f"a frame of kind {kind} is broken") from error

    def _take_headers(self, flags: int, stream: int, payload: bytes) -> Http2Event | None:
        block = _unpadded(flags, payload)
        if flags & _PRIORITY:
            block = block[5:]
        if not flags & _END_HEADERS:
            self._block = (stream, flags, block)
            return None
        return self._take_block(flags, stream, block)

    def _take_continuation(self, flags: int, stream: int, payload: bytes) -> Http2Event | None:
        if self._block is None or self._block[0] != stream:
            raise Http2Error("headers go on that never began")
        _, first_flags, block = self._block
        block += payload
        if len(block) > _BLOCK_LIMIT:
            raise Http2Error("headers are too long")
        self._block = (stream, first_flags, block)
        if not flags & _END_HEADERS:
            return None
        self._block = None
        return self._take_block(first_flags, stream, block)

    def _take_block(self, flags: int, stream: int, block: bytes) -> Http2Event | None:
        # Always decoded, also for a request that was given up: later headers may refer to it.
        headers: Headers = dict(self._decoder.decode(block, raw=True))
        if stream not in self._open:
            return None
        known = self._open[stream]
        if known is None and not headers.get(b":status", b"").startswith(_INFORMATIONAL):
            known = self._open[stream] = Answered(stream, headers)
        return self._end(flags, stream, known)

    def _take_data(self, flags: int, stream: int, payload: bytes) -> Http2Event | None:
        self._consumed += len(payload)
        if self._consumed >= _FRAME_LIMIT:
            self.outgoing += _frame(_WINDOW_UPDATE, 0, 0, _NUMBER.pack(self._consumed))
            self._consumed = 0
        known = self._open.get(stream)
        if known is None:
            return None
        known.body = (known.body + _unpadded(flags, payload))[:_BODY_LIMIT]
        return self._end(flags, stream, known)

    def _end(self, flags: int, stream: int, known: Answered | None) -> Http2Event | None:
        if not flags & _END_STREAM:
            return None
        del self._open[stream]
        return known or Answered(stream, {})

    def _take_reset(self, flags: int, stream: int, payload: bytes) -> Http2Event | None:
        code: int = _NUMBER.unpack(payload)[0]
        return None if self._open.pop(stream, self) is self else Reset(stream, code)

    def _take_settings(self, flags: int, stream: int, payload: bytes) -> None:
        if flags & _ACK:
            return
        for name, value in _SETTING.iter_unpack(payload):
            if name == _MAX_CONCURRENT_STREAMS:
                self.streams_limit = value
            elif name == _INITIAL_WINDOW_SIZE:
                self._stream_window = value
        self.outgoing += _frame(_SETTINGS, _ACK, 0, b"")

    def _take_promise(self, flags: int, stream: int, payload: bytes) -> None:
        raise Http2Error("a promise that was forbidden")

    def _take_ping(self, flags: int, stream: int, payload: bytes) -> Http2Event | None:
        if flags & _ACK:
            return PingAnswered()
        self.outgoing += _frame(_PING, _ACK, 0, payload)
        return None

    def _take_goodbye(self, flags: int, stream: int, payload: bytes) -> Http2Event:
        return Goodbye(_NUMBER.unpack_from(payload)[0] & _LAST_STREAM)

    def _take_window(self, flags: int, stream: int, payload: bytes) -> None:
        # A request is sent whole or not at all: only the connection's window ever fills up.
        more: int = _NUMBER.unpack(payload)[0]
        if stream == 0:
            self.window += more & _LAST_STREAM


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return _HEAD.pack(0, len(payload), kind, flags, stream) + payload


def _unpadded(flags: int, payload: bytes) -> bytes:
    return payload[1 : len(payload) - payload[0]] if flags & _PADDED else payload


def _fixed(headers: Sequence[tuple[str, str]]) -> bytes:
    """Return headers in a form that refers to nothing sent before, and leaves nothing behind."""
    return Encoder().encode([NeverIndexedHeaderTuple(*one) for one in headers], huffman=False)


def _string(text: bytes) -> bytes:
    """Return a text as HPACK writes it, its length in seven bits and as many bytes as it needs."""
    length = len(text)
    if length < 0x7F:
        return bytes((length,)) + text
    head, rest = bytearray(b"\x7f"), length - 0x7F
    while rest >= 0x80:
        head.append(0x80 | rest & 0x7F)
        rest >>= 7
    head.append(rest)
    return bytes(head) + text
