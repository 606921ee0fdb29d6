"""When something may have happened: what a till without a line tells afterwards."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from punchcard.loyalty.errors.till import OccurredAtOutOfRange
from punchcard.loyalty.vocabulary import COMES_BY_ITSELF, ActorKind

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

AWAY_FROM_COUNTER: Final = frozenset({ActorKind.CLAIM, ActorKind.INTEGRATION})
"""Who stamps without a counter: cooldown and daily limit guard that, and know nothing of these."""

NEVER_LATE: Final = frozenset({ActorKind.IMPORT, *AWAY_FROM_COUNTER})
"""Who tells of before without being late: imports tell history, the others what was paid before."""


@lru_cache(maxsize=4096)
def day_in(zone: ZoneInfo, moment: datetime) -> date:
    """Return the day of a moment in a zone."""
    # A batch asks for the day of one and the same moment several times an operation.
    return moment.astimezone(zone).date()


def is_late(entry: Mapping[str, Any]) -> bool:
    """Return whether an entry was recorded more than LATE after it happened.

    What an import, a receipt or another system tells is never late, nor what comes by itself: that
    was due on its day whenever somebody booked it.
    """
    is_told_after = entry["created_at"] - entry["occurred_at"] > LATE
    who, what = entry["actor_kind"], entry["type"]
    return is_told_after and who not in NEVER_LATE and what not in COMES_BY_ITSELF


def time_on_card(
    occurred_at: datetime, enrolled_at: datetime, now: datetime, zone: ZoneInfo
) -> datetime:
    """Return when something happened to a card that was opened at `enrolled_at`.

    A clock that lies a little behind is read as the opening. Raises OccurredAtOutOfRange, which
    tells its moments by the clocks of `zone`.
    """
    if occurred_at >= enrolled_at:
        return occurred_at
    if enrolled_at - occurred_at > OPENING_LEEWAY:
        raise OccurredAtOutOfRange(earliest=enrolled_at, latest=now).by_clocks_of(zone)
    return enrolled_at
