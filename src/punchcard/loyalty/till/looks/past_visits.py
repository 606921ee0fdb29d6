"""What the till reads of a card's visits: stampings, late purchases, claims on the way."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, func, select

from punchcard.kit.ids import CardId
from punchcard.loyalty.ledger.ledger_reader import was_late
from punchcard.loyalty.rules.stamps.purchase_items import base_of
from punchcard.loyalty.rules.time_rules import AWAY_FROM_COUNTER
from punchcard.loyalty.rules.values import PastStamp
from punchcard.loyalty.tables import ENTRIES
from punchcard.loyalty.vocabulary import ActorKind, EntryType

LAST_STAMPS: Final = 120
"""More stampings than a day can hold (50) and its neighbours: enough to find a card's last day."""

# Made once: an alias has a column for each of the table's, which costs more than many a query.
_VOIDING: Final = ENTRIES.alias("voiding")
# With stamps: a visit may be about points alone.
_STAMPINGS: Final = (
    ENTRIES.c.type.in_((EntryType.STAMP_EARNED, EntryType.VISIT_RECORDED)),
    ENTRIES.c.stamps_delta > 0,
    # Those that no counter gave are no concern of its limits.
    ENTRIES.c.actor_kind.not_in(AWAY_FROM_COUNTER),
)


def past_stamps(
    connection: Connection,
    card_ids: Collection[CardId],
    *,
    limit: int,
    without: str | None = None,
    **span: Any,
) -> tuple[PastStamp, ...]:
    """Return a card's stampings, with those of cards merged into it,
    that were not voided, latest first, at most `limit`.

    Stamps that promotions added are left out: no limit counts them. `span` may hold `since` and
    `until`; `without` leaves one entry out.
    """
    query = (
        select(ENTRIES.c.occurred_at, ENTRIES.c.stamps_delta, ENTRIES.c.details)
        .outerjoin(_VOIDING, _VOIDING.c.voids == ENTRIES.c.id)
        .where(
            ENTRIES.c.card_id.in_(card_ids),
            *_STAMPINGS,
            _VOIDING.c.id.is_(None),
        )
        .order_by(ENTRIES.c.occurred_at.desc())
        .limit(limit)
    )
    if without is not None:
        query = query.where(ENTRIES.c.id != without)
    if "since" in span:
        query = query.where(ENTRIES.c.occurred_at.between(span["since"], span["until"]))
    rows = connection.execute(query)
    return tuple(PastStamp(at, base_of(stamps, details)) for at, stamps, details in rows)


def stamps_recorded(
    connection: Connection, card_ids: Collection[CardId], *, since: datetime
) -> int:
    """Return how many stamps were recorded on a card since then, without voided and imported ones.

    Whenever they happened: it is about when the server was told. Nor are those of promotions.
    """
    query = (
        select(ENTRIES.c.stamps_delta, ENTRIES.c.details)
        .outerjoin(_VOIDING, _VOIDING.c.voids == ENTRIES.c.id)
        .where(
            ENTRIES.c.card_id.in_(card_ids),
            *_STAMPINGS,
            ENTRIES.c.actor_kind != ActorKind.IMPORT,
            ENTRIES.c.created_at >= since,
            _VOIDING.c.id.is_(None),
        )
    )
    return sum(base_of(stamps, details) for stamps, details in connection.execute(query))


def late_purchases_recorded(
    connection: Connection, card_ids: Collection[CardId], *, since: datetime
) -> int:
    """Return how many late purchases were recorded on a card since then, without voided ones."""
    query = (
        select(func.count())
        .select_from(ENTRIES)
        .outerjoin(_VOIDING, _VOIDING.c.voids == ENTRIES.c.id)
        .where(
            ENTRIES.c.card_id.in_(card_ids),
            ENTRIES.c.type.in_((EntryType.POINTS_EARNED, EntryType.VISIT_RECORDED)),
            ENTRIES.c.amount_minor.is_not(None),
            ENTRIES.c.created_at >= since,
            was_late(connection.dialect),
            _VOIDING.c.id.is_(None),
        )
    )
    return int(connection.execute(query).scalar_one())


def milestone_claims(
    connection: Connection, card_id: CardId, *, after: int = 0
) -> tuple[tuple[int, int], ...]:
    """Return the claims of milestones on a card that were not voided, by lap and milestone.

    Those of entries behind the one with the sequence `after`.
    """
    query = (
        select(ENTRIES.c.details)
        .outerjoin(_VOIDING, _VOIDING.c.voids == ENTRIES.c.id)
        .where(
            ENTRIES.c.card_id == card_id,
            ENTRIES.c.sequence > after,
            ENTRIES.c.type == EntryType.STAMPS_REDEEMED,
            ENTRIES.c.stamps_delta == 0,
            _VOIDING.c.id.is_(None),
        )
    )
    told = connection.execute(query).scalars()
    return tuple((one["claimed_lap"], one["at"]) for one in told)
