"""Ports for servers that are still to be started."""

import socket
from random import Random

from tools.free_ports import free_port


def test_no_program_is_lent_such_a_port_while_its_server_starts() -> None:
    """What asks for any port, as each client that connects does, is given one of the system's."""
    with socket.create_server(("127.0.0.1", 0)) as lent:
        lowest_lent = 32_768
        assert lent.getsockname()[1] >= lowest_lent
    assert all(free_port() < lowest_lent for _ in range(50))


def test_a_port_at_which_somebody_listens_is_not_given() -> None:
    first = free_port(Random(1))  # noqa: S311 - guards nothing
    with socket.create_server(("127.0.0.1", first)):
        assert free_port(Random(1)) != first  # noqa: S311
