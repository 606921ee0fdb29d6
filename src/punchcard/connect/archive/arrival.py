"""Taking a vendor's archive in: all of it, or nothing; with the same ids, numbers and links."""

import hashlib
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any, Final

import orjson
from sqlalchemy import Connection, Table, func, insert, select, update
from sqlalchemy.exc import IntegrityError, OperationalError, StatementError
from sqlalchemy.orm import Session

from punchcard.accounts.audit_service import Act, record_act
from punchcard.accounts.plans import plan_service
from punchcard.connect.archive.borders import refuse_strangers
from punchcard.connect.archive.contents import IMAGES, travelling_tables
from punchcard.connect.archive.database_copy import insert_statement
from punchcard.connect.archive.departure import file_of
from punchcard.connect.archive.errors import ArchiveRefused
from punchcard.connect.archive.manifest import MANIFEST, ArchivedFile, Manifest, read_manifest
from punchcard.connect.archive.rows import ROWS_AT_ONCE, Digest, Lines, Row
from punchcard.db import migrate, outbox
from punchcard.db.base import Base
from punchcard.db.database import Database
from punchcard.db.dialects import follow_counter
from punchcard.db.limits import WorkKind, working_as
from punchcard.kit.ids import VendorId
from punchcard.kit.secrets import Keyring
from punchcard.loyalty.events import PROGRAM_CHANGED
from punchcard.loyalty.ledger.ledger_verify import verify_ledger
from punchcard.loyalty.programs.plan_changes import open_cards_of

_LINE_BYTES: Final = 50_000_000
_IMAGE_BYTES: Final = 20_000_000
_READ_BYTES: Final = 1 << 20
_PACKED: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_LARGEST_TAG: Final = 10**15
"""The tags of all shops go on after it: one at the end of its column would end those of all."""
_ENCRYPTED: Final = 1
"""The bit of a file's flags that says so (APPNOTE.TXT, 4.4.4)."""

Progress = Callable[[str, int], None]
"""Told the name of a table and how many rows of it are taken in."""


@dataclass(frozen=True)
class Arrival:
    """What is needed to take archives in.

    `password_hash` is of a password that nobody knows: people choose a new one by mail.
    """

    keys: Keyring
    password_hash: str
    progress: Progress = lambda table, rows: None

    def take_in(self, connection: Connection, source: IO[bytes]) -> Manifest:
        """Write everything of an archive, and verify it; the caller's transaction is the whole.

        Raises ArchiveRefused: no archive, a broken one or one of another version; a shop, person or
        card that is here already; a ledger that does not hold.
        """
        try:
            with zipfile.ZipFile(source) as archive:
                manifest = _checked(archive)
                self._refuse_what_is_here(connection, archive, manifest)
                rows = {
                    table.name: self._copy(connection, archive, table)
                    for table in travelling_tables()
                }
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
            raise ArchiveRefused(f"The archive cannot be read: {error}.") from None
        except IntegrityError as error:
            raise ArchiveRefused(
                "Something of this archive is here already, or belongs to nothing:"
                f" {str(error.orig).strip().splitlines()[0]}."
            ) from None
        vendor_id = manifest.vendor_id
        self._compare(connection, manifest, vendor_id, rows)
        refuse_strangers(connection, vendor_id)
        verdict = verify_ledger(connection, vendor_id=vendor_id)
        if not verdict.is_sound:
            first = verdict.damages[0]
            raise ArchiveRefused(
                f"The ledger of the archive is damaged: card {first.card_id}: {first.what}."
            )
        _go_on_counting(connection)
        return manifest

    def _refuse_what_is_here(
        self, connection: Connection, archive: zipfile.ZipFile, manifest: Manifest
    ) -> None:
        vendors, users = Base.metadata.tables["vendors"], Base.metadata.tables["members"]
        same = (vendors.c.id == manifest.vendor_id) | (vendors.c.slug == manifest.slug)
        if connection.execute(select(vendors.c.id).where(same)).first() is not None:
            raise ArchiveRefused(f"There is a shop “{manifest.slug}” here already.")
        lines = Lines(self.keys)
        for line in _lines(archive, file_of(users)):
            email = lines.row(users, line, password_hash="")["email"]
            if (
                connection.execute(select(users.c.id).where(users.c.email == email)).first()
                is not None
            ):
                raise ArchiveRefused(
                    f"Somebody signs in with {email} here already, for another shop."
                )

    def _copy(self, connection: Connection, archive: zipfile.ZipFile, table: Table) -> int:
        """Write all rows of a table; returns how many."""
        lines = Lines(self.keys)
        statement = insert_statement(connection, table)
        done = 0
        page: list[Row] = []
        for line in _lines(archive, file_of(table)):
            row = lines.row(table, line, password_hash=self.password_hash)
            if table.name == IMAGES[0]:
                row[IMAGES[1]] = _read(archive, str(row[IMAGES[1]]), _IMAGE_BYTES)
            page.append(row)
            if len(page) == ROWS_AT_ONCE:
                _write(connection, table, statement, page)
                done, page = done + len(page), []
        if page:
            _write(connection, table, statement, page)
        follow_counter(connection, table)
        self.progress(table.name, done + len(page))
        return done + len(page)

    def _compare(
        self,
        connection: Connection,
        manifest: Manifest,
        vendor_id: VendorId,
        rows: Mapping[str, int],
    ) -> None:
        """Read all of it again, and hold it against what the manifest says.

        `rows` is how many were written of each table: were one another shop's, the vendor would
        have fewer.
        """
        lines = Lines(self.keys)
        told = {one.name: one for one in manifest.files}
        for table in travelling_tables():
            digest = Digest()
            try:
                for line in lines.of(connection, table, vendor_id):
                    digest.add(line)
            except (orjson.JSONEncodeError, RecursionError):
                # A document that is deeper than any here, and could be written down by nobody.
                raise _unkept(table) from None
            file = told[file_of(table)]
            if (file.rows, file.digest) != (digest.rows, digest.text):
                raise ArchiveRefused(f"What arrived of {table.name} is not what was sent.")
            if digest.rows != rows[table.name]:
                raise ArchiveRefused(f"Some rows of {table.name} are another shop's.")


