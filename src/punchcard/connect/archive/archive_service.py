"""Archives as a shop's owner asks for them: made by the worker, kept sealed for hours, fetched."""

import hashlib
import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Final, cast

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from punchcard.accounts.audit_service import Act, record_act
from punchcard.accounts.export_files import EXPORT
from punchcard.accounts.models import Vendor
from punchcard.accounts.rows import find_own, paginate_back
from punchcard.accounts.vocabulary import SecurityEvent
from punchcard.connect.archive.departure import write_archive
from punchcard.connect.archive.errors import (
    ArchiveNotReady,
    ArchiveUnderWay,
    VendorArchiveNotFound,
)
from punchcard.connect.archive.failures import known_failure
from punchcard.connect.archive.models import VendorArchive, VendorArchivePart
from punchcard.connect.archive.vocabulary import ArchiveFailure, ArchiveState
from punchcard.db import outbox
from punchcard.db.base import table_of
from punchcard.db.database import Database
from punchcard.db.limits import WorkKind, working_as
from punchcard.kit.ids import ArchiveId, VendorId
from punchcard.kit.secrets import Keyring, Sealer
from punchcard.loyalty.vocabulary import ActorKind

ARCHIVE_WORK: Final = "archives.make"
"""An archive, the key, is to be made."""

_log = logging.getLogger(__name__)

SEAL_PURPOSE: Final = "archive part"
_PART_BYTES: Final = 1 << 20
# Beside what is known to be in vain: each reads all of a shop.
_ATTEMPTS: Final = 3
_PARTS: Final = table_of(VendorArchivePart)


def ask_archive(session: Session, act: Act, vendor_id: VendorId, *, hours: int) -> VendorArchive:
    """Leave it to the worker to make an archive, which is kept for so many hours.

    Raises ArchiveUnderWay while one is being made.
    """
    # First, so that of two who ask at once the second finds what the first has asked for.
    session.execute(select(Vendor.id).where(Vendor.id == vendor_id).with_for_update(key_share=True))
    waiting = select(VendorArchive.id).where(
        VendorArchive.vendor_id == vendor_id, VendorArchive.state == ArchiveState.WAITING
    )
    if session.scalar(waiting.limit(1)) is not None:
        raise ArchiveUnderWay
    row = VendorArchive(
        id=ArchiveId(act.ids.new_id()),
        vendor_id=vendor_id,
        state=ArchiveState.WAITING,
        actor_kind=ActorKind(act.subject.kind),
        actor_id=act.subject.id,
        created_at=act.now,
        expires_at=act.now + timedelta(hours=hours),
    )
    session.add(row)
    session.flush()
    record_act(session, act, "archive.asked", of=(EXPORT, "archive"), vendor_id=vendor_id, new={})
    outbox.enqueue(session, ARCHIVE_WORK, row.id, act.now)
    return row


def get_archive(session: Session, vendor_id: VendorId, archive_id: ArchiveId) -> VendorArchive:
    """Return one archive of the vendor. Raises VendorArchiveNotFound."""
    return find_own(session, VendorArchive, vendor_id, archive_id, missing=VendorArchiveNotFound)


def list_archives(session: Session, vendor_id: VendorId, *, limit: int) -> Sequence[VendorArchive]:
    """Return the vendor's archives that are kept, newest first."""
    query = select(VendorArchive).where(VendorArchive.vendor_id == vendor_id)
    return paginate_back(session, query, VendorArchive, None, limit)


def _unnamed(folder: Path) -> IO[bytes]:
    return cast("IO[bytes]", TemporaryFile(dir=folder))


