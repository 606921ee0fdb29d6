"""What `make test` leaves out: one database of a case where it has no say, and parts of the widest
tables.
"""

from collections import Counter
from pathlib import Path
from typing import Any, cast

import pytest

from tests.support.draw import DRAWN, PARTS, TAKING_TURNS, TOGETHER, drawn, left_out

ROOT = Path(__file__).parents[2]


class Case:
    """As much of a collected case as the draw looks at."""

    def __init__(self, nodeid: str, *fixtures: str, mark: pytest.Mark | None = None) -> None:
        self.nodeid = nodeid
        self.fixturenames = fixtures
        self._mark = mark

    def get_closest_marker(self, name: str) -> pytest.Mark | None:
        return self._mark if self._mark and self._mark.name == name else None


def kept(
    nodeids: list[str], draw: str, *fixtures: str, mark: pytest.MarkDecorator | None = None
) -> list[str]:
    marked = mark.mark if mark else None
    cases = [Case(nodeid, *fixtures, mark=marked) for nodeid in nodeids]
    out = left_out(cast(Any, cases), draw)
    left = {id(case) for case in out}
    return [case.nodeid for case in cases if id(case) not in left]


def both(test: str, *more: str) -> list[str]:
    return [f"{test}[{'-'.join([name, *more])}]" for name in ("sqlite", "postgresql")]


PAGES = [case for n in range(200) for case in both(f"tests/web/test_a.py::test_{n}", "x", "en")]


def test_of_each_page_one_database_is_drawn_and_both_come_up() -> None:
    here = kept(PAGES, "2026-03-02")
    tests = Counter(case.partition("[")[0] for case in here)
    assert set(tests.values()) == {1}
    assert len(tests) == 200
    assert 60 < sum("sqlite" in case for case in here) < 140


def test_another_text_draws_otherwise_and_the_same_text_the_same() -> None:
    assert kept(PAGES, "2026-03-02") == kept(PAGES, "2026-03-02")
    assert kept(PAGES, "2026-03-02") != kept(PAGES, "2026-03-03")


def test_without_a_text_everything_is_run() -> None:
    assert kept(PAGES, "") == PAGES


@pytest.mark.parametrize(
    "room",
    [
        "db",
        "loyalty/ledger",
        "loyalty/reports",
        "loyalty/till",
        "connect/imports",
        "oracle",
    ],
)
def test_money_lists_and_faults_are_asked_of_both_databases(room: str) -> None:
    cases = [case for n in range(20) for case in both(f"tests/{room}/test_a.py::test_{n}")]
    assert kept(cases, "2026-03-02") == cases


def test_what_is_marked_is_asked_of_both_databases_wherever_it_lies() -> None:
    assert kept(PAGES, "2026-03-02", mark=pytest.mark.both_databases) == PAGES


def test_a_part_of_a_wide_table_is_done_each_day_and_all_of_it_in_four() -> None:
    days = [f"2026-03-{day:02}" for day in range(28, 32)]
    wide = both("tests/loyalty/till/test_a.py::test_b", "x")
    wide += [case for n in range(200) for case in both(f"tests/till/test_a.py::test_{n}", "x")]
    here = [kept(wide, day, mark=pytest.mark.one_in(4)) for day in days]
    assert all(60 < len(cases) < 140 for cases in here)
    assert Counter(case for cases in here for case in cases) == Counter(wide)
    assert kept(wide, "", mark=pytest.mark.one_in(4)) == wide


def table(place: str, cases: int) -> list[str]:
    return [case for n in range(cases) for case in both(f"{place}::test_a", str(n))]


def test_of_a_table_in_a_drawn_room_a_part_is_done_each_day_and_all_of_it_in_turn() -> None:
    days = [f"2026-03-{day:02}" for day in range(1, 1 + PARTS)]
    cases = table("tests/web/test_a.py", 90)
    here = [kept(cases, day) for day in days]
    assert all(5 < len(some) < 35 for some in here)
    numbers = Counter(case.partition("-")[2] for some in here for case in some)
    assert len(numbers) == numbers.total() == 90
    assert kept(cases, "") == cases


def test_a_few_cases_are_no_table() -> None:
    assert len(kept(table("tests/web/test_a.py", 7), "2026-03-02")) == 7


def test_a_table_where_databases_matter_or_that_is_marked_is_done_whole() -> None:
    money = table("tests/loyalty/till/test_a.py", 90)
    assert kept(money, "2026-03-02") == money
    pages = table("tests/web/test_a.py", 90)
    assert len(kept(pages, "2026-03-02", mark=pytest.mark.one_in(1))) == 90


def test_a_part_can_be_drawn_by_any_text() -> None:
    cases = [f"tests/till/test_a.py::test_{n}" for n in range(200)]
    here = [kept(cases, text, mark=pytest.mark.one_in(4)) for text in ("2026-03-32", "abc")]
    assert all(20 < len(cases) < 80 for cases in here)


@pytest.mark.parametrize("room", TAKING_TURNS)
def test_each_case_that_takes_seconds_has_its_turn_within_days(room: str) -> None:
    days = [f"2026-03-{day:02}" for day in range(1, 1 + PARTS)]
    place = f"{room}test_a.py" if room.endswith("/") else room
    cases = [f"{place}::test_{n}" for n in range(200)]
    here = [kept(cases, day) for day in days]
    assert Counter(case for some in here for case in some) == Counter(cases)
    if room.startswith(TOGETHER):
        assert sorted(map(len, here)) == [0] * (PARTS - 1) + [200]
    else:
        assert all(len(some) < 120 for some in here)


def test_what_a_shop_lives_by_is_done_every_day() -> None:
    cases = [f"tests/journeys/test_a.py::test_{n}" for n in range(50)]
    assert kept(cases, "2026-03-02", mark=pytest.mark.one_in(1)) == cases


def test_of_a_part_each_case_is_done_on_both_databases_or_on_neither() -> None:
    cases = [case for n in range(200) for case in both(f"tests/loyalty/till/test_a.py::test_{n}")]
    here = kept(cases, "2026-03-02", mark=pytest.mark.one_in(4))
    assert {n.replace("sqlite", "postgresql") for n in here if "sqlite" in n} == {
        n for n in here if "postgresql" in n
    }


def test_each_drawn_place_is_there() -> None:
    assert all((ROOT / place).exists() for place in (*DRAWN, *TAKING_TURNS, *TOGETHER))


def test_a_case_of_one_database_only_is_never_left_out() -> None:
    cases = [f"tests/api/test_a.py::test_{n}[sqlite]" for n in range(50)]
    cases += [f"tests/api/test_a.py::test_other_{n}[a-sqlite-like name]" for n in range(50)]
    assert kept(cases, "2026-03-02") == cases


def test_tests_that_share_a_stage_share_its_database() -> None:
    tests = [f"tests/contract/test_a.py::test_{n}" for n in range(50)]
    cases = [case for test in tests for case in both(test)]
    here = kept(cases, "2026-03-02", "either_copy")
    assert len(here) == 50
    assert len({case.partition("[")[2] for case in here}) == 1


def test_every_choice_can_be_drawn() -> None:
    assert {drawn(str(n), "abc", "2026-03-02") for n in range(50)} == set("abc")
