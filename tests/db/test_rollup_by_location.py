"""Revision 0013 divides the daily rollup by location: nothing is gained, nothing lost."""

from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from punchcard.db import migrate
from punchcard.db.database import Database
from punchcard.loyalty.reports import stats_rebuild
from tests.support.damage import behind_the_triggers
from tests.support.old_databases import database_at, insert_row

_PROGRAM, _HERE, _THERE = "a1" * 16, "e1" * 16, "e2" * 16
_NOWHERE = "0" * 32
_AT = "2026-03-02 09:00:00"
# Half an hour before midnight in Greenwich, a day later in Luxembourg.
_LATE = "2026-03-02 23:30:00"
_FIGURES = (
    *("cards_opened", "cards_last_seen", "stamps_earned", "stamps_redeemed"),
    *("points_earned", "points_redeemed", "points_adjusted"),
    *("rewards_redeemed", "reward_value_minor", "purchases", "purchase_amount_minor"),
)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the address of a database at revision 0012."""
    with database_at("0012", request, tmp_path) as address:
        yield address


def _program(connection: Connection) -> None:
    insert_row(
        connection,
        "loyalty_programs",
        **{"id": _PROGRAM, "vendor_id": "b" * 32, "slug": "card", "name": "Card"},
        **{"card_name": "Card", "type": "hybrid", "status": "active", "currency": "EUR"},
        **{"timezone": "Europe/Luxembourg", "stamps_target": 10, "points_per_currency_unit": 1},
        **dict.fromkeys(("minimum_purchase_minor", "minimum_redemption_points"), 0),
        **dict.fromkeys(("welcome_stamps", "welcome_points", "cooldown_minutes"), 0),
        **{"max_daily_stamps": 5, "pin_policy": "off", "pin_max_attempts": 5},
        **{"pin_lockout_minutes": 5, "void_policy": "clamp", "self_enrollment": True},
        **{"branding": "{}", "texts": "{}", "version": 1, "created_at": _AT, "updated_at": _AT},
    )


def _entry(connection: Connection, number: int, type: str, **more: Any) -> None:
    given = {"occurred_at": _AT, "location_id": None, "voids": None, "reward": None, **more}
    numbers = ("stamps_delta", "points_delta", "stamps_after", "points_after", "points_carry_after")
    insert_row(
        connection,
        "loyalty_transactions",
        **{**dict.fromkeys(numbers, 0), "amount_minor": None, **given},
        **{"id": f"{number:032x}", "sequence": number, "type": type, "program_id": _PROGRAM},
        **{"vendor_id": "b" * 32, "card_id": "c" * 32, "actor_kind": "device"},
        **{"program_version": 1, "created_at": _AT},
        **{"previous_hash": bytes(32), "hash": bytes(32)},
    )


def _row(connection: Connection, day: date, **figures: int) -> None:
    kept = {**dict.fromkeys(_FIGURES, 0), **figures}
    insert_row(connection, "loyalty_daily_rollup", program_id=_PROGRAM, day=day.isoformat(), **kept)


def test_figures_move_to_the_location_where_they_were_made(url: str) -> None:
    with behind_the_triggers(url) as connection:
        _program(connection)
        _entry(connection, 1, "card_opened")
        _entry(connection, 2, "stamp_earned", stamps_delta=3, location_id=_HERE)
        _entry(
            connection, 3, "points_earned", points_delta=12, amount_minor=1250, location_id=_HERE
        )
        _entry(connection, 4, "stamp_earned", stamps_delta=1, location_id=_THERE, occurred_at=_LATE)
        # Taken back at the other location, the next day: it is the first that loses it.
        _entry(
            connection,
            5,
            "voided",
            **{"stamps_delta": -3, "voids": f"{2:032x}", "location_id": _THERE},
            occurred_at=_LATE,
        )
        reward = '{"name": "Bread", "value_minor": 480}'
        _entry(connection, 6, "stamps_redeemed", stamps_delta=-1, reward=reward, location_id=_THERE)
        _row(
            connection,
            date(2026, 3, 2),
            **{"cards_opened": 1, "stamps_earned": 3, "points_earned": 12, "purchases": 1},
            **{"purchase_amount_minor": 1250, "stamps_redeemed": 1, "rewards_redeemed": 1},
            reward_value_minor=480,
        )
        _row(connection, date(2026, 3, 3), stamps_earned=-2)
    migrate.upgrade(url)
    with closing(Database(url)) as database:
        with database.snapshot() as connection:
            assert stats_rebuild.compare(connection, lambda _rows: None).differences == []
        with database.read_connection() as connection:
            rows = connection.execute(text("SELECT * FROM loyalty_daily_rollup")).mappings().all()
    found = {
        (str(row["day"]), str(row["location_id"]).replace("-", "")): {
            name: row[name] for name in _FIGURES if row[name]
        }
        for row in rows
    }
    assert found == {
        ("2026-03-02", _NOWHERE): {"cards_opened": 1},
        ("2026-03-02", _HERE): {
            **{"stamps_earned": 3, "points_earned": 12, "purchases": 1},
            "purchase_amount_minor": 1250,
        },
        ("2026-03-02", _THERE): {
            **{"stamps_redeemed": 1, "rewards_redeemed": 1, "reward_value_minor": 480}
        },
        ("2026-03-03", _NOWHERE): {},
        ("2026-03-03", _HERE): {"stamps_earned": -3},
        ("2026-03-03", _THERE): {"stamps_earned": 1},
    }
