"""Our few lines of HTTP/2 against a whole implementation of it, and against nonsense."""

import struct
from collections.abc import Callable
from itertools import pairwise

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import DataReceived, PingAckReceived, RequestReceived, StreamReset
from h2.settings import SettingCodes
from hypothesis import given, settings
from hypothesis import strategies as st

from punchcard.wallets.apple.http2 import (
    PREFACE,
    Answered,
    Goodbye,
    Http2Client,
    Http2Error,
    Http2Event,
    PingAnswered,
    Reset,
)

FIXED = [
    (":method", "POST"),
    (":scheme", "https"),
    (":authority", "push.test"),
    ("apns-topic", "pass.example"),
]
HEADERS, CONTINUATION, DATA, SETTINGS, PUSH_PROMISE = 1, 9, 0, 4, 5
END_STREAM, END_HEADERS, PADDED, PRIORITY = 1, 4, 8, 0x20
OK = b"\x88"


class Pair:
    """A client of ours and a server of h2, joined by hand."""

    def __init__(self, **given: int) -> None:
        self.client = Http2Client(FIXED)
        self.server = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
        self.server.initiate_connection()
        if given:
            self.server.update_settings({SettingCodes[name]: n for name, n in given.items()})

    def to_server(self) -> list[object]:
        """Hand over what the client sends; returns what the server understands."""
        return list(self.server.receive_data(self.client.take_outgoing()))

    def to_client(self) -> list[Http2Event]:
        """Hand over what the server sends; returns what the client understands."""
        return self.client.receive(self.server.data_to_send())


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return struct.pack(">BHBBL", 0, len(payload), kind, flags, stream) + payload


def asked(**given: int) -> Pair:
    """Return a pair with one request under way."""
    pair = Pair(**given)
    pair.client.request(b"/1", b"{}")
    pair.to_server()
    return pair


PATHS = st.binary(min_size=1, max_size=400).map(lambda text: b"/" + text.hex().encode())


@given(paths=st.lists(PATHS, min_size=1, max_size=20))
def test_server_reads_each_request_as_it_was_meant(paths: list[bytes]) -> None:
    pair = Pair()
    streams = [pair.client.request(path, b"{}") for path in paths]
    events = pair.to_server()
    requests = [event for event in events if isinstance(event, RequestReceived)]
    assert [event.stream_id for event in requests] == streams
    for event, path in zip(requests, paths, strict=True):
        assert event.headers is not None
        read = [(str(name), str(value)) for name, value in event.headers]
        assert read == [*FIXED[:3], (":path", path.decode()), FIXED[3]]
    bodies = [event.data for event in events if isinstance(event, DataReceived)]
    assert bodies == [b"{}"] * len(paths)


@given(cuts=st.lists(st.integers(0, 400), max_size=30), body=st.binary(max_size=300))
def test_answers_are_read_wherever_the_stream_is_cut(cuts: list[int], body: bytes) -> None:
    pair = Pair()
    streams = [pair.client.request(b"/%d" % number, b"{}") for number in range(5)]
    pair.to_server()
    for stream in streams:
        headers = [(":status", "410" if stream == 3 else "200"), ("apns-id", f"{stream:032x}")]
        pair.server.send_headers(stream, headers, end_stream=stream != 3)
    pair.server.send_data(3, body, end_stream=True)
    sent = pair.server.data_to_send()
    events: list[Http2Event] = []
    for start, stop in pairwise([0, *sorted(min(cut, len(sent)) for cut in cuts), len(sent)]):
        events += pair.client.receive(sent[start:stop])
    answers = {event.stream: event for event in events if isinstance(event, Answered)}
    assert answers.keys() == set(streams)
    assert (answers[3].headers[b":status"], answers[3].body) == (b"410", body)
    assert answers[5].headers[b"apns-id"] == f"{5:032x}".encode()


def test_limits_of_the_server_are_learned_and_acknowledged() -> None:
    pair = asked(MAX_CONCURRENT_STREAMS=7, INITIAL_WINDOW_SIZE=1)
    assert pair.client.streams_limit == 2**32 - 1
    pair.to_client()
    assert pair.client.streams_limit == 7
    assert not pair.client.may_send(2)
    assert pair.client.take_outgoing().count(frame(SETTINGS, 1, 0, b"")) == 2


def test_window_of_the_connection_is_used_up_and_given_back() -> None:
    pair = Pair()
    while pair.client.may_send(1000):
        pair.client.request(b"/1", bytes(1000))
    pair.to_server()
    assert pair.client.window == 65_535 % 1000
    pair.server.increment_flow_control_window(5000)
    pair.to_client()
    assert pair.client.may_send(1000)


def test_long_answers_do_not_use_up_the_window_of_the_server() -> None:
    pair = Pair()
    for _ in range(40):
        stream = pair.client.request(b"/1", b"{}")
        pair.to_server()
        pair.server.send_headers(stream, [(":status", "400")])
        pair.server.send_data(stream, bytes(10_000), end_stream=True)
        (answer,) = (event for event in pair.to_client() if isinstance(event, Answered))
        assert len(answer.body) == 4096, "no service needs more to say what is wrong"


def test_headers_in_several_frames_are_one_answer() -> None:
    pair = Pair()
    stream = pair.client.request(b"/1", b"{}")
    pair.to_server()
    wide = [(":status", "200"), *((f"x-{number}", "y" * 900) for number in range(40))]
    pair.server.send_headers(stream, wide, end_stream=True)
    (answer,) = pair.to_client()
    assert isinstance(answer, Answered)
    assert len(answer.headers) == 41


