"""Files whose tests share a world: those that are named are there, and have one."""

from pathlib import Path

import pytest

from tests.support.worlds import WORLDS

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("file", sorted(WORLDS))
def test_a_file_that_goes_to_one_worker_is_there(file: str) -> None:
    assert (ROOT / file).is_file()
