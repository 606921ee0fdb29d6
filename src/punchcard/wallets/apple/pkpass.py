"""A .pkpass archive: files, a manifest of their hashes, the operator's signature. Pure.

Files are stored, not compressed: pictures hardly shrink, and a file that many passes share (a
picture, the words of a program) becomes one ready record that is only copied.
"""

import hashlib
import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

MIME_TYPE: Final = "application/vnd.apple.pkpass"

_LOCAL: Final = struct.Struct("<4s5H3I2H")
_CENTRAL: Final = struct.Struct("<4s6H3I5HI")
_OFFSET: Final = struct.Struct("<I")
_END: Final = struct.Struct("<4s4H2IH")
_VERSION: Final = 20
# The first day ZIP can name: equal content makes an equal file.
_DAY: Final = 33


@dataclass(frozen=True, slots=True)
class PassFile:
    """A file of a pass, ready to be put in: its line of the manifest and its ZIP records.

    `listing` is its entry of the archive's directory, up to where its place is told.
    """

    name: str
    line: bytes
    record: bytes
    listing: bytes


def pass_file(name: str, content: bytes) -> PassFile:
    """Make a file ready; `name` is ASCII, with `/` between a folder and the file."""
    encoded, size = name.encode("ascii"), len(content)
    facts = (0, 0, 0, _DAY, zlib.crc32(content), size, size, len(encoded), 0)
    head = _LOCAL.pack(b"PK\3\4", _VERSION, *facts)
    listing = _CENTRAL.pack(b"PK\1\2", _VERSION, _VERSION, *facts, 0, 0, 0, 0)
    # Apple's format asks for SHA-1; what it guards is signed with SHA-256. Names and hashes are
    # plain ASCII: nothing needs escaping.
    sha1 = hashlib.sha1(content, usedforsecurity=False).hexdigest()
    line = f'"{name}":"{sha1}"'.encode("ascii")
    return PassFile(name, line, b"".join((head, encoded, content)), listing)


def build_pkpass(files: Sequence[PassFile], sign: Callable[[bytes], bytes]) -> bytes:
    """Return the archive of `files` with its manifest and the signature `sign` makes of that."""
    manifest = manifest_of(files)
    signed = (pass_file("manifest.json", manifest), pass_file("signature", sign(manifest)))
    return _archive([*files, *signed])


def manifest_of(files: Sequence[PassFile]) -> bytes:
    """Return the manifest: each file's SHA-1 by its name."""
    return b"{" + b",".join([file.line for file in files]) + b"}"


def _archive(files: Sequence[PassFile]) -> bytes:
    parts: list[bytes] = []
    directory: list[bytes] = []
    offset = 0
    for file in files:
        parts.append(file.record)
        directory += (file.listing, _OFFSET.pack(offset), file.name.encode("ascii"))
        offset += len(file.record)
    listed = b"".join(directory)
    end = _END.pack(b"PK\5\6", 0, 0, len(files), len(files), len(listed), offset, 0)
    return b"".join((*parts, listed, end))