def test_early_hints_and_trailers_are_no_answers_of_their_own() -> None:
    pair = asked()
    pair.server.send_headers(1, [(":status", "103")])
    pair.server.send_headers(1, [(":status", "200")])
    pair.server.send_data(1, b"{}")
    pair.server.send_headers(1, [("checksum", "1")], end_stream=True)
    (answer,) = pair.to_client()
    assert answer == Answered(1, {b":status": b"200"}, b"{}")


def test_padding_and_priority_are_taken_off() -> None:
    client = Http2Client(FIXED)
    client.request(b"/1", b"{}")
    padded = b"\x03" + bytes(5) + OK + bytes(3)
    head = frame(HEADERS, END_HEADERS | PADDED | PRIORITY, 1, padded)
    body = frame(DATA, END_STREAM | PADDED, 1, b"\x02[]" + bytes(2))
    assert client.receive(head + body) == [Answered(1, {b":status": b"200"}, b"[]")]


def test_reset_and_goodbye_say_whom_they_concern() -> None:
    pair = Pair()
    for _ in range(3):
        pair.client.request(b"/1", b"{}")
    pair.to_server()
    pair.server.reset_stream(3, ErrorCodes.REFUSED_STREAM)
    pair.server.close_connection(last_stream_id=1)
    assert pair.to_client() == [Reset(3, 7), Goodbye(1)]


def test_pings_are_answered_both_ways() -> None:
    pair = asked()
    pair.client.ping()
    pair.server.ping(b"12345678")
    pair.to_server()
    assert pair.to_client() == [PingAnswered()]
    assert any(isinstance(event, PingAckReceived) for event in pair.to_server())


def test_answer_to_a_request_that_was_given_up_is_dropped_but_read() -> None:
    pair = Pair()
    for _ in range(2):
        pair.client.request(b"/1", b"{}")
    pair.to_server()
    for stream in (1, 3):
        # The second refers to the first one's headers.
        pair.server.send_headers(stream, [(":status", "200"), ("apns-id", "x")], end_stream=True)
    pair.client.cancel(1)
    (answer,) = pair.to_client()
    assert answer == Answered(3, {b":status": b"200", b"apns-id": b"x"})


def test_giving_up_tells_the_server_once() -> None:
    pair = asked()
    pair.client.cancel(1)
    pair.client.cancel(1)
    pair.client.cancel(99)
    assert [type(event) for event in pair.to_server()] == [StreamReset]


def test_frames_of_tomorrow_are_ignored() -> None:
    client = Http2Client(FIXED)
    client.request(b"/1", b"{}")
    events = client.receive(frame(0x2A, 0xFF, 1, b"?") + frame(HEADERS, 5, 1, OK))
    assert events == [Answered(1, {b":status": b"200"})]


def test_goodbye_of_ours_ends_the_connection_well() -> None:
    pair = asked()
    pair.client.say_goodbye()
    assert "ConnectionTerminated" in [type(event).__name__ for event in pair.to_server()]


BROKEN: dict[str, bytes] = {
    "too long": b"\x00\x40\x01\x00\x00\x00\x00\x00\x01",
    "half a window": frame(8, 0, 0, b"\x00"),
    "half a reset": frame(3, 0, 1, b"\x00"),
    "half settings": frame(SETTINGS, 0, 0, b"\x00"),
    "half a goodbye": frame(7, 0, 0, b"\x00"),
    "promise": frame(PUSH_PROMISE, END_HEADERS, 1, bytes(4)),
    "headers of nothing": frame(CONTINUATION, END_HEADERS, 1, OK),
    "interrupted headers": frame(HEADERS, 0, 1, OK) + frame(DATA, 0, 1, b""),
    "headers of two": frame(HEADERS, 0, 1, OK) + frame(CONTINUATION, END_HEADERS, 3, OK),
    "unknown header": frame(HEADERS, END_HEADERS, 1, b"\xff\xff\x03"),
    "padding of nothing": frame(DATA, PADDED, 1, b""),
    "endless headers": frame(HEADERS, 0, 1, b"") + frame(CONTINUATION, 0, 1, bytes(16_384)) * 5,
}


@pytest.mark.parametrize("sent", BROKEN.values(), ids=BROKEN.keys())
def test_what_is_broken_ends_the_connection(sent: bytes) -> None:
    client = Http2Client(FIXED)
    client.request(b"/1", b"{}")
    client.receive(frame(HEADERS, END_HEADERS, 1, OK))
    with pytest.raises(Http2Error):
        client.receive(sent)


FRAMES = st.builds(
    frame,
    st.integers(0, 12),
    st.integers(0, 255),
    st.integers(0, 9),
    st.binary(max_size=40),
)


@settings(max_examples=300)
@given(sent=st.lists(FRAMES, max_size=8).map(b"".join) | st.binary(max_size=200))
def test_nonsense_is_refused_in_one_way_only(sent: bytes) -> None:
    client = Http2Client(FIXED)
    for _ in range(4):
        client.request(b"/1", b"{}")
    refused(lambda: client.receive(sent))
    assert client.take_outgoing().startswith(PREFACE)


def refused(act: Callable[[], object]) -> None:
    try:
        act()
    except Http2Error:
        return


def test_last_number_of_a_stream_is_told() -> None:
    client = Http2Client(FIXED, first_stream=2**31 - 3)
    client.request(b"/1", b"{}")
    assert not client.is_used_up
    client.request(b"/1", b"{}")
    assert client.is_used_up
