"""What `make test` leaves out: of pages and HTTP one database a case, and never a case itself."""

from collections import Counter
from typing import Any, cast

import pytest

from tests.support.draw import drawn, left_out


class Case:
    """As much of a collected case as the draw looks at."""

    def __init__(self, nodeid: str, *fixtures: str) -> None:
        self.nodeid = nodeid
        self.fixturenames = fixtures


def kept(nodeids: list[str], draw: str, *fixtures: str) -> list[str]:
    cases = [Case(nodeid, *fixtures) for nodeid in nodeids]
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


@pytest.mark.parametrize("room", ["accounts", "db", "faults", "loyalty", "wallets", "cli"])
def test_rooms_that_hold_statements_run_on_both_databases(room: str) -> None:
    cases = both(f"tests/{room}/test_a.py::test_b")
    assert kept(cases, "2026-03-02") == cases


def test_a_case_of_one_database_only_is_never_left_out() -> None:
    cases = [f"tests/api/test_a.py::test_{n}[sqlite]" for n in range(50)]
    cases += [f"tests/api/test_a.py::test_other_{n}[a-sqlite-like name]" for n in range(50)]
    assert kept(cases, "2026-03-02") == cases


def test_tests_that_share_a_stage_share_its_database() -> None:
    tests = [f"tests/contract/test_a.py::test_{n}" for n in range(50)]
    cases = [case for test in tests for case in both(test)]
    here = kept(cases, "2026-03-02", "either_stage")
    assert len(here) == 50
    assert len({case.partition("[")[2] for case in here}) == 1


def test_every_choice_can_be_drawn() -> None:
    assert {drawn(str(n), "abc", "2026-03-02") for n in range(50)} == set("abc")
