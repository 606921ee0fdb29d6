"""Revision 0014 on a shop that had changed its short names: its posters are found again."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, text

from punchcard.db import migrate
from punchcard.db.database import Database
from tests.support.damage import behind_the_triggers
from tests.support.old_databases import database_at, insert_row

ALICE, BOB = (str(UUID(int=number)) for number in (0xA, 0xB))
COFFEE, BREAD, GONE = (str(UUID(int=number)) for number in (0xC, 0xD, 0xE))
AT = "2026-03-02 09:00:00"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the address of a database at revision 0013."""
    with database_at("0013", request, tmp_path) as address:
        yield address


def plain(id: str) -> str:
    """Return an id as SQLite keeps it; PostgreSQL reads it too."""
    return id.replace("-", "")


def vendor(connection: Connection, id: str, slug: str) -> None:
    insert_row(
        connection,
        "vendors",
        **{"id": plain(id), "slug": slug, "name": slug, "currency": "EUR", "language": "fr"},
        **{"timezone": "Europe/Luxembourg", "status": "active", "keeps_origins": True},
        **{"created_at": AT, "updated_at": AT},
    )


def program(connection: Connection, id: str, vendor_id: str, slug: str) -> None:
    numbers = ("minimum_purchase_minor", "minimum_redemption_points", "welcome_stamps")
    insert_row(
        connection,
        "loyalty_programs",
        **{"id": plain(id), "vendor_id": plain(vendor_id), "slug": slug, "name": "Card"},
        **{"card_name": "Card", "type": "stamps", "status": "active", "currency": "EUR"},
        **{"timezone": "Europe/Luxembourg", "stamps_target": 10, "points_per_currency_unit": 1},
        **dict.fromkeys((*numbers, "welcome_points", "cooldown_minutes"), 0),
        **{"max_daily_stamps": 5, "pin_policy": "off", "pin_max_attempts": 5},
        **{"pin_lockout_minutes": 5, "void_policy": "clamp", "self_enrollment": True},
        **{"branding": "{}", "texts": "{}", "version": 1, "created_at": AT, "updated_at": AT},
    )


def event(connection: Connection, number: int, action: str, subject: str, **more: Any) -> None:
    given = {"vendor_id": ALICE, "old": None, "new": None, **more}
    kind, _ = action.split(".")
    old, new = (None if given[name] is None else json.dumps(given[name]) for name in ("old", "new"))
    insert_row(
        connection,
        "audit_events",
        **{"id": f"{number:032x}", "vendor_id": plain(given["vendor_id"]), "old": old, "new": new},
        **{"actor_kind": "member", "action": action, "subject_kind": kind},
        **{"subject_id": subject, "created_at": f"2026-03-02 09:00:{number:02d}"},
    )


def renamed(connection: Connection, number: int, kind: str, subject: str, **more: str) -> None:
    """Write down that a slug was changed: `old` to `new`."""
    slugs = {name: {"slug": more.pop(name)} for name in ("old", "new")}
    event(connection, number, f"{kind}.updated", subject, **slugs, **more)


def test_former_slugs_stay_their_vendors_and_lead_to_what_bears_another_now(url: str) -> None:
    with behind_the_triggers(url) as connection:
        vendor(connection, ALICE, "cafe-alice")
        vendor(connection, BOB, "beim-bob")
        program(connection, COFFEE, ALICE, "coffee-3")
        program(connection, BREAD, BOB, "handed-on")
        renamed(connection, 1, "program", COFFEE, old="coffee-1", new="coffee-2")
        renamed(connection, 2, "program", COFFEE, old="coffee-2", new="coffee-3")
        # Somebody else bears this one today: their address stays theirs.
        renamed(connection, 3, "program", COFFEE, old="handed-on", new="coffee-1")
        # Two had it, one after the other: it leads to the later.
        renamed(connection, 4, "program", COFFEE, old="twice", new="coffee-1")
        renamed(connection, 5, "program", BREAD, old="twice", new="handed-on", vendor_id=BOB)
        event(connection, 6, "program.deleted", GONE, old={"slug": "gone", "name": "Card"})
        event(connection, 7, "program.updated", COFFEE, old={"name": "A"}, new={"name": "B"})
        event(connection, 8, "program.created", COFFEE, new={"slug": "coffee-1"})
        # Short names of shops and of programs are apart.
        renamed(connection, 9, "vendor", ALICE, old="coffee-3", new="cafe-alice")
    migrate.upgrade(url)
    with closing(Database(url)) as database, database.read_connection() as connection:
        assert migrate.is_current(database)
        rows = connection.execute(
            text("SELECT kind, slug, vendor_id, subject_id FROM retired_slugs")
        ).all()
        assert connection.scalar(text("SELECT count(*) FROM secret_checks")) == 0
    found = {
        (kind, slug): (str(UUID(str(owner))), subject and str(UUID(str(subject))))
        for kind, slug, owner, subject in rows
    }
    assert found == {
        ("program", "coffee-1"): (ALICE, COFFEE),
        ("program", "coffee-2"): (ALICE, COFFEE),
        ("program", "twice"): (BOB, BREAD),
        ("program", "gone"): (ALICE, None),
        ("vendor", "coffee-3"): (ALICE, ALICE),
    }


def test_a_database_without_a_shop_is_migrated_too(url: str) -> None:
    migrate.upgrade(url)
    with closing(Database(url)) as database, database.read_connection() as connection:
        assert connection.scalar(text("SELECT count(*) FROM retired_slugs")) == 0