def make_archive(
    database: Database,
    archive_id: ArchiveId,
    *,
    keys: Keyring,
    folder: Path,
    now: datetime,
    open_file: Callable[[Path], IO[bytes]] = _unnamed,
) -> None:
    """Make an archive that was asked for; done again after a kill, it begins anew.

    It is written into the file that `open_file` opens in `folder`, and kept in the database, where
    every server finds it. One that is gone, or made, is passed over. What cannot be otherwise soon
    ends it, with the reason; all else, a kill among it, after three attempts.
    """
    with database.read() as session:
        row = session.get(VendorArchive, archive_id)
        attempt = outbox.attempts_at(session, ARCHIVE_WORK, archive_id)
    if row is None or row.state is not ArchiveState.WAITING:
        return
    if attempt > _ATTEMPTS:
        _end(database, archive_id, failure=ArchiveFailure.STOPPED)
        return
    try:
        with open_file(folder) as file:
            with database.snapshot() as connection:
                write_archive(connection, row.vendor_id, file, keys=keys, now=now)
            size = file.tell()
            file.seek(0)
            sha = _keep(database, archive_id, file, Sealer(keys, SEAL_PURPOSE))
    except Exception as error:
        failure = known_failure(error)
        if failure is None and attempt < _ATTEMPTS:
            raise
        _log.error("The archive %s could not be made: %s: %s", row.id, type(error).__name__, error)
        _end(database, archive_id, failure=failure or ArchiveFailure.UNKNOWN)
    else:
        _end(database, archive_id, size=size, sha256=sha)


def _keep(database: Database, archive_id: ArchiveId, file: IO[bytes], sealer: Sealer) -> str:
    with database.write() as session:
        _delete_parts(session, archive_id)
    sha = hashlib.sha256()
    number = 0
    while part := file.read(_PART_BYTES):
        sha.update(part)
        # Each in a transaction of its own: nobody waits long for a large file.
        with database.write() as session:
            session.execute(
                insert(_PARTS).values(
                    archive_id=archive_id,
                    number=number,
                    content_sealed=sealer.seal(part, bound_to(archive_id, number)),
                )
            )
        number += 1
    return sha.hexdigest()


def _end(
    database: Database,
    archive_id: ArchiveId,
    *,
    size: int | None = None,
    sha256: str | None = None,
    failure: ArchiveFailure | None = None,
) -> None:
    with database.write() as session:
        row = session.get(VendorArchive, archive_id, with_for_update=True)
        if failure is not None:
            _delete_parts(session, archive_id)
        if row is not None:
            row.state = ArchiveState.READY if failure is None else ArchiveState.FAILED
            row.bytes, row.sha256, row.error = size, sha256, failure


def bound_to(archive_id: ArchiveId, number: int) -> str:
    """Return what the seal of a part is bound to."""
    return f"{archive_id} {number}"


def fetch_archive(
    database: Database, act: Act, vendor_id: VendorId, archive_id: ArchiveId, *, keys: Keyring
) -> tuple[VendorArchive, Iterator[bytes]]:
    """Return a ready archive, and its file in parts; the audit trail says who has fetched it.

    Raises VendorArchiveNotFound, ArchiveNotReady.
    """
    with database.write() as session:
        row = get_archive(session, vendor_id, archive_id)
        if row.state is not ArchiveState.READY:
            raise ArchiveNotReady(state=str(row.state))
        record_act(
            session,
            act,
            SecurityEvent.EXPORT_TAKEN,
            of=(EXPORT, "archive"),
            vendor_id=vendor_id,
            new={"format": "zip", "bytes": row.bytes},
        )
    return row, _parts(database, archive_id, Sealer(keys, SEAL_PURPOSE))


def _parts(database: Database, archive_id: ArchiveId, sealer: Sealer) -> Iterator[bytes]:
    number = 0
    while True:
        with working_as(WorkKind.LONG), database.read() as session:
            part = session.get(VendorArchivePart, (archive_id, number))
        plain = part and sealer.open(part.content_sealed, bound_to(archive_id, number))
        if not plain:
            return
        yield plain
        number += 1


def expire_archives(session: Session, now: datetime, *, limit: int) -> int:
    """Delete archives whose time is over, with their files; returns how many."""
    over = select(VendorArchive).where(VendorArchive.expires_at <= now).limit(limit)
    rows = session.scalars(over).all()
    for row in rows:
        _delete_parts(session, row.id)
        session.delete(row)
    return len(rows)


def _delete_parts(session: Session, archive_id: ArchiveId) -> None:
    session.execute(delete(_PARTS).where(_PARTS.c.archive_id == archive_id))
