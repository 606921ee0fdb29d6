"""Random numbers from the system's source, read 512 at a time."""

import os
import struct
from collections import deque
from typing import Final

_PAGE: Final = struct.Struct("=512Q")


class RandomPool:
    """Gives random numbers of 64 bits to any thread, each once.

    The source is asked once for 512 of them: each time it is asked the thread lets go of the
    interpreter and queues for it again, which on a busy server costs more than all the rest.
    """

    def __init__(self) -> None:
        self._numbers: deque[int] = deque()

    def number(self) -> int:
        """Return the next number."""
        while True:
            try:
                return self._numbers.pop()
            except IndexError:
                self._numbers.extend(_PAGE.unpack(os.urandom(_PAGE.size)))
