"""Revision 0009 gives shops their country and writes contacts as the rule book writes them."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from punchcard.accounts.access.people import find_person
from punchcard.db import migrate
from punchcard.db.database import Database
from tests.support.old_databases import database_at, insert_row

_AT = "2026-03-02 09:00:00"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the address of a database at revision 0008."""
    with database_at("0008", request, tmp_path) as address:
        yield address


def _id(number: int) -> str:
    return f"{number:032x}"


def _vendor(connection: Connection, number: int, timezone: str, currency: str) -> None:
    insert_row(
        connection,
        "vendors",
        id=_id(number),
        slug=f"shop-{number}",
        name="Shop",
        currency=currency,
        timezone=timezone,
        language="fr",
        status="active",
        keeps_origins=False,
        created_at=_AT,
        updated_at=_AT,
    )


def _customer(connection: Connection, number: int, **told: Any) -> None:
    given = {"is_verified": True, "erased_at": None, **told}
    insert_row(
        connection,
        "customers",
        **{"id": _id(number), "vendor_id": _id(1), "marketing_consent": False, **given},
        created_at=_AT,
        updated_at=_AT,
    )


def _member(connection: Connection, number: int, email: str) -> None:
    insert_row(
        connection,
        "members",
        id=_id(number),
        vendor_id=_id(1),
        email=email,
        name="Zoé",
        role="staff",
        password_hash="none",
        created_at=_AT,
    )


def _customers(connection: Connection) -> dict[int, tuple[Any, ...]]:
    rows = connection.execute(
        text("SELECT id, name_folded, email, phone, is_verified FROM customers ORDER BY id")
    )
    return {int(str(row[0]).replace("-", ""), 16): (*row[1:4], bool(row[4])) for row in rows}


def test_shops_get_the_country_that_their_habits_tell(url: str) -> None:
    with closing(Database(url)) as database:
        with database.write_connection() as connection:
            _vendor(connection, 1, "Europe/Luxembourg", "EUR")
            _vendor(connection, 2, "US/Eastern", "USD")
            _vendor(connection, 3, "UTC", "HUF")
            _vendor(connection, 4, "UTC", "EUR")
            _vendor(connection, 5, "America/Coyhaique", "CLP")
        migrate.upgrade(url)
        with database.read_connection() as connection:
            countries = connection.scalars(text("SELECT country FROM vendors ORDER BY id")).all()
    assert countries == ["LU", "US", "HU", None, "CL"]


def test_contacts_and_names_are_written_anew_and_a_conflict_keeps_both(url: str) -> None:
    with closing(Database(url)) as database:
        with database.write_connection() as connection:
            _vendor(connection, 1, "Europe/Luxembourg", "EUR")
            _customer(connection, 10, name="Müller", name_folded="müller", phone="+4402079460958")
            _customer(connection, 11, email="\u202ame@example.de\u202c")
            _customer(connection, 12, email="me@example.de", phone="+352621123456")
            _customer(connection, 13, email="a..b@example.com", phone="+999123456789")
            _customer(connection, 14, email="info@xn--bcher-kva.lu", is_verified=False)
            _customer(connection, 15, phone="+3520621123456")
            _customer(connection, 16, phone="+390669821234")
        migrate.upgrade(url)
        with database.read_connection() as connection:
            found = _customers(connection)
    assert found == {
        10: ("muller", None, "+442079460958", True),
        11: (None, "me@example.de", None, False),
        12: (None, "me@example.de", "+352621123456", True),
        13: (None, "a..b@example.com", "+999123456789", True),
        14: (None, "info@bücher.lu", None, False),
        15: (None, None, "+352621123456", False),
        16: (None, None, "+390669821234", True),
    }


def test_whoever_signs_in_still_does(url: str) -> None:
    typed = {
        20: "zoé@example.com",
        21: "x@-bad-.example",
        22: "info@xn--bcher-kva.lu",
        23: "\u202aboss@example.de",
        24: "boss@example.de",
    }
    with closing(Database(url)) as database:
        with database.write_connection() as connection:
            _vendor(connection, 1, "Europe/Luxembourg", "EUR")
            for number, email in typed.items():
                _member(connection, number, email)
        migrate.upgrade(url)
        with database.read() as session:
            found = {number: find_person(session, email) for number, email in typed.items()}
            ids = {
                number: int(str(one.id).replace("-", ""), 16)
                for number, one in found.items()
                if one
            }
            by_unicode = find_person(session, "info@bücher.lu")
            assert by_unicode is not None
            assert by_unicode.email == "info@bücher.lu"
    assert ids == {number: number for number in typed}
