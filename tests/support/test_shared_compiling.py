"""Each worker compiles a part of the tests, and finds the others' parts done."""

from pathlib import Path

import pytest

from tests.support.shared_compiling import modules_below, turned


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_workers_begin_at_different_places_and_load_everything(count: int) -> None:
    items = list(range(10))
    orders = [turned(items, number, count) for number in range(count)]
    assert len({order[0] for order in orders}) == count
    assert all(sorted(order) == items for order in orders)
    assert orders[0] == items


def test_only_what_the_run_is_asked_for_is_loaded(tmp_path: Path) -> None:
    for name in ("db/test_one.py", "db/deep/test_two.py", "db/helpers.py", "kit/test_three.py"):
        file = tmp_path / "tests" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    assert modules_below(tmp_path, ["tests/db"]) == ["tests.db.deep.test_two", "tests.db.test_one"]
    assert modules_below(tmp_path, ["tests/kit/test_three.py::test_it", "tests/db/deep"]) == [
        "tests.db.deep.test_two",
        "tests.kit.test_three",
    ]
    assert modules_below(tmp_path, [str(tmp_path / "elsewhere.py")]) == ["elsewhere"]
