"""Mails about a changed contact: the new address is asked, the old one is told and may object."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from punchcard.accounts.access.address_change import AddressLinks
from punchcard.accounts.errors import LinkInvalid, TooManyRequests
from punchcard.accounts.links import LinkTokens
from punchcard.accounts.mail.mail_messages import Mail
from punchcard.accounts.mail.mail_queue import MailQueue
from punchcard.accounts.models import Customer, Vendor
from punchcard.accounts.vocabulary import VendorStatus
from punchcard.db.database import Database
from punchcard.kit.clock import Clock, to_rfc3339
from punchcard.kit.ids import VendorId
from punchcard.kit.settings import Settings
from punchcard.loyalty.cards.contacts.models import ContactChange
from punchcard.loyalty.cards.former_contacts import FormerContacts
from punchcard.loyalty.cards.links import BaseOf, objection_path


class ContactMail:
    """Writes to the addresses that a change of contact is about, and reads who objects.

    The worker asks for the mails: whoever asked for the change has had their answer by then, and it
    was the same whether the address is known, is pausing, or is not valid.
    """

    def __init__(
        self,
        *,
        database: Database,
        mail_queue: MailQueue,
        links: AddressLinks,
        former_contacts: FormerContacts,
        settings: Settings,
        clock: Clock,
        base_of: BaseOf,
    ) -> None:
        self.is_configured = mail_queue.is_configured
        self.wait = links.life
        self.objection = timedelta(hours=settings.contact_objection_hours)
        self._database = database
        self._mail_queue = mail_queue
        self._links = links
        self._former = former_contacts
        self._clock = clock
        self._objections = LinkTokens(settings.keys, "contact objection", clock)
        self._base_of = base_of

    def follow(self, change_id: str) -> None:
        """Ask the address that is to count, or tell the one that counted."""
        with self._database.write() as session:
            change = session.get(ContactChange, change_id)
            if change is None or change.ended_at is not None:
                return
            vendor = session.get_one(Vendor, change.vendor_id)
            customer = session.get(Customer, change.customer_id) if change.customer_id else None
            if change.made_at is None:
                self._ask(session, change, vendor, customer)
            elif customer is not None:
                self._note_former(session, change, customer)
                self._tell(session, change, vendor, customer)

    def objection_url(self, change_id: str, vendor_id: VendorId, *, ends_at: datetime) -> str:
        """Return the link by which who reads the old address takes a change back."""
        ticket = self._objections.issue({"change": change_id}, expires_at=ends_at)
        return self._base_of(vendor_id) + objection_path(ticket)

    def objection_of(self, ticket: str) -> str:
        """Return the change that a link objects to. Raises LinkInvalid."""
        change_id = self._objections.read(ticket).get("change")
        if not isinstance(change_id, str):
            raise LinkInvalid
        return change_id

    def _ask(
        self, session: Session, change: ContactChange, vendor: Vendor, customer: Customer | None
    ) -> None:
        assert change.new_email is not None
        owner = change.customer_id or change.card_id
        facts = self._links.facts(
            "customer",
            owner,
            change.new_email,
            base=self._base_of(vendor.id),
            change=change.id,
        )
        # No name: the address may be a stranger's, mistyped.
        self._leave(
            session,
            Mail(
                kind="contact_new",
                to=change.new_email,
                language=_language(change, vendor, customer),
                facts={**facts, "shop": vendor.name, "timezone": vendor.timezone},
            ),
            vendor,
            life=self.wait,
            of=owner,
        )

    def _tell(
        self, session: Session, change: ContactChange, vendor: Vendor, customer: Customer
    ) -> None:
        """Tell the old address. Only one that its reader had confirmed may take the change back."""
        if change.old_email is None or change.made_at is None:
            return
        facts = {"shop": vendor.name, "timezone": vendor.timezone}
        ends_at = change.made_at + self.objection
        if change.old_email_verified_at is not None:
            facts["link"] = self.objection_url(change.id, vendor.id, ends_at=ends_at)
            facts["expires_at"] = to_rfc3339(ends_at)
        else:
            facts["ask_shop"] = "yes"
        if customer.name:
            facts["name"] = customer.name
        language = customer.locale or vendor.language
        mail = Mail(kind="contact_changed", to=change.old_email, language=language, facts=facts)
        if self.is_configured and vendor.status != VendorStatus.CLOSED:
            # Never held back: who floods an address with changes must not silence the warning.
            self._mail_queue.enqueue(session, mail, expires_at=ends_at, of_vendor=vendor.id)

    def _note_former(self, session: Session, change: ContactChange, customer: Customer) -> None:
        """Let an address that was left be no new friend's for a while."""
        left = {change.old_email, change.old_phone} - {customer.email, customer.phone, None}
        self._former.note_contacts(session, change.vendor_id, left, self._clock.now())

    def _leave(
        self, session: Session, mail: Mail, vendor: Vendor, *, life: timedelta, of: str
    ) -> None:
        if not self.is_configured or vendor.status != VendorStatus.ACTIVE:
            return
        try:
            self._mail_queue.count(session, "contact_new", mail.to)
            self._mail_queue.count(session, "contact_new_of", of)
        except TooManyRequests:
            return
        expires_at = self._clock.now() + life
        self._mail_queue.enqueue(session, mail, expires_at=expires_at, of_vendor=vendor.id)


def _language(change: ContactChange, vendor: Vendor, customer: Customer | None) -> Any:
    return change.language or (customer and customer.locale) or vendor.language
