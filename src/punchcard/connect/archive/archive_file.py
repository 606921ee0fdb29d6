"""An archive as a file: held against its manifest in all its parts, then read row by row."""

import hashlib
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Final

from punchcard.connect.archive.errors import ArchiveRefused
from punchcard.connect.archive.manifest import MANIFEST, ArchivedFile, Manifest, read_manifest

_LINE_BYTES: Final = 50_000_000
_IMAGE_BYTES: Final = 20_000_000
_READ_BYTES: Final = 1 << 20
_SMALL_BYTES: Final = 64_000_000
_LARGEST_RATIO: Final = 100
"""How many times larger than its file what is in it may be; shops' are about five times."""
_PACKED: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED: Final = 1
"""The bit of a file's flags that says so (APPNOTE.TXT, 4.4.4)."""


@dataclass(frozen=True, slots=True)
class ArchiveFile:
    """An archive every file of which is what its manifest says."""

    zipped: zipfile.ZipFile
    manifest: Manifest

    def lines(self, name: str) -> Iterator[bytes]:
        """Give the rows of a table; none of one that the archive does not have."""
        if name not in self.zipped.NameToInfo:
            return
        with self.zipped.open(name) as content:
            while line := content.readline(_LINE_BYTES):
                yield line

    def image(self, name: str) -> bytes:
        """Return a picture. Raises ArchiveRefused."""
        return _read(self.zipped, name, _IMAGE_BYTES)


@contextmanager
def opened_archive(source: IO[bytes]) -> Iterator[ArchiveFile]:
    """Open an archive and check it.

    Raises ArchiveRefused for what is no archive or a broken one, also while it is read.
    """
    try:
        with zipfile.ZipFile(source) as zipped:
            yield ArchiveFile(zipped, _checked(zipped))
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
        raise ArchiveRefused(f"The archive cannot be read: {error}.") from None


def _checked(zipped: zipfile.ZipFile) -> Manifest:
    """Return the manifest once every file is as it says, and there is none beside them."""
    names = zipped.namelist()
    if MANIFEST not in names:
        raise ArchiveRefused("This is no archive of a shop.")
    if any(
        one.flag_bits & _ENCRYPTED or one.compress_type not in _PACKED for one in zipped.filelist
    ):
        raise ArchiveRefused("The archive is packed in a way that none is written in.")
    manifest = read_manifest(_read(zipped, MANIFEST, _READ_BYTES))
    listed = [one.name for one in manifest.files]
    if sorted(names) != sorted([MANIFEST, *listed]):
        raise ArchiveRefused("The archive is broken: it has other files than it says.")
    packed = sum(one.compress_size for one in zipped.filelist)
    if sum(one.bytes for one in manifest.files) > max(_SMALL_BYTES, _LARGEST_RATIO * packed):
        raise ArchiveRefused("The archive would unpack to far more than any shop's does.")
    for one in manifest.files:
        if _digest_of(zipped, one) != one.sha256:
            raise ArchiveRefused(f"The archive is broken: {one.name} is not what it says.")
    return manifest


def _digest_of(zipped: zipfile.ZipFile, file: ArchivedFile) -> str:
    sha, left = hashlib.sha256(), file.bytes
    with zipped.open(file.name) as content:
        # Never more than it says, whatever it unpacks to.
        while part := content.read(min(_READ_BYTES, left + 1)):
            left -= len(part)
            if left < 0:
                break
            sha.update(part)
    return sha.hexdigest() if left == 0 else ""


def _read(zipped: zipfile.ZipFile, name: str, limit_bytes: int) -> bytes:
    try:
        with zipped.open(name) as content:
            return content.read(limit_bytes)
    except KeyError:
        raise ArchiveRefused(f"The archive is broken: {name} is missing.") from None
