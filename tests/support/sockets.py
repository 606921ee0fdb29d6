"""Outside sockets are shut: a test that would reach the internet fails and says where it went."""

import socket
import sys
from typing import Any

_HERE = ("127.0.0.1", "::1", "localhost", "", None)
_CONNECTING = ("socket.connect", "socket.sendto", "socket.sendmsg")


class OutsideSocket(Exception):
    """A test tried to reach another machine."""


def shut_outside_sockets() -> None:
    """Let this process connect to this machine only, from now on and permanently.

    An audit hook is Python's own way in: it sees every socket, whichever library opens it.
    """
    sys.addaudithook(_refuse_outside)


def _refuse_outside(event: str, args: tuple[Any, ...]) -> None:
    if event == "socket.getaddrinfo":
        host = args[0]
    elif event in _CONNECTING and args[0].family != socket.AF_UNIX and args[1] is not None:
        host = args[1][0]
    else:
        return
    if (host.decode() if isinstance(host, bytes) else host) not in _HERE:
        raise OutsideSocket(f"{event} to {host!r}")
