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
_CENTRAL: Final = struct.Struct("<4s6H3I5H2I")
_END: Final = struct.Struct("<4s4H2IH")
_VERSION: Final = 20
# The first day ZIP can name: equal content makes an equal file.
_DAY: Final = 33


@dataclass(frozen=True, slots=True)
class PassFile:
    """A file of a pass, ready to be put in: its hash for the manifest, and its ZIP record."""

    name: str
    sha1: str
    size: int
    checksum: int
    record: bytes


def pass_file(name: str, content: bytes) -> PassFile:
    """Make a file ready; `name` is ASCII, with `/` between a folder and the file."""
    checksum = zlib.crc32(content)
    encoded = name.encode("ascii")
    size = len(content)
    head = _LOCAL.pack(b"PK\3\4", _VERSION, 0, 0, 0, _DAY, checksum, size, size, len(encoded), 0)
    # Apple's format asks for SHA-1; what it guards is signed with SHA-256.
    sha1 = hashlib.sha1(content, usedforsecurity=False).hexdigest()
    return PassFile(name, sha1, size, checksum, b"".join((head, encoded, content)))


def build_pkpass(files: Sequence[PassFile], sign: Callable[[bytes], bytes]) -> bytes:
    """Return the archive of `files` with its manifest and the signature `sign` makes of that."""
    manifest = manifest_of(files)
    signed = (pass_file("manifest.json", manifest), pass_file("signature", sign(manifest)))
    return _archive([*files, *signed])


def manifest_of(files: Sequence[PassFile]) -> bytes:
    """Return the manifest: each file's SHA-1 by its name."""
    # Names and hashes are plain ASCII: nothing needs escaping.
    return ("{" + ",".join(f'"{file.name}":"{file.sha1}"' for file in files) + "}").encode()


def _archive(files: Sequence[PassFile]) -> bytes:
    parts, directory, offset = [], [], 0
    for file in files:
        parts.append(file.record)
        directory.append(_entry(file, offset))
        offset += len(file.record)
    listed = b"".join(directory)
    end = _END.pack(b"PK\5\6", 0, 0, len(files), len(files), len(listed), offset, 0)
    return b"".join((*parts, listed, end))


def _entry(file: PassFile, offset: int) -> bytes:
    name = file.name.encode("ascii")
    sizes = (file.checksum, file.size, file.size)
    rest = (len(name), 0, 0, 0, 0, 0, offset)
    return _CENTRAL.pack(b"PK\1\2", _VERSION, _VERSION, 0, 0, 0, _DAY, *sizes, *rest) + name
