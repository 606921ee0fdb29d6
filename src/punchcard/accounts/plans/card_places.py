"""How many more cards vendors may open: held while a batch of the till opens some.

Exact, whoever else opens cards at the same moment, and asked without counting any: a vendor's row
in `vendor_plans` has the number of its open cards. Only vendors whose plan has a limit are held
from the beginning; of all others the row is taken as the first thing that is written.
"""

from collections.abc import Collection, Set
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Select, select, update
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Session

from punchcard.accounts.plans.errors import NoNewCards, PlanLimitReached
from punchcard.accounts.plans.models import Plan, VendorPlan
from punchcard.accounts.vocabulary import PlanLimit
from punchcard.db.base import table_of
from punchcard.db.dialects import is_sqlite, one_of
from punchcard.db.sets.bulk import BulkInsert
from punchcard.kit.ids import VendorId

_PLANS = table_of(Plan)
_VENDOR_PLANS = table_of(VendorPlan)

_add_open_cards = BulkInsert(
    _VENDOR_PLANS,
    ("vendor_id", "open_cards"),
    "ON CONFLICT (vendor_id)"
    " DO UPDATE SET open_cards = vendor_plans.open_cards + excluded.open_cards",
)


@dataclass(slots=True)
class CardPlaces:
    """The limits of the vendors that have one, how many cards those have, and what a batch moves.

    `held` are vendors with a limit whose row another transaction has: nothing is opened there now.
    """

    maximum: dict[VendorId, int] = field(default_factory=dict)
    open_cards: dict[VendorId, int] = field(default_factory=dict)
    held: set[VendorId] = field(default_factory=set)
    moved: dict[VendorId, int] = field(default_factory=dict)

    @property
    def limited(self) -> Set[VendorId]:
        """Return the vendors that have a limit, held by another transaction or not."""
        return self.maximum.keys() | self.held

    def refuse_if_full(self, vendor_id: VendorId, *, is_vouched: bool) -> None:
        """Raise PlanLimitReached where there is no place for another card.

        Who asks for a card of their own (not `is_vouched`) is told no figures: NoNewCards.
        """
        maximum = self.maximum.get(vendor_id)
        if maximum is None or self.open_cards[vendor_id] < maximum:
            return
        raise PlanLimitReached(PlanLimit.CARDS, maximum) if is_vouched else NoNewCards()

    def move(self, vendor_id: VendorId, cards: int) -> None:
        """Note that so many cards more are open, or less."""
        self.moved[vendor_id] = self.moved.get(vendor_id, 0) + cards
        if vendor_id in self.open_cards:
            self.open_cards[vendor_id] += cards

    def flush(self, connection: Connection) -> None:
        """Write what moved, in the order of ids, before any card is written."""
        moved = [(vendor_id, cards) for vendor_id, cards in sorted(self.moved.items()) if cards]
        _add_open_cards(connection, [{"vendor_id": v, "open_cards": n} for v, n in moved])


def lock_places(
    connection: Connection, vendor_ids: Collection[VendorId], *, waits: bool = False
) -> CardPlaces:
    """Hold the rows of the vendors whose plans limit cards; what others have is passed over."""
    look = _statement(connection.dialect, locks=False, waits=True)
    rows = connection.execute(look, {"vendors": sorted(vendor_ids)}).all()
    limited = {row.vendor_id for row in rows if row.cards is not None}
    if not limited:
        return CardPlaces()
    lock = _statement(connection.dialect, locks=True, waits=waits)
    rows = connection.execute(lock, {"vendors": sorted(limited)}).all()
    is_all = waits or is_sqlite(connection)
    return CardPlaces(
        maximum={row.vendor_id: row.cards for row in rows if row.cards is not None},
        open_cards={row.vendor_id: row.open_cards for row in rows},
        held=set() if is_all else limited.difference(row.vendor_id for row in rows),
    )


def move_open_cards(session: Session, vendor_id: VendorId, cards: int) -> None:
    """Count so many cards more as open, or less, before they are written."""
    places = CardPlaces()
    places.move(vendor_id, cards)
    places.flush(session.connection())


def recount(session: Session, vendor_id: VendorId, counted: Select[int]) -> int:
    """Hold the vendor's row, count its open cards anew by `counted`, and return how many.

    Whoever opens a card takes the row before they write it: nobody is left out or counted twice.
    """
    row = select(_VENDOR_PLANS.c.open_cards).where(_VENDOR_PLANS.c.vendor_id == vendor_id)
    kept = session.execute(row.with_for_update()).scalar_one_or_none()
    cards = session.scalar(counted) or 0
    if kept is None:
        move_open_cards(session, vendor_id, cards)
    elif kept != cards:
        own = _VENDOR_PLANS.c.vendor_id == vendor_id
        session.execute(update(_VENDOR_PLANS).where(own).values(open_cards=cards))
    return cards


@lru_cache(maxsize=8)
def _statement(dialect: Dialect, *, locks: bool, waits: bool) -> Select[Any]:
    # Not a join: each vendor's plan is looked up by its id, however many plans there are.
    limit = select(_PLANS.c.cards).where(_PLANS.c.id == _VENDOR_PLANS.c.plan_id).scalar_subquery()
    columns = (_VENDOR_PLANS.c.vendor_id, _VENDOR_PLANS.c.open_cards, limit.label("cards"))
    query = (
        select(*columns)
        .where(one_of(_VENDOR_PLANS.c.vendor_id, "vendors", dialect))
        .order_by(_VENDOR_PLANS.c.vendor_id)
    )
    return query.with_for_update(of=_VENDOR_PLANS, skip_locked=not waits) if locks else query
