"""The first file of an archive: what it is, of whom, and what each of its files must be."""

from dataclasses import asdict, dataclass
from typing import Any, Final

import orjson

from punchcard import __version__
from punchcard.connect.archive.errors import ArchiveRefused
from punchcard.kit.ids import VendorId

FORMAT: Final = "punchcard-archive"
VERSION: Final = 1
"""Of the form of archives; what is in the tables is told by `revision`."""
MANIFEST: Final = "manifest.json"
_MANIFEST_BYTES: Final = 1_000_000
_TEXTS: Final = ("vendor_id", "slug", "name", "made_at", "revision", "server")


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedFile:
    """A file of an archive; `rows` and `digest` are None for one that is no table."""

    name: str
    bytes: int
    sha256: str
    rows: int | None = None
    digest: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What an archive says of itself. `revision` is that of the database it was made from."""

    vendor_id: VendorId
    slug: str
    name: str
    made_at: str
    revision: str
    server: str
    entries: int
    cards: int
    files: list[ArchivedFile]

    def text(self) -> bytes:
        """Return the manifest as its file."""
        told = {"format": FORMAT, "version": VERSION, **asdict(self)}
        return orjson.dumps(told, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"


def read_manifest(text: bytes, *, revision: str) -> Manifest:
    """Return what a manifest says, for a server at `revision`. Raises ArchiveRefused."""
    try:
        told: dict[str, Any] = orjson.loads(text[:_MANIFEST_BYTES])
        if told.pop("format") != FORMAT:
            raise ValueError
        version = told.pop("version")
        if version > VERSION:
            raise ArchiveRefused(
                "This archive is of a newer form than this version reads. Install a newer version."
            )
        files = [ArchivedFile(**one) for one in told.pop("files")]
        manifest = Manifest(**told, files=files)
        if not all(isinstance(told[name], str) for name in _TEXTS):
            raise ValueError
    except (ValueError, TypeError, KeyError, AttributeError):
        raise ArchiveRefused("This is no archive of a shop.") from None
    if manifest.revision != revision:
        raise ArchiveRefused(_of_another_version(manifest, revision))
    return manifest


def _of_another_version(manifest: Manifest, revision: str) -> str:
    """Return which version wrote an archive, which one reads it, and what is to be done."""
    theirs = f"Punchcard {manifest.server} with database {manifest.revision}"
    ours = f"Punchcard {__version__} with database {revision}"
    if manifest.revision > revision:
        return (
            f"This archive was made by a newer version: {theirs} wrote it, and no other database"
            f" takes it in. Here it is {ours}. Update this server to that version, and import"
            " again."
        )
    return (
        f"This archive was made by an older version: {theirs} wrote it, and no other database"
        f" takes it in. Here it is {ours}. Update the server that it comes from, and make it again."
        " If that server is gone, install the version that wrote it with an empty database, import"
        " it there, update, and run: punchcard vendor export"
    )
