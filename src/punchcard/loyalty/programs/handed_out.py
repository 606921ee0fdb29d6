"""Which entries count towards how often a card may have a reward: those for points that stand."""

from sqlalchemy import ColumnElement, and_, exists, or_

from punchcard.loyalty.tables import ENTRIES
from punchcard.loyalty.vocabulary import EntryType


def had_for_points() -> ColumnElement[bool]:
    """Return the condition that an entry hands out a reward for points, and stands."""
    voiding = ENTRIES.alias("voiding")
    return and_(
        or_(
            ENTRIES.c.type == EntryType.POINTS_REDEEMED,
            and_(ENTRIES.c.type == EntryType.RESERVATION_CONFIRMED, _is_for_points()),
        ),
        ~exists().where(voiding.c.voids == ENTRIES.c.id),
    )


def _is_for_points() -> ColumnElement[bool]:
    grant_id: ColumnElement[str] = ENTRIES.c.details["grant_id"].as_string()
    return grant_id.is_(None)
