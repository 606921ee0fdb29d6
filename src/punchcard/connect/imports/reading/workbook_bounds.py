"""What a packed workbook unpacks to, looked through once before the library reads it.

The library keeps what it reads: a row or a text until it ends, and much else as long as the
workbook is open. A file of some kilobytes could make it keep gigabytes: by entities that stand for
long texts, by one text without an end, or by elements that no workbook has.
"""

import zipfile
from collections.abc import Sequence
from typing import IO, Final
from xml.parsers import expat

from punchcard.connect.imports.errors import ImportUnreadable

WITHIN_BYTES: Final = 50_000_000
"""What one row or one text may come to."""
KEPT_BYTES: Final = 500_000_000
"""What a part may come to: as many texts as two million customers have."""

_CHUNK_BYTES: Final = 65_536
_SILENT_CHUNKS: Final = 16
"""How much may come without a beginning, an end or a text: a tag or a comment of a megabyte."""
_ELEMENT_BYTES: Final = 100
_WORD_BYTES: Final = 50
_CHARACTER_BYTES: Final = 4
_BEFORE_XML: Final = b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"
"""Marks of the encoding, blanks, and the other half of each letter in UTF-16."""

_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_ROW, _STRING = f"{_MAIN} row", f"{_MAIN} si"


def check_bounds(
    archive: zipfile.ZipFile, *, within_bytes: int = WITHIN_BYTES, kept_bytes: int = KEPT_BYTES
) -> None:
    """Refuse a workbook that would take more memory than any list of customers does.

    Raises ImportUnreadable, and what zipfile and expat raise of broken parts.
    """
    for part in archive.infolist():
        with archive.open(part) as content:
            _check_part(content, within_bytes, kept_bytes)


def _check_part(content: IO[bytes], within_bytes: int, kept_bytes: int) -> None:
    chunk = content.read(_CHUNK_BYTES)
    begins = chunk.lstrip(_BEFORE_XML)
    if begins and not begins.startswith(b"<"):
        # A picture, a font, a program: nothing that could be read as rows.
        return
    look, silent = _Look(), 0
    while chunk:
        heard = look.heard
        look.parser.Parse(chunk, False)
        silent = silent + 1 if look.heard == heard else 0
        if silent > _SILENT_CHUNKS or look.within > within_bytes or look.kept > kept_bytes:
            raise ImportUnreadable
        chunk = content.read(_CHUNK_BYTES)


class _Look:
    """Adds up, roughly, what the library keeps of a part: `within` a row or text, and `kept`."""

    def __init__(self) -> None:
        self.heard = self.within = self.kept = 0
        self._open: str | None = None
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.ordered_attributes = True
        self.parser.StartDoctypeDeclHandler = self._begin_doctype
        self.parser.StartElementHandler = self._begin
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    def _begin_doctype(
        self, _name: str, _system: str | None, _public: str | None, has_declarations: int
    ) -> None:
        # What it declares stands in the file shortly, and in memory as long as one likes.
        if has_declarations:
            raise ImportUnreadable

    def _begin(self, name: str, attributes: Sequence[str]) -> None:
        self.heard += 1
        size = _ELEMENT_BYTES
        if attributes:
            size += _WORD_BYTES * len(attributes) + _CHARACTER_BYTES * sum(map(len, attributes))
        if self._open is not None:
            self.within += size
        elif name in (_ROW, _STRING):
            # At its end no more than its place is left of it.
            self._open, self.within = name, size
            self.kept += _ELEMENT_BYTES
        else:
            self.kept += size

    def _end(self, name: str) -> None:
        self.heard += 1
        if name == self._open:
            self._open = None

    def _text(self, text: str) -> None:
        self.heard += 1
        size = _CHARACTER_BYTES * len(text)
        if self._open is not None:
            self.within += size
        if self._open != _ROW:
            self.kept += size
