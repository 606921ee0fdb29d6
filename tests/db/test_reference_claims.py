"""Revision 0008 takes over the receipt numbers of purchases that stand, and only those."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, inspect, text

from punchcard.db import migrate
from punchcard.db.database import Database
from tests.support.damage import behind_the_triggers
from tests.support.old_databases import database_at

_PROGRAM, _OTHER_PROGRAM = "a1" * 16, "a2" * 16
_ENTRY = text(
    "INSERT INTO loyalty_transactions (id, vendor_id, program_id, card_id, sequence, type,"
    " stamps_delta, points_delta, stamps_after, points_after, points_carry_after, reference,"
    " actor_kind, voids, program_version, occurred_at, created_at, previous_hash, hash)"
    " VALUES (:id, :vendor, :program, :card, :sequence, :type, 0, 0, 0, 0, 0, :reference,"
    " 'device', :voids, 1, '2026-03-02 09:00:00', '2026-03-02 09:00:00', :hash, :hash)"
)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the address of a database at revision 0007."""
    with database_at("0007", request, tmp_path) as address:
        yield address


def _write(connection: Connection, number: int, type: str, **more: object) -> None:
    given = {"program": _PROGRAM, "reference": None, "voids": None, **more}
    places = {"vendor": "b" * 32, "card": "c" * 32, "hash": bytes(32)}
    row = {"id": _id(number), "sequence": number, "type": type, **places, **given}
    connection.execute(_ENTRY, row)


def _id(number: int) -> str:
    return f"{number:032x}"


def test_purchases_that_stand_keep_their_numbers_and_voided_ones_give_theirs_back(
    url: str,
) -> None:
    with behind_the_triggers(url) as connection:
        _write(connection, 1, "points_earned", reference="stands")
        _write(connection, 2, "points_earned", reference="voided")
        _write(connection, 3, "voided", voids=_id(2))
        _write(connection, 4, "points_earned")
        _write(connection, 5, "points_earned", reference="stands", program=_OTHER_PROGRAM)
        _write(connection, 6, "stamp_earned", reference="of a stamp")
    migrate.upgrade(url)
    with closing(Database(url)) as database, database.read_connection() as connection:
        assert migrate.is_current(database)
        rows = connection.execute(text("SELECT * FROM reference_claims")).mappings().all()
        indexes = {i["name"] for i in inspect(connection).get_indexes("loyalty_transactions")}
    claims = {
        (str(row["program_id"]).replace("-", ""), row["type"], row["reference"]): str(
            row["transaction_id"]
        ).replace("-", "")
        for row in rows
    }
    assert claims == {
        (_PROGRAM, "points_earned", "stands"): _id(1),
        (_OTHER_PROGRAM, "points_earned", "stands"): _id(5),
    }
    assert "uq_loyalty_transactions_reference" not in indexes
