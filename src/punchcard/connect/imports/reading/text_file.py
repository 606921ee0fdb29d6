"""A text file of unknown origin, as text: UTF-8 with or without a mark, UTF-16, or Windows-1252.

These four are what spreadsheets and other loyalty systems write. They are told apart by what they
are, never guessed from how often letters occur: a guess gets a name wrong without a word.
"""

import codecs
import re
from typing import Final

from punchcard.connect.imports.errors import (
    ImportHasNul,
    ImportTwoEncodings,
    ImportUnreadable,
)

UTF_8: Final = "UTF-8"
UTF_16: Final = "UTF-16"
WINDOWS_1252: Final = "Windows-1252"

_CODECS: Final = {UTF_8: "utf-8", WINDOWS_1252: "cp1252"}
_LOOKED_AT: Final = 4096
_NOT_ASCII: Final = re.compile(rb"[\x80-\xff]")


def decode(content: bytes) -> tuple[str, str]:
    """Return the text and the name of its encoding.

    Raises ImportTwoEncodings for the first line that is in another encoding than the lines before
    it, ImportHasNul, ImportUnreadable.
    """
    if content.startswith(codecs.BOM_UTF8):
        return _checked(_decoded(content[len(codecs.BOM_UTF8) :], UTF_8)), UTF_8
    if (codec := _utf_16(content)) is not None:
        try:
            return _checked(content.decode(codec).removeprefix("\ufeff")), UTF_16
        except UnicodeDecodeError:
            raise ImportUnreadable from None
    nul = content.find(b"\0")
    if nul >= 0:
        raise ImportHasNul(row=content.count(b"\n", 0, nul) + 1)
    encoding = _encoding_of(content)
    return _decoded(content, encoding), encoding


def _utf_16(content: bytes) -> str | None:
    if content.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le"
    if content.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be"
    # Without a mark: letters of Latin script have a NUL beside each.
    begin = content[:_LOOKED_AT]
    half = len(begin) // 2
    if half and begin[1::2].count(0) > half * 0.8 and not begin[::2].count(0):
        return "utf-16-le"
    if half and begin[::2].count(0) > half * 0.8 and not begin[1::2].count(0):
        return "utf-16-be"
    return None


def _encoding_of(content: bytes) -> str:
    """Return in which encoding the first line is that is not plain ASCII."""
    first = _NOT_ASCII.search(content)
    if first is None:
        return UTF_8
    line = content[content.rfind(b"\n", 0, first.start()) + 1 :].split(b"\n", 1)[0]
    return UTF_8 if _is(line, UTF_8) else WINDOWS_1252


def _decoded(content: bytes, encoding: str) -> str:
    try:
        text = content.decode(_CODECS[encoding])
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        raise ImportTwoEncodings(row=row, encoding=encoding) from None
    if encoding == WINDOWS_1252:
        _refuse_utf_8(content)
    return text


def _refuse_utf_8(content: bytes) -> None:
    """Refuse a line of letters in UTF-8: read as Windows-1252 they would be others."""
    for row, line in enumerate(content.split(b"\n"), start=1):
        if _NOT_ASCII.search(line) and _is(line, UTF_8):
            raise ImportTwoEncodings(row=row, encoding=WINDOWS_1252)


def _is(line: bytes, encoding: str) -> bool:
    try:
        line.decode(_CODECS[encoding])
    except UnicodeDecodeError:
        return False
    return True


def _checked(text: str) -> str:
    nul = text.find("\0")
    if nul >= 0:
        raise ImportHasNul(row=text.count("\n", 0, nul) + 1)
    return text
