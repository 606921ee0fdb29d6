"""Processes of one server tell each other's figures: which is asked does not matter."""

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from punchcard.api.metrics.families import packed
from punchcard.api.metrics.process_figures import process_figures
from punchcard.api.metrics.process_group import ProcessGroup, folder_of, group_folder, is_ours
from punchcard.context import Context
from tests.support.prometheus import near, told_by

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SECONDS = 30.0


@pytest.fixture
def folder() -> Iterator[Path]:
    """Make a folder with a path that a socket's name can hold."""
    made = Path(tempfile.mkdtemp(prefix="punchcard-test-"))
    yield made
    shutil.rmtree(made)


def test_each_takes_the_lowest_free_number(folder: Path, database_url: str) -> None:
    one, two, three = ProcessGroup(), ProcessGroup(), ProcessGroup()
    with closing(one), closing(two), closing(three):
        one.join(folder, lambda: b"one")
        two.join(folder, lambda: b"two")
        assert (one.number, two.number) == ("0", "1")
        assert one.others(SECONDS) == {"1": b"two"}
        assert two.others(SECONDS) == {"0": b"one"}
        # Whoever takes the place of one that is gone goes on under its number.
        one.close()
        assert two.others(SECONDS) == {}
        three.join(folder, lambda: b"three")
        assert three.number == "0"
        assert two.others(SECONDS) == {"0": b"three"}


def test_one_alone_asks_nobody(database_url: str) -> None:
    assert ProcessGroup().others(SECONDS) == {}


def test_one_that_hangs_is_told_as_such_and_waited_for_once(context: Context, folder: Path) -> None:
    group, frozen = ProcessGroup(), ProcessGroup()
    with closing(group), closing(frozen):
        group.join(folder, lambda: b"")
        # It has the number, and nobody takes what comes in at its socket.
        assert frozen._take(folder / "1")
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as silent:
            silent.bind(str(folder / "1"))
            silent.listen()
            with near(context, group) as client:
                told = told_by(client)
    assert told.value("punchcard_process_up", process="0") == 1
    assert told.value("punchcard_process_up", process="1") == 0
    assert told.labels("punchcard_till_running", "process") == {"0"}


def test_what_nobody_can_read_is_one_that_did_not_answer(context: Context, folder: Path) -> None:
    group, other = ProcessGroup(), ProcessGroup()
    with closing(group), closing(other):
        group.join(folder, lambda: b"")
        other.join(folder, lambda: b"neither this nor that")
        with near(context, group) as client:
            told = told_by(client)
    assert told.value("punchcard_process_up", process="1") == 0


def test_whoever_is_asked_tells_all(context: Context, folder: Path) -> None:
    group, other = ProcessGroup(), ProcessGroup()
    context.requests.note("GET", "/x", 200, 0.1, None)
    with closing(group), closing(other):
        other.join(folder, lambda: packed(process_figures(context)))
        group.join(folder, lambda: b"")
        with near(context, group) as client:
            told = told_by(client)
    assert told.labels("punchcard_requests_total", "process") == {"0", "1"}
    assert told.value("punchcard_requests_total", route="/x") == 2
    assert told.value("punchcard_requests_total", route="/x", process="0") == 1
    # What they share is told once.
    assert told.labels("punchcard_database_answers", "process") == set()
    assert told.value("punchcard_database_answers") == 1
    names = [family.name for family in told.families]
    assert len(names) == len(set(names))


def test_a_folder_that_others_may_look_into_is_not_used(folder: Path, database_url: str) -> None:
    folder.chmod(0o755)
    group = ProcessGroup()
    group.join(folder, lambda: b"mine")
    assert list(folder.iterdir()) == []
    assert group.others(SECONDS) == {}


def test_the_folder_is_its_owners_alone_and_gone_at_the_end(database_url: str) -> None:
    folder = folder_of(os.getpid())
    with group_folder():
        assert is_ours(folder)
        (folder / "left").touch()
    assert not folder.exists()


def test_what_a_killed_one_of_the_same_number_left_is_no_hindrance(database_url: str) -> None:
    folder = folder_of(os.getpid())
    folder.mkdir(mode=0o700)
    (folder / "0").touch()
    with group_folder():
        assert list(folder.iterdir()) == []


def test_a_name_that_is_taken_by_somebody_else_is_left_alone(database_url: str) -> None:
    folder = folder_of(os.getpid())
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    try:
        with group_folder():
            pass
        assert folder.exists()
    finally:
        folder.rmdir()
