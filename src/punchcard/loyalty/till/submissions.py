"""Submissions: operations that were submitted to the till together, and how they are answered."""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from operator import is_
from queue import SimpleQueue
from typing import Final, cast

from punchcard.kit.tracing.spans import TracedSpan
from punchcard.loyalty.operations import Operation
from punchcard.loyalty.till.batch import Outcome

_log = logging.getLogger(__name__)

_IS_NONE: Final = partial(is_, None)


class ThreadAnswer:
    """What a thread waits for that has no event loop: a tenth of what a `Future` costs."""

    def __init__(self) -> None:
        self._outcomes: SimpleQueue[list[Outcome]] = SimpleQueue()

    def set_result(self, outcomes: list[Outcome]) -> None:
        """Give the outcomes to the one who waits for them."""
        self._outcomes.put(outcomes)

    def result(self) -> list[Outcome]:
        """Wait for the outcomes and return them, once."""
        return self._outcomes.get()


@dataclass(slots=True, eq=False)
class Submission:
    """Operations that were handed in together: they share a batch and keep their order.

    `number` is its place among all that were handed in, `submitted_at` when that was, in seconds of
    `time.perf_counter`, and `span` what caused it, if that is traced. `awaits` are the ids of the
    rows it waits for, `is_foreign` says that another process holds one, `stuck_since` for how long,
    and `retry_at` when to try again, both in seconds of the monotonic clock.
    """

    operations: Sequence[Operation]
    done: "ThreadAnswer | asyncio.Future[list[Outcome]]"
    loop: asyncio.AbstractEventLoop | None = None
    number: int = 0
    submitted_at: float = 0.0
    span: TracedSpan | None = None
    outcomes: list[Outcome | None] = field(init=False)
    awaits: set[str] = field(init=False, default_factory=set)
    is_foreign: bool = field(init=False, default=False)
    stuck_since: float | None = field(init=False, default=None)
    retry_at: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        """Begin without any outcome."""
        self.outcomes = [None] * len(self.operations)

    @property
    def left(self) -> list[int]:
        """Return the places of the operations that have no outcome yet."""
        return [place for place, outcome in enumerate(self.outcomes) if outcome is None]

    @property
    def is_settled(self) -> bool:
        """Return whether every operation has its outcome."""
        # Not "None in": each receipt would be asked whether it is equal to None.
        return not any(map(_IS_NONE, self.outcomes))

    @property
    def settled(self) -> list[Outcome]:
        """Return the outcomes of a settled submission."""
        return cast("list[Outcome]", self.outcomes)


def answer(submissions: Iterable[Submission]) -> None:
    """Give each submission its outcomes; one wake-up per event loop, however many wait there."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Submission]] = {}
    for submission in submissions:
        if submission.loop is None:
            submission.done.set_result(submission.settled)
        else:
            by_loop.setdefault(submission.loop, []).append(submission)
    for loop, theirs in by_loop.items():
        try:
            loop.call_soon_threadsafe(_answer_in_loop, theirs)
        except RuntimeError:
            _log.warning("%d callers left before their answer", len(theirs))


def _answer_in_loop(submissions: Sequence[Submission]) -> None:
    for submission in submissions:
        done = cast("asyncio.Future[list[Outcome]]", submission.done)
        if not done.done():
            done.set_result(submission.settled)
