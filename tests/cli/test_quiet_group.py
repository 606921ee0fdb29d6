"""Several server processes: each sleeps at rest, and one that ends or hangs is replaced."""

import signal
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn
from uvicorn.supervisors.multiprocess import SIGNALS

from punchcard.cli.quiet_group import QuietGroup, QuietProcess
from punchcard.cli.quiet_server import QuietServer

COULD_NOT_START = 3


class Child:
    """Stands in for a child process, and counts how often it is asked whether it is well."""

    def __init__(self, *, runs: bool = True, answers: bool = True) -> None:
        self.runs = runs
        self.answers = answers
        self.asked = 0
        self.was_killed = self.was_told_to_end = False
        self.pid = 1
        self.exitcode: int | None = None

    @property
    def process(self) -> "Child":
        return self

    def is_alive(self) -> bool:
        return self.runs

    def ping(self, _timeout: float) -> bool:
        self.asked += 1
        return self.answers

    def wait_until_ready(self, *_: Any) -> bool:
        return self.answers

    def terminate(self) -> None:
        self.was_told_to_end = True

    def kill(self) -> None:
        self.was_killed = True

    def join(self) -> None:
        """Has ended by then."""


class Family:
    """A group whose children are made up; `coming` are those that are started next."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.coming: list[Child] = []
        self.group = QuietGroup(
            config_of_two(),
            [],
            start=self._start,  # type: ignore[arg-type]
            monotonic=lambda: self.seconds,
        )

    def begin(self, *children: Child) -> None:
        self.coming = list(children)
        self.group.init_processes()

    @property
    def children(self) -> list[Any]:
        return list(self.group.processes)

    def _start(self, *_: Any) -> Child:
        return self.coming.pop(0)


def config_of_two() -> uvicorn.Config:
    return uvicorn.Config("punchcard.cli.serve:make_app", factory=True, workers=2)


@pytest.fixture
def family() -> Iterator[Family]:
    """Make a group, and give the signals that it listens to back afterwards."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield Family()
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_child_serves_with_a_server_that_sleeps() -> None:
    assert isinstance(QuietProcess(config_of_two(), []).server, QuietServer)


def test_children_are_asked_every_ten_seconds_whether_they_are_well(family: Family) -> None:
    family.begin(Child(), Child())
    for family.seconds in range(31):
        family.group.keep_subprocess_alive()
    assert [child.asked for child in family.children] == [4, 4]


def test_a_child_that_ended_is_replaced_at_once(family: Family) -> None:
    family.begin(ended := Child(), other := Child())
    family.group.keep_subprocess_alive()
    family.seconds, ended.runs = 1, False
    family.coming = [new := Child()]
    family.group.keep_subprocess_alive()
    assert family.children == [new, other]


def test_a_child_that_hangs_is_ended_and_replaced(family: Family) -> None:
    family.begin(first := Child(), hanging := Child(answers=False))
    family.coming = [new := Child()]
    family.group.keep_subprocess_alive()
    assert hanging.was_killed
    assert family.children == [first, new]


def test_a_child_that_ended_waits_for_no_answer_of_another(family: Family) -> None:
    family.begin(slow := Child(), ended := Child(runs=False))
    family.coming = [new := Child()]
    slow.ping = lambda _timeout: new in family.children  # type: ignore[method-assign]
    family.group.keep_subprocess_alive()
    assert family.children == [slow, new]
    assert (slow.was_killed, ended.was_killed) == (False, True)


def test_a_group_that_was_told_to_end_has_not_failed(family: Family) -> None:
    family.coming = [Child(), Child()]
    family.group.handle_term()
    family.group.run()
    assert [child.was_told_to_end for child in family.children] == [True, True]


def test_children_that_cannot_start_end_the_group(family: Family) -> None:
    family.begin(broken := Child(runs=False), Child())
    broken.exitcode = COULD_NOT_START
    family.group.keep_subprocess_alive()
    family.coming = [Child(), Child()]
    with pytest.raises(SystemExit) as ended:
        family.group.run()
    assert ended.value.code == COULD_NOT_START


def test_a_restart_ends_each_child_once_another_serves(family: Family) -> None:
    family.begin(*(old := [Child(), Child()]))
    family.coming = list(new := [Child(), Child()])
    family.group.restart_all()
    assert family.children == new
    assert [child.was_told_to_end for child in old] == [True, True]


def test_a_restart_stops_at_a_child_that_does_not_begin(family: Family) -> None:
    family.begin(*(old := [Child(), Child()]))
    family.coming = [late := Child(answers=False)]
    family.group.restart_all()
    assert late.was_killed
    assert family.children == old


def test_the_group_can_grow(family: Family) -> None:
    family.begin(first := Child(), second := Child())
    family.coming = [third := Child()]
    family.group.handle_ttin()
    assert family.children == [first, second, third]