def _checked(archive: zipfile.ZipFile) -> Manifest:
    """Return the manifest once every file is as it says, and there is none beside them."""
    names = archive.namelist()
    if MANIFEST not in names:
        raise ArchiveRefused("This is no archive of a shop.")
    if any(
        one.flag_bits & _ENCRYPTED or one.compress_type not in _PACKED for one in archive.filelist
    ):
        raise ArchiveRefused("The archive is packed in a way that none is written in.")
    manifest = read_manifest(_read(archive, MANIFEST, _READ_BYTES), revision=migrate.head())
    listed = [one.name for one in manifest.files]
    if sorted(names) != sorted([MANIFEST, *listed]):
        raise ArchiveRefused("The archive is broken: it has other files than it says.")
    wanted = {file_of(table) for table in travelling_tables()}
    if missing := wanted.difference(listed):
        raise ArchiveRefused(f"The archive is broken: {min(missing)} is missing.")
    for one in manifest.files:
        if _digest_of(archive, one) != one.sha256:
            raise ArchiveRefused(f"The archive is broken: {one.name} is not what it says.")
    return manifest


def _digest_of(archive: zipfile.ZipFile, file: ArchivedFile) -> str:
    sha, left = hashlib.sha256(), file.bytes
    with archive.open(file.name) as content:
        # Never more than it says, whatever it unpacks to.
        while part := content.read(min(_READ_BYTES, left + 1)):
            left -= len(part)
            if left < 0:
                break
            sha.update(part)
    return sha.hexdigest() if left == 0 else ""


def _read(archive: zipfile.ZipFile, name: str, limit_bytes: int) -> bytes:
    try:
        with archive.open(name) as content:
            return content.read(limit_bytes)
    except KeyError:
        raise ArchiveRefused(f"The archive is broken: {name} is missing.") from None


def _write(connection: Connection, table: Table, statement: Any, page: list[Row]) -> None:
    try:
        connection.execute(statement, page)
    except (IntegrityError, OperationalError):
        raise
    except (StatementError, OverflowError, RecursionError):
        # A number, a list or a time where none belongs; which one, the types do not say.
        raise _unkept(table) from None


def _unkept(table: Table) -> ArchiveRefused:
    return ArchiveRefused(f"A row of {table.name} cannot be kept as it is.")


def _lines(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    with archive.open(name) as content:
        while line := content.readline(_LINE_BYTES):
            yield line


def _go_on_counting(connection: Connection) -> None:
    """Let the tags of passes go on after the largest that a phone may have seen elsewhere.

    A phone asks for what changed since the last tag it knows: with a smaller count here it would
    hear of nothing.
    """
    tags = Base.metadata.tables["apple_update_tags"]
    seen = [
        connection.scalar(select(func.max(Base.metadata.tables[name].c.update_tag)))
        for name in ("apple_passes", "apple_device_registrations")
    ]
    largest = max((one for one in seen if one is not None), default=None)
    if largest is None:
        return
    if largest > _LARGEST_TAG:
        raise ArchiveRefused("The archive has tags of passes that no server has counted up to.")
    there = connection.scalar(select(tags.c.value))
    if there is None:
        connection.execute(insert(tags).values(id=1, value=largest))
    elif there < largest:
        connection.execute(update(tags).values(value=largest))


def _open_cards(session: Session, vendor_id: VendorId) -> int:
    return session.scalar(open_cards_of(vendor_id)) or 0


def move_in(database: Database, act: Act, source: IO[bytes], arrival: Arrival) -> Manifest:
    """Take an archive in, in one transaction, and leave word that passes are to be looked after.

    Raises ArchiveRefused; whatever fails, nothing of it stays.
    """
    with working_as(WorkKind.LONG), database.write() as session:
        manifest = arrival.take_in(session.connection(), source)
        vendor_id = manifest.vendor_id
        open_cards = _open_cards(session, vendor_id)
        plan_service.begin(session, vendor_id, open_cards=open_cards, counted_from=act.now)
        record_act(
            session,
            act,
            "vendor.moved_in",
            of=("vendor", vendor_id),
            vendor_id=vendor_id,
            new={"made_at": manifest.made_at, "entries": manifest.entries, "cards": manifest.cards},
        )
        programs = Base.metadata.tables["loyalty_programs"].c
        for program_id in session.scalars(
            select(programs.id).where(programs.vendor_id == vendor_id)
        ):
            outbox.enqueue(session, PROGRAM_CHANGED, program_id, act.now)
    return manifest
