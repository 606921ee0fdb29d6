"""What an assistant sends, made text: half a character of an escape is replaced, as in bytes.

Whoever cuts a text in the middle of an emoji sends one half of it, `\\ud83d` without its other. The
SDK reads no message that holds one, and answers nothing: its sender would wait for ever. Bytes
that are no UTF-8 are replaced by U+FFFD already; so these are, too.
"""

import io
import re
from typing import BinaryIO, Final

# An escape with what it escapes, so that `\\\\ud83d`, a backslash and five letters, stays.
_ESCAPE: Final = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
_REPLACEMENT: Final = rb"\ufffd"


def whole(line: bytes) -> bytes:
    """Return a line of JSON without halves of characters."""
    return _ESCAPE.sub(lambda found: _REPLACEMENT if found["half"] else found[0], line)


class WholeLines(io.BufferedIOBase):
    """Reads another stream line by line, each made `whole`."""

    def __init__(self, lines: BinaryIO) -> None:
        """Read from `lines`."""
        self._lines = lines

    def readable(self) -> bool:
        """Return that it can be read from."""
        return True

    def read1(self, _size: int = -1) -> bytes:
        """Return the next line, nothing at the end."""
        return whole(self._lines.readline())
