"""What follows from an answer, or from none: whether it is taken, and when the next attempt is."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

DELAYS: Final = (
    timedelta(),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""How long after the attempt before each attempt is: as many as there are, and then no more."""

LONGEST_RETRY_AFTER: Final = timedelta(hours=24)
LONGEST_PAUSE: Final = timedelta(hours=1)
"""How long one answer can keep an endpoint's other deliveries waiting."""
_JITTER: Final = 0.1
LONGEST_WAIT: Final = max(*DELAYS, LONGEST_RETRY_AFTER) * (1 + _JITTER)
"""How long at most a delivery waits for its next attempt."""
_GONE: Final = 410
_THROTTLING: Final = frozenset({429, 502, 503, 504})


class WebhookAnswer(NamedTuple):
    """What came of an attempt: the status and the beginning of the body, or why there is none."""

    status: int | None = None
    excerpt: str = ""
    retry_after: timedelta | None = None
    error: str | None = None

    @property
    def is_taken(self) -> bool:
        """Return whether the receiver has it: 2xx alone says so."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        """Return whether the receiver wants nothing any more."""
        return self.status == _GONE


def next_attempt(
    attempts: int, answer: WebhookAnswer, now: datetime, chance: Callable[[], float]
) -> datetime | None:
    """Return when to try again after `attempts` that failed, None when there were enough.

    A tenth is added by chance, so that what failed together does not come back together.
    `Retry-After` is respected up to LONGEST_RETRY_AFTER.
    """
    if attempts >= len(DELAYS):
        return None
    wait = DELAYS[attempts] * (1 + _JITTER * chance())
    if answer.retry_after is not None and answer.status in _THROTTLING:
        wait = max(wait, min(answer.retry_after, LONGEST_RETRY_AFTER))
    return now + wait


def pause_after(answer: WebhookAnswer, now: datetime) -> datetime | None:
    """Return until when everything of the endpoint waits, None where it need not."""
    if answer.status not in _THROTTLING or not answer.retry_after:
        return None
    return now + min(answer.retry_after, LONGEST_PAUSE)


def is_given_up(failing_since: datetime, now: datetime, *, days: int) -> bool:
    """Return whether an endpoint has failed without a break for so many days."""
    return now - failing_since >= timedelta(days=days)
