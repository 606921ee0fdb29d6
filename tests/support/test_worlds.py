"""Files whose tests share a world: those that are named are there, and have one."""

from pathlib import Path

import pytest

from tests.support.worlds import SINGLE_AND_LONG, WORLDS, is_early, parts_of

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("file", sorted(WORLDS | SINGLE_AND_LONG))
def test_a_file_that_is_named_is_there(file: str) -> None:
    assert (ROOT / file).is_file()


def test_a_world_goes_to_one_worker_and_others_some_at_a_time() -> None:
    world = min(WORLDS)
    shared = [f"{world}::test_{n}" for n in range(100)]
    single = [f"tests/web/test_a.py::test_{n}" for n in range(100)]
    parts = parts_of([*shared, *single])
    assert len({parts[test] for test in shared}) == 1
    assert len({parts[test] for test in single}) == 5
    assert {test: parts[test] for test in single[:20]} == dict.fromkeys(
        single[:20], parts[single[0]]
    )


def test_what_takes_long_comes_first() -> None:
    assert is_early(f"{min(WORLDS)}::test_a")
    assert is_early(f"{min(SINGLE_AND_LONG)}::test_a")
    assert not is_early("tests/web/test_a.py::test_b")
