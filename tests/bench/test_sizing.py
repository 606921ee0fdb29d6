"""Machines and money of a day: waits as the books say them, and sums that can be done by hand."""

from dataclasses import replace
from math import ceil, exp, inf, log
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench.day import report
from bench.day.costs import Cost, Costs, costs_of, recorded
from bench.day.gaps import Gaps
from bench.day.queueing import chance_to_wait, percentile_seconds, slower_than
from bench.day.simulation import KINDS, Day
from bench.day.sizing import WORK, Prices, size_of
from bench.day.trades import MINUTES
from bench.plot import Plot, rounded_up

GAPS = Gaps([10, 30], 0.25)
COSTS = Costs({kind: Cost(1000, 500) for kind in WORK}, 100, 1000, 2000, 3000)
PRICES = Prices("2026-11-29", processor=10, memory_gb=2, disk_gb=1)


def day_of(shops: int = 100) -> Day:
    """Return a day with one stamp a second of each shop at noon, and nothing else."""
    counts = {kind: [0] * MINUTES for kind in KINDS}
    counts["stamps"][12 * 60] = 6000
    counts["enrolments"][12 * 60] = 600
    return Day(shops, 100, counts, visits=6000, first_visits=600)


def test_one_server_answers_as_the_books_say() -> None:
    # M/M/1: the time until an answer is exponential, with the difference of both rates.
    assert chance_to_wait(0.6, 1) == pytest.approx(0.6)
    found = slower_than(0.5, rate=6, service=0.1, servers=1)
    assert found == pytest.approx(exp(-(10 - 6) * 0.5))
    found = percentile_seconds(0.99, rate=6, service=0.1, servers=1)
    assert found == pytest.approx(log(100) / 4)


def test_two_servers_wait_as_erlang_says() -> None:
    # C(2, a) is a²/(2+a): by hand from the formula.
    assert chance_to_wait(1.5, 2) == pytest.approx(1.5**2 / 3.5)
    # Freed as fast as one is done: the formula's other branch, and the same beside it.
    limit = slower_than(0.2, rate=10, service=0.1, servers=2)
    assert limit == pytest.approx(slower_than(0.2, rate=10.0001, service=0.1, servers=2), rel=1e-3)


def test_work_that_piles_up_has_no_percentile_and_more_servers_wait_less() -> None:
    assert percentile_seconds(0.99, rate=10, service=0.1, servers=1) == inf
    waits = [percentile_seconds(0.99, rate=30, service=0.1, servers=n) for n in (4, 6, 12)]
    assert waits == sorted(waits, reverse=True)
    assert waits[-1] == pytest.approx(0.1 * log(100), rel=0.01)


def test_a_size_is_what_one_reckons_by_hand() -> None:
    size = size_of(day_of(), GAPS, COSTS, PRICES)
    assert (size.minute, size.operations, size.pushes) == (720, 110, 0)
    # 110 a second take a millisecond each, of PostgreSQL half as long: two processes at least.
    assert size.server_busy == pytest.approx(0.11)
    assert size.postgresql_busy == pytest.approx(0.055)
    assert (size.processes, size.postgresql_processors) == (2, 2)
    assert (size.databases, size.machines) == (1, 4)
    assert size.rows_a_year == (6600 + 600) * 365
    assert size.gb_a_year == pytest.approx((6000 * 1000 + 600 * 3000) * 365 / 1e9)
    assert size.cards_between_visits == 5400 * 20
    memory = 2 * 0.1 + 1
    cached = 5400 * 20 * 3000 / 1e9 + 7.8e6 * 30 / 1e9
    assert size.postgresql_memory_gb == pytest.approx(cached + 1)
    money = (2 + 2 * 2) * 10 + (memory + 2 * (cached + 1)) * 2 + 2 * size.gb_a_year
    assert size.euros_a_month == pytest.approx(money)


def test_a_year_has_average_days() -> None:
    friday = replace(day_of(), beside_average=1.25)
    plain, size = (size_of(one, GAPS, COSTS, PRICES) for one in (day_of(), friday))
    assert size.server_busy == plain.server_busy
    assert size.gb_a_year == pytest.approx(plain.gb_a_year / 1.25)
    assert size.cards_between_visits == pytest.approx(plain.cards_between_visits / 1.25)


def test_shops_are_spread_where_one_database_would_be_too_large() -> None:
    # 165 processors of PostgreSQL for a million shops: three of 64, each with a standby.
    size = size_of(day_of(100_000), GAPS, COSTS, PRICES)
    assert size.postgresql_processors == 165
    assert size.databases == 3
    assert size.machines == ceil(330 / 8) + 6


def test_more_shops_need_as_much_more_and_wait_no_longer() -> None:
    small, large = (size_of(day_of(shops), GAPS, COSTS, PRICES) for shops in (10_000, 20_000))
    assert large.server_busy == pytest.approx(2 * small.server_busy)
    assert large.gb_a_year == pytest.approx(2 * small.gb_a_year)
    assert large.processes == pytest.approx(2 * small.processes, abs=1)
    assert large.p99_ms <= small.p99_ms * 1.01


def test_costs_are_those_that_the_page_records() -> None:
    figures = recorded()
    costs = costs_of(figures)
    assert costs.each["stamps"].server_us == figures["stamps-16-cpu-server"]
    assert costs.each["purchases"].server_us > costs.each["stamps"].server_us
    assert costs.each["fetches"].server_us == pytest.approx(1e6 / figures["passes"])
    assert set(costs.each) == set(WORK)
    with pytest.raises(KeyError, match="memory"):
        costs_of({name: value for name, value in figures.items() if name != "memory"})


def test_the_page_and_the_curves_are_written(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    page = tmp_path / "scale.md"
    page.write_text(f"Before\n{report.FIRST_MARK}old\n{report.LAST_MARK}After\n", encoding="utf-8")
    one = replace(day_of(), shops=1000)
    report.document([(one, size_of(one, GAPS, COSTS, PRICES))], PRICES, tmp_path)
    text = page.read_text(encoding="utf-8")
    assert text.startswith("Before\n")
    assert text.endswith("After\n")
    assert "old" not in text
    assert "|  | 1,000 shops |" in text
    assert "| operations a second then | 1,100 |" in text
    drawn = ElementTree.parse(tmp_path / "images" / "day-1000.svg").getroot()  # noqa: S314
    assert len([one for one in drawn.iter() if one.tag.endswith("title")]) == 1


def test_the_page_tells_the_day_of_as_many_shops_as_it_draws() -> None:
    text = (report.DOCS / "scale.md").read_text(encoding="utf-8")
    assert report.FIRST_MARK in text
    for shops in (10_000, 1_000_000):
        assert f"images/day-{shops}.svg" in text
        assert (report.DOCS / "images" / f"day-{shops}.svg").exists()


def test_a_plot_keeps_its_lines_inside_and_its_words_plain() -> None:
    drawn = Plot("Less < more & so", {"up": [0, 5, 10], "flat": [3, 3, 3]}, {0: "a", 2: "b"}).svg()
    root = ElementTree.fromstring(drawn)  # noqa: S314
    paths = [one.attrib["d"] for one in root.iter() if one.attrib.get("fill") == "none"]
    assert paths == ["M56.0 214.0L342.0 122.0L628.0 30.0", "M56.0 158.8L342.0 158.8L628.0 158.8"]
    assert [rounded_up(value) for value in (0, 0.03, 1, 7, 81, 400)] == [1, 0.04, 1, 8, 100, 400]
