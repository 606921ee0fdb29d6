"""Writing a vendor's archive: one file a table, pictures, and what checks it anywhere."""

import hashlib
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from importlib.resources import files
from typing import IO, Any, Final

from sqlalchemy import Connection, Table, select

from punchcard import __version__
from punchcard.connect.archive.contents import IMAGES, of_vendor, travelling_tables
from punchcard.connect.archive.errors import ArchiveRefused
from punchcard.connect.archive.manifest import MANIFEST, ArchivedFile, Manifest
from punchcard.connect.archive.rows import Digest, Lines, image_name, rows_of
from punchcard.db import migrate
from punchcard.db.base import Base
from punchcard.kit.ids import VendorId
from punchcard.kit.secrets import Keyring
from punchcard.loyalty.ledger.ledger_verify import verify_ledger

CHECKER: Final = "verify.py"
README: Final = "README.txt"
_README: Final = """\
Everything of one shop of a Punchcard server.

  tables/*.jsonl   one row a line, in JSON
  images/          pictures of its passes
  manifest.json    how many rows and bytes each file has, and their SHA-256
  verify.py        checks all of it, and every hash of the ledger: python3 verify.py

The ledger and its hashes are explained in docs/ledger.md of Punchcard, what travels and what does
not in docs/moving-out.md. Keep this file as you keep a key: it holds the links of all cards and
names and addresses of the shop's customers.

To move in elsewhere: punchcard vendor import FILE
"""

Progress = Callable[[str, int], None]
"""Told the name of a table and how many rows of it are written."""


@dataclass
class _Archive:
    """A ZIP file that is being written, and what was written so far."""

    zip: zipfile.ZipFile
    made_at: datetime
    files: list[ArchivedFile] = field(default_factory=list)

    def add(self, name: str, parts: Iterable[bytes], digest: Digest | None = None) -> None:
        """Write one file, part by part."""
        total, sha = 0, hashlib.sha256()
        info = zipfile.ZipInfo(name, self.made_at.timetuple()[:6])
        info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
        with self.zip.open(info, "w", force_zip64=True) as file:
            for part in parts:
                file.write(part)
                sha.update(part)
                total += len(part)
        self.files.append(
            ArchivedFile(
                name=name,
                bytes=total,
                sha256=sha.hexdigest(),
                rows=None if digest is None else digest.rows,
                digest=None if digest is None else digest.text,
            )
        )


def write_archive(
    connection: Connection,
    vendor_id: VendorId,
    out: IO[bytes],
    *,
    keys: Keyring,
    now: datetime,
    progress: Progress = lambda table, rows: None,
) -> Manifest:
    """Write all of a vendor into `out`, and return what it says of itself.

    `connection` is a snapshot; rows are read a page at a time, however many there are. Raises
    ArchiveRefused when the ledger is damaged, or a sealed value cannot be opened.
    """
    verdict = verify_ledger(connection, vendor_id=vendor_id)
    if not verdict.is_sound:
        first = verdict.damages[0]
        raise ArchiveRefused(f"The ledger is damaged: card {first.card_id}: {first.what}.")
    vendor = connection.execute(_vendor_query(vendor_id)).mappings().one()
    with zipfile.ZipFile(out, "w") as zipped:
        archive = _Archive(zipped, now)
        lines = Lines(keys)
        for table in travelling_tables():
            digest = Digest()
            counted = _counted(lines.of(connection, table, vendor_id), digest, table, progress)
            archive.add(file_of(table), counted, digest)
        _add_images(archive, connection, vendor_id)
        archive.add(CHECKER, [files(__package__).joinpath("checker.py").read_bytes()])
        archive.add(README, [_README.encode()])
        manifest = Manifest(
            vendor_id=vendor["id"],
            slug=vendor["slug"],
            name=vendor["name"],
            made_at=now.isoformat(),
            revision=migrate.head(),
            server=__version__,
            entries=verdict.entries,
            cards=verdict.cards,
            files=archive.files,
        )
        archive.zip.writestr(MANIFEST, manifest.text())
    return manifest


def file_of(table: Table) -> str:
    """Return in which file of an archive a table stands."""
    return f"tables/{table.name}.jsonl"


def _vendor_query(vendor_id: VendorId) -> Any:
    vendors = Base.metadata.tables["vendors"]
    return select(vendors.c.id, vendors.c.slug, vendors.c.name).where(of_vendor(vendors, vendor_id))


def _counted(
    lines: Iterable[bytes], digest: Digest, table: Table, progress: Progress
) -> Iterable[bytes]:
    for line in lines:
        digest.add(line)
        yield line
    progress(table.name, digest.rows)


def _add_images(archive: _Archive, connection: Connection, vendor_id: VendorId) -> None:
    name, column = IMAGES
    for row in rows_of(connection, Base.metadata.tables[name], vendor_id):
        archive.add(image_name(row), [bytes(row[column])])
