"""The soak in short: each fault once, and a judge of its own, who finds what is wrong."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from uuid import UUID

import pytest

from tests.support.databases import SqliteTemplate
from tests.support.drivers.till import till_driver_at
from tools.faults.breaking import Fault
from tools.faults.plots import Mark, draw
from tools.faults.soak import Course, Sample, keep, soak
from tools.ha import checker
from tools.ha.clients import Told

IN_SHORT = ("clients that leave", "clock two days ahead", "started a day back")


def each_once(possible: dict[str, Fault]) -> Iterator[str]:
    yield from (name for name in possible if name in IN_SHORT)


def test_each_fault_once_loses_and_doubles_nothing(tmp_path: Path) -> None:
    course = soak(f"sqlite:///{tmp_path / 'punchcard.db'}", tmp_path, each_once)
    assert course.faults == []
    assert {mark.name for mark in course.marks} == set(IN_SHORT)
    assert course.answered > 0
    keep(course, "sqlite", tmp_path / "kept")
    assert {path.name for path in (tmp_path / "kept").iterdir()} == {
        "sqlite.csv",
        "sqlite-memory.svg",
        "sqlite-descriptors.svg",
    }


def undone(file: sqlite3.Connection) -> None:
    file.execute("DELETE FROM loyalty_transactions WHERE idempotency_key = 'till-2'")


def other_points(file: sqlite3.Connection) -> None:
    file.execute("UPDATE loyalty_transactions SET points_delta = 9, points_after = points_after")


def other_balance(file: sqlite3.Connection) -> None:
    file.execute("UPDATE loyalty_cards SET points = points + 1")


def other_figures(file: sqlite3.Connection) -> None:
    file.execute("UPDATE loyalty_daily_rollup SET purchases = purchases + 1")


def nothing(_file: sqlite3.Connection) -> None:
    """Leave it as it is."""


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (nothing, None),
        (undone, "answered, and lost"),
        (other_points, "reckoned"),
        (other_balance, "differs from its entries"),
        (other_figures, "figures of days"),
    ],
)
def test_the_judge_finds_what_is_wrong(
    sqlite_template: SqliteTemplate,
    tmp_path: Path,
    harm: Callable[[sqlite3.Connection], None],
    told: str | None,
) -> None:
    url = sqlite_template.copy_to(tmp_path / "punchcard.db")
    journal = []
    with till_driver_at(url) as alice:
        [card] = alice.cards(alice.program(type="points"), 1)
        for number in range(3):
            receipt = alice.till.submit(alice.earn(card, 250, idempotency_key=f"till-{number}"))
            row = receipt.entry
            entry = {**row, "id": str(UUID(row["id"])), "hash": row["hash"].hex()}
            journal.append(Told(f"till-{number}", str(UUID(card)), 250, 0.0, 1.0, 1, entry))
    with closing(sqlite3.connect(tmp_path / "punchcard.db")) as file:
        file.executescript(without_triggers(file))
        harm(file)
        found = checker.faults_of(file, journal)
        unasked = checker.faults_of(file, journal[1:])
    assert bool(found) == (told is not None)
    assert told is None or any(told in fault for fault in found)
    assert any("nobody asked for it" in fault for fault in unasked)


def without_triggers(file: sqlite3.Connection) -> str:
    """Return what takes away the triggers that keep the ledger as it is."""
    names = file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
    return ";".join(f'DROP TRIGGER "{name}"' for (name,) in names)


def test_a_plot_shows_its_figures_and_what_was_done(tmp_path: Path) -> None:
    draw(tmp_path / "plot.svg", "memory", [(0.0, 100.0), (10.0, 200.0)], [Mark(5.0, "a < b")])
    drawn = (tmp_path / "plot.svg").read_text(encoding="utf-8")
    assert drawn.count("polyline") == 1
    assert "a &lt; b" in drawn
    assert ">220<" in drawn


def test_figures_are_kept_a_second_a_line(tmp_path: Path) -> None:
    course = Course(samples=[Sample(1.04, "0", 120.06, 31, 400)])
    keep(course, "postgresql", tmp_path)
    lines = (tmp_path / "postgresql.csv").read_text(encoding="utf-8").splitlines()
    assert lines[1:] == ["1.0,0,120.1,31,400"]
