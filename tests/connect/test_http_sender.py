"""One attempt over real sockets: where it goes, how long it lasts, how much it hears."""

import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from punchcard.connect.webhooks import http_sender
from punchcard.connect.webhooks.http_sender import ANSWER_BYTES, HttpSender, retry_after
from punchcard.kit.clock import ManualClock
from punchcard.kit.validation.networks import parse_networks
from tests.support.certificates import self_signed
from tests.support.receiver import Receiver, answered, open_receiver
from tests.support.sockets import OutsideSocket

HERE = parse_networks("127.0.0.0/8")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with open_receiver() as opened:
        yield opened


def sender(
    clock: ManualClock,
    names: dict[str, list[str]] | None = None,
    *,
    networks: str = "127.0.0.0/8",
    timeout_seconds: float = 10.0,
    ssl_context: ssl.SSLContext | None = None,
) -> HttpSender:
    """Send, with these names in place of DNS: each is answered once, then there is no such name."""
    left = dict(names or {})

    def resolve(host: str, _port: int) -> list[str]:
        if host not in left:
            raise OSError("no such name")
        return left.pop(host)

    return HttpSender(
        networks=parse_networks(networks),
        timeout_seconds=timeout_seconds,
        clock=clock,
        resolve=resolve,
        ssl_context=ssl_context,
    )


def test_a_body_arrives_as_it_is_with_its_headers(clock: ManualClock, receiver: Receiver) -> None:
    answer = sender(clock).post(receiver.url + "?a=%20", {"webhook-id": "1"}, b'{"a":"\xc3\xa9"}')

    assert (answer.status, answer.is_taken, answer.error) == (204, True, None)
    ((path, headers, body),) = receiver.heard
    assert (path, body) == ("/hooks?a=%20", b'{"a":"\xc3\xa9"}')
    assert headers["webhook-id"] == "1"
    assert headers["Content-Type"] == "application/json"
    assert headers["User-Agent"].startswith("Punchcard/")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirect_is_followed(clock: ManualClock, receiver: Receiver, status: int) -> None:
    receiver.answer = lambda handler: answered(handler, status, location=receiver.url)

    answer = sender(clock).post(receiver.url, {}, b"{}")

    assert (answer.status, answer.is_taken, len(receiver.heard)) == (status, False, 1)


def test_no_proxy_of_the_environment_is_used(
    clock: ManualClock, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    assert sender(clock).post(receiver.url, {}, b"{}").status == 204


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.5",
        "169.254.169.254",
        "100.64.0.1",
        "::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "fd00:ec2::254",
        "fe80::1%eth0",
    ],
)
def test_a_name_that_leads_into_a_network_of_ours_is_not_followed(
    clock: ManualClock, address: str
) -> None:
    answer = sender(clock, {"evil.example": [address]}, networks="").post(
        "https://evil.example/", {}, b"{}"
    )

    assert (answer.status, answer.error) == (
        None,
        "Must not lead into a network that is not public.",
    )


def test_what_was_checked_is_what_is_connected_to(clock: ManualClock) -> None:
    # The second look of a rebinding name would be this machine: there is no second look.
    post = sender(clock, {"evil.example": ["93.184.215.14"]}, networks="").post

    with pytest.raises(OutsideSocket, match=r"93\.184\.215\.14"):
        post("https://evil.example/", {}, b"{}")


def test_of_several_machines_only_public_ones_are_tried(clock: ManualClock) -> None:
    names = {"evil.example": ["127.0.0.1", "93.184.215.14"]}

    with pytest.raises(OutsideSocket, match=r"93\.184\.215\.14"):
        sender(clock, names, networks="").post("https://evil.example/", {}, b"{}")


def test_a_name_that_nobody_knows_is_a_failed_attempt(clock: ManualClock) -> None:
    answer = sender(clock).post("https://gone.example/", {}, b"{}")

    assert answer.error == http_sender.NAME_UNKNOWN


