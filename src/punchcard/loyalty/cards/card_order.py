"""The orders that a list of cards can have, and how a page begins where the last one ended."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session

from punchcard.kit.ids import CardId
from punchcard.loyalty.tables import CARDS, CUSTOMERS

_NAME: Final = CUSTOMERS.c.name_folded
_KEYS: Final[Mapping[str, Sequence[ColumnElement[Any]]]] = {
    # Cards without a name come last, or first the other way round.
    "member": (case((func.coalesce(_NAME, "") == "", 1), else_=0), func.coalesce(_NAME, "")),
    "balance": (CARDS.c.stamps + CARDS.c.points,),
    "visit": (CARDS.c.last_activity_at,),
    "status": (CARDS.c.status,),
}
CARD_ORDERS: Final = tuple(_KEYS)
"""What cards can be ordered by; with a hyphen in front the other way round."""


def in_order(
    session: Session, cards: Select[Any], order: str | None, before_id: str | None
) -> Select[Any]:
    """Return a query of cards with their customers in an order, after the card `before_id`.

    `order` is one of CARD_ORDERS, with a hyphen in front for the other way round; else newest
    first, as are those that are equal. A shop's cards are sorted anew for each page.
    """
    keys = _KEYS.get((order or "").removeprefix("-"), ())
    is_down = (order or "").startswith("-")
    ordered = cards.order_by(*(key.desc() if is_down else key for key in keys), CARDS.c.id.desc())
    if before_id is None:
        return ordered
    at = select(CARDS.c.id, *keys).outerjoin(CUSTOMERS, CUSTOMERS.c.id == CARDS.c.customer_id)
    last = session.execute(at.where(CARDS.c.id == CardId(before_id))).first()
    # Whoever names a card that is not there any more goes on by its id: it tells when it was made.
    values = list(zip(keys, last[1:], strict=True)) if last else []
    steps = [key < value if is_down else key > value for key, value in values]
    steps.append(CARDS.c.id < before_id)
    equal = [key == value for key, value in values]
    return ordered.where(or_(*(and_(*equal[:place], step) for place, step in enumerate(steps))))
