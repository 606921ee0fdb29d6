"""Revision 0010: points were for one unit of each program's currency, and still are."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from punchcard.db import migrate
from punchcard.db.database import Database
from tests.support.damage import behind_the_triggers
from tests.support.old_databases import database_at

CURRENCIES = {"EUR": 100, "JPY": 1, "KWD": 1000, "CLF": 10_000, "HUF": 100}


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the address of a database at revision 0009."""
    with database_at("0009", request, tmp_path) as address:
        yield address


def test_every_program_goes_on_as_it_was(url: str) -> None:
    names = (
        "id, vendor_id, slug, name, card_name, type, status, currency, timezone, stamps_target,"
        " points_per_currency_unit, minimum_purchase_minor, minimum_redemption_points,"
        " welcome_stamps, welcome_points, cooldown_minutes, max_daily_stamps, pin_policy,"
        " pin_max_attempts, pin_lockout_minutes, void_policy, self_enrollment, branding, texts,"
        " version, created_at, updated_at"
    )
    with behind_the_triggers(url) as connection:
        for number, currency in enumerate(CURRENCIES, 1):
            connection.execute(
                text(
                    f"INSERT INTO loyalty_programs ({names}) VALUES (:id, :id, :slug, 'Club',"  # noqa: S608
                    " 'Club', 'points', 'active', :currency, 'UTC', 10, 1, 0, 0, 0, 0, 15, 5,"
                    " 'off', 5, 30, 'clamp', true, '{}', '{}', 1, '2026-03-02', '2026-03-02')"
                ),
                {"id": f"{number:032x}", "slug": f"club-{number}", "currency": currency},
            )
    migrate.upgrade(url)
    with closing(Database(url)) as database, database.read_connection() as connection:
        rows = connection.execute(
            text("SELECT currency, points_per_amount_minor, carry_parts FROM loyalty_programs")
        ).all()
    assert {row[0]: row[1] for row in rows} == CURRENCIES
    assert {row[2] for row in rows} == {None}
