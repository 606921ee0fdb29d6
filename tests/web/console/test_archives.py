"""Everything of the shop in one file, from the console: asked for, made, fetched."""

import errno
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import pytest
from sqlalchemy import select, update

from punchcard.connect.archive import archive_service
from punchcard.connect.archive.archive_service import ARCHIVE_WORK
from punchcard.connect.archive.models import VendorArchive
from punchcard.context import Context
from punchcard.db import outbox
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import ArchiveId
from punchcard.loyalty.tables import ENTRIES
from punchcard.worker.handlers import LONG_WORK_LANE
from punchcard.worker.loop import Worker
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.damage import behind_the_triggers
from tests.support.pages import Visitor, text_of

PAGE = "/console/exports"
PATH = f"{PAGE}/archive"


def work(context: Context) -> None:
    """Let a worker do all that waits."""
    worker = Worker(context, [LONG_WORK_LANE], [])
    while worker.do_work():
        pass


def test_an_owner_asks_for_the_file_and_fetches_it(owner: Visitor, context: Context) -> None:
    assert "Everything in one file" in text_of(owner.get(PAGE))
    waiting = owner.follow(owner.post(PATH))
    assert "being made" in text_of(waiting)
    assert 'hx-get="/console/exports/archive"' in waiting.text

    work(context)
    panel = owner.get(PATH)
    assert "hx-get" not in panel.text
    link = re.search(rf'href="({PATH}/[0-9a-f-]{{36}}/file.zip)"', panel.text)
    assert link is not None
    file = owner.get(link[1])
    assert zipfile.ZipFile(BytesIO(file.content)).testzip() is None


def test_both_ask_who_it_is_after_a_while(
    owner: Visitor, context: Context, clock: ManualClock
) -> None:
    owner.get(PAGE)
    owner.post(PATH)
    work(context)
    link = re.search(rf'href="({PATH}/[0-9a-f-]{{36}}/file.zip)"', owner.get(PAGE).text)
    assert link is not None
    clock.advance(hours=1)
    owner.get(PAGE)

    assert "Is it you?" in text_of(owner.post(PATH))
    assert "Is it you?" in text_of(owner.get(link[1]))


def test_it_is_the_owners_alone(manager: Visitor) -> None:
    assert "Everything in one file" not in text_of(manager.get(PAGE))
    assert manager.get(PATH).status_code == 403


def waiting(owner: Visitor, context: Context) -> ArchiveId:
    """Ask for a file; returns the id of its archive."""
    owner.get(PAGE)
    owner.post(PATH)
    with context.database.read() as session:
        return session.scalars(select(VendorArchive.id)).one()


def made_into(context: Context, archive_id: ArchiveId, file: Callable[[Path], IO[bytes]]) -> None:
    """Let the archive be written into another file."""
    archive_service.make_archive(
        context.database,
        archive_id,
        keys=context.settings.keys,
        folder=context.settings.data_dir,
        now=context.clock.now(),
        open_file=file,
    )


class TooLarge(BytesIO):
    """A file that may not grow."""

    def write(self, _: Any) -> int:
        raise OSError(errno.EFBIG, "File too large")


class Full(BytesIO):
    """A file on a full disk."""

    def write(self, _: Any) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (Full, "The server has no room left for the file."),
        (TooLarge, "The file is larger than the server may write one."),
    ],
)
def test_an_owner_reads_why_a_file_could_not_be_made_and_tries_again(
    owner: Visitor, context: Context, file: Callable[[], IO[bytes]], said: str
) -> None:
    made_into(context, waiting(owner, context), lambda _: file())
    page = owner.get(PAGE)
    assert "could not be made" in text_of(page)
    assert said in text_of(page)
    assert "Try again" in text_of(page)
    owner.post(PATH)
    work(context)
    assert "file.zip" in owner.get(PAGE).text
    assert "Make the file" in text_of(owner.get(PAGE))


def test_a_damaged_ledger_is_told(owner: Visitor, alice: Shop, context: Context) -> None:
    shelf.opened_card(alice, shelf.program(alice, status="active"))
    with behind_the_triggers(context.settings.database_url) as connection:
        connection.execute(update(ENTRIES).values(points_delta=7))
    waiting(owner, context)
    work(context)
    assert "The ledger is damaged, so nothing was written." in text_of(owner.get(PAGE))


def test_what_fails_each_time_or_is_killed_each_time_ends(
    owner: Visitor, context: Context, clock: ManualClock
) -> None:
    away = replace(context.settings, data_dir=context.settings.data_dir / "away")
    waiting(owner, context)
    for _ in range(3):
        assert "being made" in text_of(owner.get(PAGE))
        work(replace(context, settings=away))
        clock.advance(minutes=2)
    assert "Something went wrong that is not the shop’s doing" in text_of(owner.get(PAGE))

    owner.post(PATH)
    for _ in range(3):
        with context.database.write() as session:
            lease = timedelta(seconds=1)
            taken = outbox.claim(session, [ARCHIVE_WORK], limit=5, now=clock.now(), lease=lease)
            assert len(taken) == 1
        clock.advance(seconds=2)
    work(context)
    assert "The server was stopped each time while it made the file." in text_of(owner.get(PAGE))
