"""People of before keep the address that counts, and when they signed in last."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from punchcard.accounts.models import User
from punchcard.db import migrate
from punchcard.db.database import Database
from tests.support.old_databases import database_at, insert_row

_AT = "2026-03-02 09:00:00"
_SHOP, _CAME, _NEVER = (f"{number:032x}" for number in (1, 2, 3))


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the address of a database at revision 0016."""
    with database_at("0016", request, tmp_path) as address:
        yield address


def test_people_of_before_are_confirmed_and_known_to_have_come(url: str) -> None:
    with closing(Database(url)) as database:
        with database.write_connection() as connection:
            shop = {"slug": "shop", "name": "Shop", "currency": "EUR", "timezone": "UTC"}
            more = {"language": "en", "status": "active", "keeps_origins": False}
            times = {"created_at": _AT, "updated_at": _AT}
            insert_row(connection, "vendors", id=_SHOP, **shop, **more, **times)
            for user_id, name in ((_CAME, "came"), (_NEVER, "never")):
                insert_row(
                    connection,
                    "members",
                    id=user_id,
                    vendor_id=_SHOP,
                    email=f"{name}@x.example",
                    name=name,
                    role="owner",
                    password_hash="none",
                    created_at=_AT,
                )
            for number, hour in ((4, 10), (5, 12), (6, 11)):
                insert_row(
                    connection,
                    "audit_events",
                    id=f"{number:032x}",
                    actor_kind="member",
                    actor_id=f"00000000-0000-0000-0000-{2:012x}",
                    action="session.opened",
                    subject_kind="session",
                    subject_id="any",
                    created_at=f"2026-03-02 {hour}:00:00",
                )
        migrate.upgrade(url)
        with database.read() as session:
            found = session.execute(
                select(User.name, User.email, User.confirmed_email, User.signed_in_at)
            ).all()
    last = datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert {tuple(row) for row in found} == {
        ("came", "came@x.example", "came@x.example", last),
        ("never", "never@x.example", "never@x.example", None),
    }
