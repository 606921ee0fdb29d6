"""Taking a vendor's archive in: all of it, or nothing; with the same ids, numbers and links."""

from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.orm import Session

from punchcard.accounts.audit_service import Act, record_act
from punchcard.accounts.models import Vendor
from punchcard.accounts.plans import plan_service
from punchcard.accounts.vocabulary import VendorStatus
from punchcard.connect.archive.archive_file import ArchiveFile
from punchcard.connect.archive.borders import refuse_strangers
from punchcard.connect.archive.contents import travelling_tables
from punchcard.connect.archive.departure import file_of
from punchcard.connect.archive.errors import ArchiveRefused
from punchcard.connect.archive.manifest import Manifest
from punchcard.connect.archive.renewal import todays_archive
from punchcard.connect.archive.rows import Lines
from punchcard.connect.archive.unloading import Unloading
from punchcard.db import outbox
from punchcard.db.base import Base
from punchcard.db.database import Database
from punchcard.db.limits import WorkKind, working_as
from punchcard.kit.ids import VendorId
from punchcard.loyalty.events import PROGRAM_CHANGED
from punchcard.loyalty.ledger.ledger_verify import Verdict, verify_ledger
from punchcard.loyalty.programs.plan_changes import open_cards_of

_LARGEST_TAG: Final = 10**15
"""The tags of all shops go on after it: one at the end of its column would end those of all."""


@dataclass(frozen=True)
class Arrival:
    """What is needed to take archives in.

    `folder` is where one of an older database finds room while it is made anew.
    """

    unloading: Unloading
    folder: Path

    def take_in(self, connection: Connection, archive: ArchiveFile) -> Verdict:
        """Write everything of an archive, and verify it; the caller's transaction is the whole.

        Raises ArchiveRefused: one that lacks a table; a shop, person or card that is here already;
        what leads to another shop; a ledger that does not hold.
        """
        tables = travelling_tables()
        listed = {one.name for one in archive.manifest.files}
        if missing := {file_of(table) for table in tables}.difference(listed):
            raise ArchiveRefused(f"The archive is broken: {min(missing)} is missing.")
        self._refuse_what_is_here(connection, archive)
        self.unloading.unload(connection, archive, tables)
        vendor_id = archive.manifest.vendor_id
        refuse_strangers(connection, vendor_id)
        try:
            verdict = verify_ledger(connection, vendor_id=vendor_id)
        except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError) as error:
            # Details of entries, say, that are documents of another kind under a right hash.
            raise ArchiveRefused(
                "The ledger of the archive is none that a server wrote."
            ) from error
        if not verdict.is_sound:
            first = verdict.damages[0]
            raise ArchiveRefused(
                f"The ledger of the archive is damaged: card {first.card_id}: {first.what}."
            )
        _go_on_counting(connection)
        return verdict

    def _refuse_what_is_here(self, connection: Connection, archive: ArchiveFile) -> None:
        vendors, users = Base.metadata.tables["vendors"], Base.metadata.tables["members"]
        told = archive.manifest
        same = (vendors.c.id == told.vendor_id) | (vendors.c.slug == told.slug)
        if connection.execute(select(vendors.c.id).where(same)).first() is not None:
            raise ArchiveRefused(f"There is a shop “{told.slug}” here already.")
        lines = Lines(self.unloading.keys)
        for line in archive.lines(file_of(users)):
            email = lines.row(users, line, password_hash="")["email"]
            if (
                connection.execute(select(users.c.id).where(users.c.email == email)).first()
                is not None
            ):
                raise ArchiveRefused(
                    f"Somebody signs in with {email} here already, for another shop."
                )


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


def _open_again(session: Session, vendor_id: VendorId) -> dict[str, Any]:
    """Let a shop that was closed before it left be open here; returns what the audit tells of it.

    What is closed stays closed where it was: here nobody could sign in to it, nor ever open it.
    """
    vendor = session.get_one(Vendor, vendor_id)
    if vendor.status != VendorStatus.CLOSED:
        return {}
    vendor.status = VendorStatus.ACTIVE
    return {"status": VendorStatus.ACTIVE}


def _open_cards(session: Session, vendor_id: VendorId) -> int:
    return session.scalar(open_cards_of(vendor_id)) or 0


def move_in(database: Database, act: Act, source: IO[bytes], arrival: Arrival) -> Manifest:
    """Take an archive in, in one transaction, and leave word that passes are to be looked after.

    One of an older database is made anew before. Returns what the archive says of itself. Raises
    ArchiveRefused; whatever fails, nothing of it stays.
    """
    with (
        working_as(WorkKind.LONG),
        todays_archive(source, arrival.unloading, folder=arrival.folder) as (archive, told),
        database.write() as session,
    ):
        verdict = arrival.take_in(session.connection(), archive)
        if (verdict.entries, verdict.cards) != (told.entries, told.cards):
            raise ArchiveRefused(
                f"The archive says that it has {told.entries:,} entries of {told.cards:,} cards,"
                f" and has {verdict.entries:,} of {verdict.cards:,}."
            )
        vendor_id = archive.manifest.vendor_id
        status = _open_again(session, vendor_id)
        open_cards = _open_cards(session, vendor_id)
        plan_service.begin(session, vendor_id, open_cards=open_cards, counted_from=act.now)
        record_act(
            session,
            act,
            "vendor.moved_in",
            of=("vendor", vendor_id),
            vendor_id=vendor_id,
            new={"made_at": told.made_at, "entries": told.entries, "cards": told.cards, **status},
        )
        programs = Base.metadata.tables["loyalty_programs"].c
        for program_id in session.scalars(
            select(programs.id).where(programs.vendor_id == vendor_id)
        ):
            outbox.enqueue(session, PROGRAM_CHANGED, program_id, act.now)
    return told
