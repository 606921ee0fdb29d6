"""The first file of an archive: what it is, of whom, and what each of its files must be."""

from dataclasses import asdict, dataclass
from typing import Any, Final

import orjson

from punchcard.connect.archive.errors import ArchiveRefused
from punchcard.kit.ids import VendorId, as_id

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


def read_manifest(text: bytes) -> Manifest:
    """Return what a manifest says. Raises ArchiveRefused."""
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
        if not _is_well_typed(manifest):
            raise ValueError
    except (ValueError, TypeError, KeyError, AttributeError):
        raise ArchiveRefused("This is no archive of a shop.") from None
    return manifest


def _is_well_typed(manifest: Manifest) -> bool:
    texts = [getattr(manifest, name) for name in _TEXTS]
    texts += [text for one in manifest.files for text in (one.name, one.sha256)]
    numbers = [manifest.entries, manifest.cards, *(one.bytes for one in manifest.files)]
    return (
        all(isinstance(one, str) and "\0" not in one for one in texts)
        and all(type(one) is int and one >= 0 for one in numbers)
        and as_id(manifest.vendor_id) == manifest.vendor_id
    )
