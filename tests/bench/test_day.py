"""A made-up day of many shops adds up, comes from real gaps, and grows with the shops."""

from collections import Counter
from datetime import date
from itertools import pairwise
from math import sqrt

import pytest

from bench.day.__main__ import FRIDAY, main
from bench.day.gaps import Gaps, read_gaps
from bench.day.simulation import KINDS, OPERATIONS, Day, simulate
from bench.day.trades import MINUTES, TRADES, ZONES
from bench.purchases import FILE

SHOPS = 400


@pytest.fixture(scope="module")
def gaps() -> Gaps:
    """Read the gaps of the real customers."""
    return read_gaps()


@pytest.fixture(scope="module")
def day(gaps: Gaps) -> Day:
    """Live through an ordinary Friday of 400 shops."""
    return simulate(SHOPS, gaps, on=FRIDAY, seed=1)


def test_gaps_are_those_of_the_file_counted_another_way(gaps: Gaps) -> None:
    lines = [line.split() for line in FILE.read_text("ascii").splitlines()[1:]]
    # The file is in the order of customers and days.
    paid = [(who, day) for who, day, _, dollars in lines if float(dollars)]
    found = Counter(
        (_day(after[1]) - _day(before[1])).days
        for before, after in pairwise(paid)
        if before[0] == after[0]
    )
    assert Counter(gaps.days) == found
    assert gaps.first_share == pytest.approx(len({who for who, _ in paid}) / len(paid))


def _day(told: str) -> date:
    return date.fromisoformat(f"{told[:4]}-{told[4:6]}-{told[6:]}")


def test_each_visit_is_booked_once_and_by_who_is_there(day: Day) -> None:
    assert day.visits > 50 * SHOPS
    assert day.total("stamps", "purchases") == day.visits
    assert day.total("enrolments") == day.first_visits
    assert sum(day.gaps.values()) == day.visits - day.first_visits


def test_the_gaps_of_the_day_are_spread_as_the_real_ones(day: Day, gaps: Gaps) -> None:
    drawn, real = sum(day.gaps.values()), Counter(gaps.days)
    furthest = below_drawn = below_real = 0.0
    for days in sorted(real):
        below_drawn += day.gaps[days] / drawn
        below_real += real[days] / len(gaps.days)
        furthest = max(furthest, abs(below_drawn - below_real))
    # Kolmogorov and Smirnov's bound that one in a thousand honest draws exceeds.
    assert furthest < 1.95 / sqrt(drawn)
    assert set(day.gaps) <= set(real)
    share = day.first_visits / day.visits
    deviation = sqrt(gaps.first_share * (1 - gaps.first_share) / day.visits)
    assert abs(share - gaps.first_share) < 4 * deviation


def test_the_curve_of_the_minutes_adds_up_to_the_day(day: Day) -> None:
    for kind in KINDS:
        assert len(day.minutes(kind)) == MINUTES
        assert sum(day.minutes(kind)) == pytest.approx(day.total(kind))
    together = sum(day.total(kind) for kind in OPERATIONS)
    assert sum(day.minutes(*OPERATIONS)) == pytest.approx(together)


def test_a_seed_tells_the_day_and_another_one_another(day: Day, gaps: Gaps) -> None:
    assert simulate(SHOPS, gaps, on=FRIDAY, seed=1) == day
    assert simulate(SHOPS, gaps, on=FRIDAY, seed=2).counts != day.counts


def test_twice_the_shops_are_twice_the_load(day: Day, gaps: Gaps) -> None:
    # Others, lived through as well: the same but for chance.
    twice = simulate(2 * SHOPS, gaps, on=FRIDAY, seed=1)
    assert twice.visits == pytest.approx(2 * day.visits, rel=0.15)
    # Beyond the sample each stands for more: the same to the last one.
    many = simulate(8 * SHOPS, gaps, on=FRIDAY, seed=1, sample=SHOPS)
    for kind in KINDS:
        assert many.minutes(kind) == [8 * number for number in day.minutes(kind)]


def test_nobody_comes_while_every_shop_is_closed(day: Day) -> None:
    earliest, latest = 6.5 * 60 - 2 * 60, 22 * 60
    at_night = [n for n in range(MINUTES) if not earliest <= n < latest]
    assert sum(day.minutes("stamps", "purchases")[minute] for minute in at_night) == 0
    lunch = day.minutes(*OPERATIONS)[11 * 60 : 12 * 60]
    evening = day.minutes(*OPERATIONS)[16 * 60 : 17 * 60]
    assert sum(lunch) > 2 * sum(evening)


def test_a_sunday_has_fewer_visits_and_summer_comes_an_hour_earlier(day: Day, gaps: Gaps) -> None:
    sunday = simulate(SHOPS, gaps, on=date(2026, 11, 29), seed=1)
    assert sunday.visits < day.visits / 2
    summer = simulate(SHOPS, gaps, on=date(2026, 7, 24), seed=1)
    booked = day.minutes("stamps", "purchases")
    assert summer.minutes("stamps", "purchases") == booked[60:] + booked[:60]


def test_trades_and_zones_are_shares_of_all_shops() -> None:
    assert sum(trade.share for trade in TRADES) == pytest.approx(1)
    assert sum(share for _, share in ZONES) == pytest.approx(1)
    assert sum(trade.share * trade.visits for trade in TRADES) == pytest.approx(60, rel=0.01)
    for trade in TRADES:
        assert sum(trade.weekdays) == pytest.approx(7)


def test_the_command_prints_a_table_of_what_was_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--shops", "50", "100", "--sample", "20", "--price-processor", "9"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("|  | 50 shops | 100 shops |")
    assert "9 a processor" in printed
