"""Statistics over HTTP."""

from datetime import date

import pytest
from sqlalchemy import insert

from punchcard.loyalty.models import DailyRollup
from punchcard.loyalty.rules.rollup_rules import ROLLUP_COLUMNS
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.http import Api

FIGURES = {
    "cards",
    "stamps_earned",
    "stamps_redeemed",
    "points_earned",
    "points_redeemed",
    "points_adjusted",
    "rewards_redeemed",
    "purchases",
}
AMOUNTS = {"purchase_amount_minor", "reward_value_minor"}


@pytest.fixture
def stats_path(alice_shop: Shop) -> str:
    """Give the address of the statistics of a program that had one busy day."""
    program = shelf.program(alice_shop)
    figures = dict.fromkeys(ROLLUP_COLUMNS, 0) | {
        "cards_opened": 4,
        "cards_last_seen": 4,
        "stamps_earned": 8,
        "stamps_redeemed": 2,
        "purchases": 1,
        "purchase_amount_minor": 2**40,
    }
    with alice_shop.context.database.write_connection() as connection:
        row = {"program_id": program.id, "day": date(2026, 3, 1), **figures}
        connection.execute(insert(DailyRollup).values(row))
    return f"/vendor/loyalty/programs/{program.id}/stats"


def test_a_program_shows_totals_and_a_day_by_day_series(alice: Api, stats_path: str) -> None:
    body = alice.get(stats_path, params={"from": "2026-02-28", "to": "2026-03-02"}).json()
    assert set(body) == {
        "program_id",
        "currency",
        "timezone",
        "first_day",
        "last_day",
        "cards",
        "active_cards",
        "totals",
        "all_time",
        "daily",
    }
    assert (body["first_day"], body["last_day"]) == ("2026-02-28", "2026-03-02")
    assert (body["cards"], body["active_cards"]) == (4, 4)
    assert set(body["totals"]) == FIGURES | AMOUNTS | {"redemption_rate"}
    assert body["totals"]["redemption_rate"] == 0.25
    assert body["totals"]["purchase_amount_minor"] == 2**40
    assert [(day["day"], day["stamps_earned"]) for day in body["daily"]] == [
        ("2026-02-28", 0),
        ("2026-03-01", 8),
        ("2026-03-02", 0),
    ]
    assert set(body["daily"][0]) == FIGURES | AMOUNTS | {"day"}


@pytest.mark.parametrize(
    "params",
    [
        {"from": "yesterday"},
        {"from": "2026-02-30"},
        {"to": "1969-12-31"},
        {"to": "1772000000"},
        {"from": "2026-03-02", "to": "2026-03-01"},
    ],
)
def test_a_range_that_is_none_is_refused(
    alice: Api, admin: Api, stats_path: str, params: dict[str, str]
) -> None:
    for answer in (
        alice.get(stats_path, params=params),
        admin.get("/admin/loyalty/stats", params=params),
    ):
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


@pytest.mark.parametrize(
    "params", [{"to": "9999-12-31"}, {"from": "9999-12-31"}, {"to": "1970-01-01"}]
)
def test_the_ends_of_time_are_no_trouble(
    alice: Api, stats_path: str, params: dict[str, str]
) -> None:
    assert alice.get(stats_path, params=params).status_code == 200


def test_the_platform_sees_all_vendors_together(admin: Api, stats_path: str) -> None:
    body = admin.get("/admin/loyalty/stats").json()
    assert set(body) == {
        "first_day",
        "last_day",
        "vendors",
        "programs",
        "cards",
        "active_cards",
        "totals",
        "all_time",
        "money",
        "daily",
    }
    assert (body["vendors"], body["programs"]) == (1, {"draft": 1, "active": 0, "inactive": 0})
    assert set(body["totals"]) == FIGURES
    assert body["money"] == [
        {"currency": "EUR", "purchase_amount_minor": 2**40, "reward_value_minor": 0}
    ]
    assert len(body["daily"]) == 30
    assert stats_path
