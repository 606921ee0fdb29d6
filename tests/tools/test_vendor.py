"""What is not ours is what was listed, wherever a list lies."""

import pytest

from tools.vendor import ROOT, Shelf, digest, shelves


@pytest.mark.parametrize(
    "shelf", shelves(), ids=lambda s: s.toml.parent.relative_to(ROOT).as_posix()
)
def test_what_is_not_ours_is_what_was_listed(shelf: Shelf) -> None:
    files = shelf.files()
    assert {file["file"]: file["sha256"] for file in files} == {
        file["file"]: digest(shelf.place(file)) for file in files
    }
    there = {path for path in shelf.folder.rglob("*") if path.is_file()}
    assert there == {shelf.place(file) for file in files}
    assert all(file["licence"] for file in files)


def test_the_lists_of_the_package_and_of_the_tests_are_found() -> None:
    tops = {shelf.toml.relative_to(ROOT).parts[0] for shelf in shelves()}
    assert tops == {"src", "tests"}
