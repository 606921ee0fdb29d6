"""How long a tier is kept: its window, its date, and where it falls after that."""

from datetime import UTC, date, datetime, timedelta

import pytest

from punchcard.loyalty.errors.cards import NothingDue
from punchcard.loyalty.rules.standing import NO_STANDING
from punchcard.loyalty.rules.tiers.qualifying import added, taken_back
from punchcard.loyalty.rules.tiers.tier_rules import TierView, lapsed
from punchcard.loyalty.vocabulary import TierBasis, TierWindow
from tests.support.drivers.rules import card, earn
from tests.support.drivers.tier_life import ONE_DOWN, ROLLING, TO_FIT, YEAR, noon, tiered
from tests.support.drivers.tier_life import TierLife as Life


def test_a_tier_of_a_year_ends_with_it_and_some_months_after() -> None:
    for holds, until in (
        (0, "2026-12-31"),
        (2, "2027-02-28"),
        (12, "2027-12-31"),
        (14, "2028-02-29"),
    ):
        life = Life(tiered(window=YEAR, downgrade=TO_FIT, holds_months=holds))
        life.buys(100, "2026-05-31")
        assert life.tier["until"] == until
        day_after = (date.fromisoformat(until) + timedelta(days=1)).isoformat()
        assert life.state.due_on == date.fromisoformat(day_after)
        assert life.shown(until).key == "silver"
        assert life.shown(day_after).key == "basic"


def test_a_rolling_tier_is_kept_to_the_end_of_a_month() -> None:
    for holds, until in ((0, "2028-01-31"), (1, "2028-02-29"), (13, "2029-02-28")):
        life = Life(tiered(window=ROLLING, downgrade=TO_FIT, holds_months=holds))
        life.buys(100, "2028-01-31")
        assert life.tier["until"] == until


def test_rolling_months_are_this_one_and_the_eleven_before() -> None:
    life = Life(tiered(window=ROLLING, downgrade=TO_FIT))
    life.buys(100, "2026-03-31")
    for month in range(4, 13):
        assert life.sees(f"2026-{month:02d}-01") == ["tier_changed"]
        assert life.told["reason"] == "kept"
        assert life.tier["since"] == "2026-03-31"
    assert life.shown("2027-02-28").key == "silver"
    assert life.shown("2027-02-28").progress == 100
    assert life.shown("2027-03-01") == TierView("basic", "2027-03-01", None, 0, "silver", 100)


def test_who_reaches_it_again_in_the_next_year_keeps_it_for_longer() -> None:
    life = Life(tiered(window=YEAR, downgrade=ONE_DOWN, holds_months=12))
    life.buys(300, "2026-05-31")
    assert life.buys(299, "2027-02-01") == ["points_earned"]
    assert life.buys(1, "2027-02-02") == ["points_earned", "tier_changed", "reward_granted"]
    assert life.tier == {
        "key": "gold",
        "since": "2026-05-31",
        "until": "2028-12-31",
        "given": {"gold": 2027},
    }
    assert life.buys(500, "2027-03-01") == ["points_earned"]


def test_who_does_not_falls_one_tier_a_year_or_to_what_fits() -> None:
    slowly = Life(tiered(window=YEAR, downgrade=ONE_DOWN))
    slowly.buys(300, "2026-05-31")
    assert slowly.shown("2027-06-01") == TierView(
        "silver", "2027-01-01", "2027-12-31", 0, "gold", 300
    )
    assert slowly.shown("2028-01-01") == TierView("basic", "2028-01-01", None, 0, "silver", 100)
    to_fit = Life(tiered(window=YEAR, downgrade=TO_FIT, holds_months=2))
    to_fit.buys(300, "2026-05-31")
    to_fit.buys(120, "2027-01-15")
    assert to_fit.shown("2027-03-01") == TierView(
        "silver", "2027-03-01", "2028-02-29", 120, "gold", 180
    )


def test_grace_gives_some_days_more_to_earn_it_anew() -> None:
    rules = tiered(window=YEAR, downgrade=TO_FIT, grace_days=60)
    lost = Life(rules)
    lost.buys(100, "2027-05-31")
    assert (lost.tier["until"], lost.tier["kept_to"]) == ("2027-12-31", "2028-02-29")
    assert lost.shown("2028-02-29").key == "silver"
    assert lost.shown("2028-03-01").key == "basic"
    kept = Life(rules)
    kept.buys(100, "2027-05-31")
    kept.buys(100, "2028-02-29")
    assert (kept.tier["since"], kept.tier["until"]) == ("2027-05-31", "2028-12-31")


