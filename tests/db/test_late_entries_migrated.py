"""Revision 0018: terminals of before did nothing before they were paired."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from punchcard.accounts.models import DevicePresence
from punchcard.db import migrate
from punchcard.db.database import Database
from tests.support.damage import behind_the_triggers
from tests.support.old_databases import database_at, insert_row

VENDOR, DEVICE = ("0" * 31 + digit for digit in "12")
PAIRED_AT = "2026-03-02 09:00:00"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the address of a database at revision 0017."""
    with database_at("0017", request, tmp_path) as address:
        yield address


def test_terminals_that_are_paired_go_on(url: str) -> None:
    with behind_the_triggers(url) as connection:
        insert_row(
            connection,
            "devices",
            id=DEVICE,
            vendor_id=VENDOR,
            name="Till",
            token_hash=b"t" * 32,
            paired_at=PAIRED_AT + ("" if "postgresql" in url else ".000000"),
        )
    migrate.upgrade(url)
    with closing(Database(url)) as database, database.read() as session:
        (span,) = session.scalars(select(DevicePresence)).all()
    assert span.began_at == datetime(1970, 1, 1, tzinfo=UTC)
    assert span.ended_at == datetime(2026, 3, 2, 9, tzinfo=UTC)
