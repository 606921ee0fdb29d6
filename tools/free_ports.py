"""Ports for servers that tests, checks and benches are about to start."""

import socket
from contextlib import suppress
from random import Random, SystemRandom
from typing import Final

# Below those that systems lend to whoever asks for any, a client that connects among them: from
# 32,768 on with Linux, from 49,152 elsewhere (RFC 6335, 6). While a server starts, for seconds on a
# busy machine, nobody is given its port by chance.
_FIRST: Final = 10_240
_LAST: Final = 32_767
_TRIES: Final = 100


def free_port(chance: Random | None = None) -> int:
    """Return a port of 127.0.0.1 at which nobody listens, drawn by chance from some 22,000.

    Raises OSError when a hundred in turn are taken.
    """
    chance = chance or SystemRandom()
    for _ in range(_TRIES):
        port = chance.randint(_FIRST, _LAST)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise OSError("no port of 127.0.0.1 is free")
