"""When something may have happened: what a till without a line tells afterwards."""

from datetime import datetime, timedelta
from typing import Final

from punchcard.loyalty.errors.till import OccurredAtOutOfRange
from punchcard.loyalty.vocabulary import ActorKind

LATE: Final = timedelta(minutes=10)
"""How long after it happened something is recorded as of now; what comes later is late."""

LATE_DAYS: Final = 2
"""How many days' stamps one card can be given within a day, once late ones are among them.

A till that was offline over a night hands in two days at once; who fills cards with days that never
were gets no further.
"""

LATE_PURCHASES: Final = 20
"""How many late purchases one card can be given within a day.

A purchase has no limit of its own: this keeps visits that never were from being told afterwards.
"""

OPENING_LEEWAY: Final = timedelta(seconds=30)
"""By how much a till's clock may lie behind the one that wrote down when the card was opened."""

NEVER_LATE: Final = frozenset({ActorKind.IMPORT, ActorKind.CLAIM})
"""Who tells of before without being late: imports tell history, receipts have their own limit."""


def is_late(occurred_at: datetime, created_at: datetime, actor_kind: str) -> bool:
    """Return whether an entry was recorded more than LATE after it happened.

    What an import or a receipt tells is never late.
    """
    return created_at - occurred_at > LATE and actor_kind not in NEVER_LATE


def time_on_card(occurred_at: datetime, enrolled_at: datetime, now: datetime) -> datetime:
    """Return when something happened to a card that was opened at `enrolled_at`.

    A clock that lies a little behind is read as the opening. Raises OccurredAtOutOfRange.
    """
    if occurred_at >= enrolled_at:
        return occurred_at
    if enrolled_at - occurred_at > OPENING_LEEWAY:
        raise OccurredAtOutOfRange(earliest=enrolled_at, latest=now)
    return enrolled_at
