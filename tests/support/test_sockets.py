"""Tests reach this machine and no other."""

import socket

import httpx
import pytest

from tests.support.sockets import OutsideSocket


def test_an_outside_address_is_refused_before_anything_is_sent() -> None:
    with socket.socket() as outside, pytest.raises(OutsideSocket, match=r"192\.0\.2\.1"):
        outside.connect(("192.0.2.1", 443))


def test_an_outside_name_is_never_looked_up() -> None:
    with pytest.raises(OutsideSocket, match=r"shop\.example"):
        httpx.get("https://shop.example/")


def test_datagrams_stay_inside_too() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as outside, pytest.raises(OutsideSocket):
        outside.sendto(b"", ("192.0.2.1", 53))


def test_this_machine_is_reached() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
    ):
        assert client.getpeername() == server.getsockname()