def test_a_certificate_is_checked_by_the_name_though_the_number_is_connected_to(
    clock: ManualClock, tmp_path: Path
) -> None:
    certificate, key = self_signed(["shop.example"])
    (tmp_path / "certificate.pem").write_bytes(certificate)
    (tmp_path / "key.pem").write_bytes(key)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(tmp_path / "certificate.pem", tmp_path / "key.pem")
    asked_for: list[str | None] = []
    serving.sni_callback = lambda _socket, name, _context: asked_for.append(name)
    trusting = ssl.create_default_context(cadata=certificate.decode())

    with open_receiver(serving) as receiver:
        port = receiver.url.rpartition(":")[2]
        names = {"shop.example": ["127.0.0.1"], "other.example": ["127.0.0.1"]}
        post = sender(clock, names, ssl_context=trusting).post
        right = post(f"https://shop.example:{port}", {}, b"{}")
        wrong = post(f"https://other.example:{port}", {}, b"{}")

    assert (right.status, wrong.error) == (204, http_sender.NO_CERTIFICATE)
    assert asked_for == ["shop.example", "other.example"]
    assert receiver.heard[0][1]["Host"] == f"shop.example:{port.partition('/')[0]}"


def test_of_a_long_answer_the_beginning_is_heard(clock: ManualClock, receiver: Receiver) -> None:
    receiver.answer = lambda handler: answered(handler, 500, b"\x00\xff" + b"a" * 5_000_000)

    answer = sender(clock).post(receiver.url, {}, b"{}")

    assert answer.status == 500
    assert answer.excerpt == "\ufffd\ufffd" + "a" * (ANSWER_BYTES - 2)


def test_an_answer_that_drips_is_cut_off_in_time(clock: ManualClock, receiver: Receiver) -> None:
    stopped = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while not stopped.wait(0.02):
            handler.wfile.write(b"a: b\r\n")

    receiver.answer = drip

    answer = sender(clock, timeout_seconds=0.3).post(receiver.url, {}, b"{}")

    stopped.set()
    assert (answer.status, answer.error) == (None, http_sender.TOO_SLOW)


def test_who_takes_the_body_and_says_nothing_has_not_taken_it(
    clock: ManualClock, receiver: Receiver
) -> None:
    stopped = threading.Event()

    def say_nothing(_handler: BaseHTTPRequestHandler) -> None:
        stopped.wait()

    receiver.answer = say_nothing

    answer = sender(clock, timeout_seconds=0.3).post(receiver.url, {}, b"{}")

    stopped.set()
    assert (len(receiver.heard), answer.error) == (1, http_sender.TOO_SLOW)


def test_who_reads_nothing_is_left_in_time(clock: ManualClock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}/"
        answer = sender(clock, timeout_seconds=0.3).post(url, {}, b"a" * 50_000_000)

    assert answer.error == http_sender.TOO_SLOW


def test_a_name_that_is_looked_for_too_long_is_left_in_time(clock: ManualClock) -> None:
    found = threading.Event()

    def resolve(_host: str, _port: int) -> list[str]:
        found.wait()
        return []

    slow = HttpSender(networks=HERE, timeout_seconds=0.2, clock=clock, resolve=resolve)
    answer = slow.post("https://slow.example/", {}, b"{}")

    found.set()
    assert answer.error == http_sender.NAME_UNKNOWN


@pytest.mark.parametrize("said", [b"", b"NONSENSE\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Len"])
def test_what_is_no_answer_is_a_failed_attempt(clock: ManualClock, said: bytes) -> None:
    with open_receiver() as receiver:

        def say(handler: BaseHTTPRequestHandler) -> None:
            handler.wfile.write(said)
            handler.close_connection = True

        receiver.answer = say
        answer = sender(clock).post(receiver.url, {}, b"{}")

    assert (answer.status, answer.error) == (None, http_sender.BROKEN_OFF)


def test_where_nobody_listens_no_connection_is_made(clock: ManualClock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    answer = sender(clock).post(f"http://127.0.0.1:{port}/", {}, b"{}")

    assert answer.error == http_sender.NO_CONNECTION


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("Mon, 02 Mar 2026 09:10:00 GMT", 600),
        ("Mon, 02 Mar 2026 08:00:00 GMT", 0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("²", None),
        ("Mon, 01 Jan 99999999999 00:00:00 GMT", None),
        ("Mon, 02 Mar 2026 09:10:99999999999999999999 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(
    clock: ManualClock, told: str, seconds: int | None
) -> None:
    wanted = None if seconds is None else timedelta(seconds=seconds)

    assert retry_after(told, clock) == wanted
