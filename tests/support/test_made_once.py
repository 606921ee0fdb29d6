"""What several workers need is made by one of them."""

from pathlib import Path

import pytest

from tests.support.made_once import made_once


def test_each_has_its_own_copy_of_what_was_made_once(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    makers = []

    def make(folder: Path) -> None:
        makers.append(folder)
        (folder / "cards").write_text("three")

    first, second = (made_once(tmp_path_factory, "a shop", make) for _ in range(2))
    (first / "cards").write_text("four")
    assert len(makers) == 1
    assert (second / "cards").read_text() == "three"


def test_what_failed_leaves_nothing_and_is_tried_again(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    def fail(folder: Path) -> None:
        (folder / "half").write_text("of it")
        raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        made_once(tmp_path_factory, "a torn shop", fail)
    whole = made_once(tmp_path_factory, "a torn shop", lambda made: (made / "all").touch())
    assert [path.name for path in whole.iterdir()] == ["all"]
