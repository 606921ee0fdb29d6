"""Contacts and names that are kept otherwise than they would be written today, and their mending.

They come from older versions, whose rules took more, and from numbering plans that changed. Search
and lookup still find them as they were typed; mails and calls may not arrive.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from punchcard.accounts.audit_service import Act, record_act
from punchcard.accounts.models import Customer
from punchcard.db.unique import refusing_duplicates
from punchcard.kit.folding import fold_name
from punchcard.kit.ids import CardId, VendorId, as_id
from punchcard.kit.validation import contacts
from punchcard.kit.validation.invalid import InvalidValue
from punchcard.loyalty.errors.cards import CardNotFound, ContactTaken
from punchcard.loyalty.events import announce_cards_changed
from punchcard.loyalty.tables import CARDS, CUSTOMERS

ROWS_A_LOOK: Final = 1000
"""How many customers one look reads: each costs about a quarter of a millisecond."""

_REMEMBERED: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class ContactFault:
    """One field that is not kept as it would be written now.

    `field` is "email", "phone" or "name"; `wanted` is what would be written, None where the rule
    refuses `kept` and only a person can tell what is right.
    """

    card_id: CardId
    name: str | None
    field: str
    kept: str
    wanted: str | None


class ContactWatch:
    """Remembers for an hour of which vendors a first look found something kept wrongly."""

    def __init__(self) -> None:
        self._known: dict[VendorId, tuple[datetime, bool]] = {}

    def has_faults(
        self, session: Session, vendor_id: VendorId, country: str | None, *, now: datetime
    ) -> bool:
        """Return whether one of the first ROWS_A_LOOK customers is kept wrongly.

        Those who have been customers for longest are looked at: what older versions kept is theirs.
        """
        looked_at, found = self._known.get(vendor_id, (None, False))
        if looked_at is None or not timedelta(0) <= now - looked_at < _REMEMBERED:
            found = bool(look_for_faults(session, vendor_id, country).faults)
            self._known[vendor_id] = now, found
        return found

    def forget(self, vendor_id: VendorId) -> None:
        """Look again when next asked: something was mended."""
        self._known.pop(vendor_id, None)


@dataclass(frozen=True, slots=True)
class Look:
    """What one look found, and the customer after whom the next one begins; None at the end."""

    faults: Sequence[ContactFault]
    after_id: str | None


def look_for_faults(
    session: Session,
    vendor_id: VendorId,
    country: str | None,
    *,
    after_id: str | None = None,
    rows: int = ROWS_A_LOOK,
) -> Look:
    """Read up to `rows` of the vendor's customers, oldest first; return what is kept wrongly."""
    wanted = _customers().where(CUSTOMERS.c.vendor_id == vendor_id)
    if after_id is not None:
        wanted = wanted.where(CUSTOMERS.c.id > after_id)
    found = session.execute(wanted.order_by(CUSTOMERS.c.id).limit(rows)).all()
    faults = [fault for row in found for fault in _faults_of(row, country)]
    return Look(faults, found[-1].id if len(found) == rows else None)


def mend_customer(session: Session, act: Act, vendor_id: VendorId, card_id: CardId) -> int:
    """Write the holder's contacts and folded name as they would be written now; count the fields.

    What the rule refuses stays. Whether the contacts are verified stays too: nobody has vouched for
    them anew. Raises CardNotFound, and ContactTaken when another customer has that contact.
    """
    wanted_id = as_id(card_id)
    query = select(CARDS.c.id, CARDS.c.customer_id).where(
        CARDS.c.id == wanted_id, CARDS.c.vendor_id == vendor_id, CARDS.c.customer_id.is_not(None)
    )
    card = session.execute(query).first() if wanted_id else None
    if card is None:
        raise CardNotFound
    row = session.execute(_customers().where(CUSTOMERS.c.id == card.customer_id)).one()
    faults = [one for one in _faults_of(row, act.subject.country) if one.wanted is not None]
    if not faults:
        return 0
    customer = session.get_one(Customer, card.customer_id, with_for_update=True)
    with refusing_duplicates(session, ContactTaken):
        for fault in faults:
            if fault.field == "name":
                customer.name_folded = fold_name(customer.name)
            else:
                setattr(customer, fault.field, fault.wanted)
        customer.updated_at = act.now
    fields = sorted(f"customer.{fault.field}" for fault in faults)
    of = ("card", card.id)
    record_act(session, act, "card.updated", of=of, vendor_id=vendor_id, new={"fields": fields})
    cards = select(CARDS.c.id).where(CARDS.c.customer_id == customer.id)
    announce_cards_changed(session, session.scalars(cards), act.now)
    return len(faults)


def _customers() -> Any:
    """Return the query of customers that are somebody, each with the latest of their cards."""
    fields = (CUSTOMERS.c[name] for name in ("id", "name", "name_folded", "email", "phone"))
    cards = select(CARDS.c.id).where(CARDS.c.customer_id == CUSTOMERS.c.id)
    shown = cards.order_by(CARDS.c.id.desc()).limit(1).scalar_subquery().label("card_id")
    return select(*fields, shown).where(CUSTOMERS.c.erased_at.is_(None))


def _faults_of(row: Row[Any], country: str | None) -> list[ContactFault]:
    if row.card_id is None:
        return []
    found = [
        ContactFault(row.card_id, row.name, field, kept, wanted)
        for field, kept, wanted in (
            ("email", row.email, _as_now(contacts.email, row.email)),
            ("phone", row.phone, _as_now(contacts.phone, row.phone, country=country)),
        )
        if kept is not None and kept != wanted
    ]
    if row.name and row.name_folded != fold_name(row.name):
        found.append(ContactFault(row.card_id, row.name, "name", row.name, row.name))
    return found


def _as_now(rule: Callable[..., str], value: str | None, **bounds: Any) -> str | None:
    try:
        return rule(value, **bounds) if value is not None else None
    except InvalidValue:
        return None
