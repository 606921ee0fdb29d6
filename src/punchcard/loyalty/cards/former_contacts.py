"""Contacts that a shop knew and had to forget: known again for a while, told to nobody.

A keyed digest stays of them, so that who is forgotten, or changes their address, and joins again is
no new friend. It serves
nothing else, and is gone after FORMER_CONTACT_DAYS.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final, cast

from sqlalchemy import CursorResult, delete, select
from sqlalchemy.orm import Session

from punchcard.accounts.models import Customer
from punchcard.db.dialects import insert_into
from punchcard.kit.ids import VendorId
from punchcard.kit.secrets import Digests, Keyring
from punchcard.loyalty.referral_models import FormerContact

FORMER_CONTACT_DAYS: Final = 90
"""For so long somebody who was forgotten is no new friend of the shop."""


class FormerContacts:
    """Notes contacts that are forgotten, and knows them again."""

    def __init__(self, ring: Keyring) -> None:
        self._digests = Digests(ring, "punchcard former contact")

    def note(self, session: Session, customer: Customer, now: datetime) -> None:
        """Note the contacts of a customer who is about to be forgotten."""
        self.note_contacts(session, customer.vendor_id, (customer.email, customer.phone), now)

    def note_contacts(
        self, session: Session, vendor_id: VendorId, contacts: Iterable[str | None], now: datetime
    ) -> None:
        """Note contacts that a customer is about to lose, or has left for others."""
        rows = [
            {
                "vendor_id": vendor_id,
                "digest": self._digests.of(contact.encode()),
                "forgotten_at": now,
            }
            for contact in contacts
            if contact
        ]
        if rows:
            insert = insert_into(session, FormerContact).values(rows)
            moved = {"forgotten_at": insert.excluded.forgotten_at}
            session.execute(
                insert.on_conflict_do_update(index_elements=["vendor_id", "digest"], set_=moved)
            )

    def knows(
        self, session: Session, vendor_id: VendorId, contacts: Iterable[str | None], now: datetime
    ) -> bool:
        """Return whether a vendor knew one of these contacts and forgot it not long ago."""
        digests = [
            digest
            for contact in contacts
            if contact
            for digest in self._digests.any_of(contact.encode())
        ]
        query = select(FormerContact.forgotten_at).where(
            FormerContact.vendor_id == vendor_id,
            FormerContact.digest.in_(digests),
            FormerContact.forgotten_at > now - timedelta(days=FORMER_CONTACT_DAYS),
        )
        return bool(digests) and session.scalar(query.limit(1)) is not None


def expire_former_contacts(session: Session, now: datetime) -> int:
    """Forget the digests whose time is over; returns how many."""
    before = now - timedelta(days=FORMER_CONTACT_DAYS)
    statement = delete(FormerContact).where(FormerContact.forgotten_at <= before)
    result = session.execute(statement.execution_options(synchronize_session=False))
    return cast("CursorResult[Any]", result).rowcount