def test_a_tier_that_never_falls_has_no_date() -> None:
    for window in TierWindow:
        life = Life(tiered(window=window, holds_months=12))
        life.buys(100, "2026-03-02")
        assert "until" not in life.tier
        assert life.state.due_on is None


def test_a_fall_is_booked_before_anything_else_on_the_card() -> None:
    life = Life(tiered(window=YEAR, downgrade=TO_FIT))
    life.buys(100, "2026-03-02")
    assert life.buys(10, "2027-01-01") == ["tier_changed", "points_earned"]
    fall = life.entries[-2]
    assert fall.details
    assert fall.at == datetime(2026, 12, 31, 23, tzinfo=UTC)
    assert fall.details["reason"] == "fell"
    # By the lowest tier's factor, since the fall came first.
    assert life.state.points == 110


def test_the_keeper_books_a_fall_and_nothing_before_its_day() -> None:
    life = Life(tiered(window=YEAR, downgrade=TO_FIT))
    life.buys(100, "2026-03-02")
    with pytest.raises(NothingDue):
        life.sees("2026-12-31")
    assert life.sees("2027-01-02") == ["tier_changed"]


def test_a_tier_that_has_no_date_or_a_later_one_has_not_lapsed() -> None:
    rules = tiered(window=YEAR, downgrade=TO_FIT)
    assert lapsed(rules, card(), date(2027, 1, 1)) is None
    life = Life(rules)
    life.buys(100, "2026-03-02")
    assert lapsed(rules, life.state, date(2026, 12, 31)) is None
    assert lapsed(rules, life.state, date(2027, 1, 1)) is not None


def test_a_late_purchase_counts_in_the_month_it_was_made() -> None:
    life = Life(tiered(window=YEAR, downgrade=TO_FIT))
    life.buys(90, "2026-12-30")
    life.buys(5, "2027-01-01")
    late = earn(1000, occurred_at=noon("2026-12-31"))
    assert "tier_changed" in life.does(late, noon("2027-01-02"))
    assert life.tier["until"] == "2026-12-31"
    assert life.shown("2027-01-02") == TierView("basic", "2027-01-01", None, 5, "silver", 95)


def test_months_are_those_of_the_shop() -> None:
    life = Life(tiered(window=YEAR, downgrade=TO_FIT))
    # In UTC it is still the last of December.
    life.does(earn(1000), datetime(2026, 12, 31, 23, 30, tzinfo=UTC))
    assert life.state.kept_standing.qualifying == {"points:2027-01": 10}


def test_nothing_moves_in_the_nights_the_clocks_change() -> None:
    for text in ("2026-03-29T00:59", "2026-03-29T01:01", "2026-10-25T00:30", "2026-10-25T01:30"):
        life = Life(tiered(window=ROLLING, downgrade=TO_FIT))
        life.does(earn(10_000), datetime.fromisoformat(text).replace(tzinfo=UTC))
        assert life.tier["since"] == text[:10]


def test_thirteen_months_are_kept_and_one_sum_before_them() -> None:
    counts: dict[str, int] = {"visits:before": 7}
    day = date(2026, 1, 15)
    for month in range(15):
        year, number = divmod(month, 12)
        counts |= added(counts, TierBasis.POINTS, date(day.year + year, number + 1, 15), 10)
        counts = {name: n for name, n in counts.items() if n}
    months = sorted(name for name in counts if name.startswith("points:2"))
    assert (months[0], months[-1], len(months)) == ("points:2026-03", "points:2027-03", 13)
    assert (counts["points:before"], counts["visits:before"]) == (20, 7)
    assert sum(counts.values()) == 157


def test_a_purchase_older_than_all_that_is_kept_counts_before_it() -> None:
    counts = {"points:2028-01": 5}
    assert added(counts, TierBasis.POINTS, date(2026, 1, 1), 10) == {
        "points:2026-01": 0,
        "points:before": 10,
    }


def test_what_was_counted_long_ago_is_taken_out_of_the_sum() -> None:
    counts = {"points:before": 30, "points:2027-03": 5}
    assert taken_back(counts, "points:2026-01", 20) == {"points:2026-01": 0, "points:before": 10}
    assert taken_back(counts, "points:2026-01", 50)["points:before"] == 0


def test_for_ever_counts_what_was_before_all_months() -> None:
    held = NO_STANDING._replace(
        qualifying={"points:before": 290, "points:2026-02": 9, "visits:2026-02": 9}
    )
    life = Life(tiered(), card(standing=held))
    assert life.buys(1, "2026-03-02")[:2] == ["points_earned", "tier_changed"]
    assert life.tier["key"] == "gold"
