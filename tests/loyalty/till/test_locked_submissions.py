"""What waits for locked rows: in order, for own batches without limit, for others with one."""

from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from punchcard.kit.ids import CardId
from punchcard.loyalty.till.batch_locks import BatchLocks
from punchcard.loyalty.till.locked_submissions import LockedSubmissions
from punchcard.loyalty.till.submissions import Submission, ThreadAnswer


@dataclass
class Locks:
    """What a batch found: every operation is the name of the one card it needs."""

    held: set[str]
    card_ids: dict[CardId, CardId] = field(
        default_factory=lambda: {CardId(name): CardId(name) for name in "abc"}
    )

    def rows_of(self, operation: str) -> set[str]:
        return {operation}


class Waiting:
    """Submissions that wait for cards named by letters, by a clock that is set."""

    def __init__(self, limit: int = 100) -> None:
        self.time = 0.0
        self.submissions = LockedSubmissions(
            wait_seconds=3, retry_seconds=1, limit=limit, monotonic=lambda: self.time
        )

    def sift(
        self, *submissions: Submission, held: str = ""
    ) -> tuple[list[Submission], set[tuple[int, int]]]:
        kept, turn = list(submissions), self.submissions.begin()
        self.submissions.hold(turn, set())
        refused = self.submissions.sift(kept, cast("BatchLocks", Locks(set(held))), turn)
        self.submissions.end(turn)
        return kept, refused


@pytest.fixture
def waiting() -> Waiting:
    return Waiting()


def submission(number: int, cards: str) -> Submission:
    return Submission(cast("Any", list(cards)), ThreadAnswer(), number=number)


def test_what_needs_no_held_card_goes_on(waiting: Waiting) -> None:
    stuck, free = submission(1, "a"), submission(2, "b")
    assert waiting.sift(stuck, free, held="a") == ([free], set())
    assert waiting.submissions.size == 1


def test_a_list_waits_as_a_whole_and_nobody_overtakes_it(waiting: Waiting) -> None:
    first, second, third = submission(1, "ab"), submission(2, "b"), submission(3, "c")
    assert waiting.sift(first, second, third, held="a") == ([third], set())
    # The held card has become free before the list was tried again.
    late = submission(4, "a")
    assert waiting.sift(late) == ([], set())
    assert waiting.sift(first, second, late) == ([first, second, late], set())


def test_others_are_waited_for_with_a_limit(waiting: Waiting) -> None:
    stuck = submission(1, "ba")
    assert waiting.sift(stuck, held="a") == ([], set())
    waiting.time = 2.9
    assert waiting.sift(stuck, held="a") == ([], set())
    waiting.time = 3.0
    assert waiting.sift(stuck, held="a") == ([stuck], {(1, 1)})


def test_own_batches_are_waited_for_without_a_limit(waiting: Waiting) -> None:
    stuck = submission(1, "a")
    turn = waiting.submissions.begin()
    waiting.submissions.hold(turn, {"a"})
    for waiting.time in range(100):
        assert waiting.sift(stuck, held="a") == ([], set())
    waiting.submissions.end(turn)
    assert waiting.submissions.take(10) == [stuck]


def test_what_an_own_batch_may_hold_is_not_counted_against_others(waiting: Waiting) -> None:
    stuck = submission(1, "a")
    turn = waiting.submissions.begin()
    for waiting.time in range(100):
        assert waiting.sift(stuck, held="a") == ([], set())
    waiting.submissions.hold(turn, {"b"})
    assert waiting.sift(stuck, held="a") == ([], set())
    waiting.time += 3.0
    assert waiting.sift(stuck, held="a") == ([stuck], {(1, 0)})


def test_what_an_own_batch_has_just_let_go_of_is_not_counted_either(waiting: Waiting) -> None:
    stuck, kept = submission(1, "a"), list[Submission]()
    for waiting.time in range(100):
        other, mine = waiting.submissions.begin(), waiting.submissions.begin()
        waiting.submissions.hold(other, {"a"})
        waiting.submissions.end(other)
        waiting.submissions.hold(mine, set())
        kept = [stuck]
        assert waiting.submissions.sift(kept, cast("BatchLocks", Locks({"a"})), mine) == set()
        assert kept == []
        waiting.submissions.end(mine)


def test_whoever_stands_behind_another_is_refused_after_the_same_time(waiting: Waiting) -> None:
    first, second = submission(1, "a"), submission(2, "a")
    waiting.sift(first, second, held="a")
    waiting.time = 3.0
    assert waiting.sift(first, second, held="a") == ([first, second], {(1, 0), (2, 0)})


def test_too_many_are_refused_at_once() -> None:
    waiting = Waiting(limit=3)
    first, second = submission(1, "aaa"), submission(2, "ab")
    assert waiting.sift(first, second, held="a") == ([second], {(2, 0)})


def test_at_the_end_nobody_waits_for_others(waiting: Waiting) -> None:
    stuck = submission(1, "a")
    waiting.sift(stuck, held="a")
    waiting.submissions.close()
    assert waiting.submissions.take(10) == [stuck]
    assert waiting.sift(stuck, held="a") == ([stuck], {(1, 0)})
    waiting.submissions.settle([stuck])
    assert waiting.submissions.take(10) == []
