"""A new address to sign in with: it counts once a link sent to it was followed."""

import hmac
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from punchcard.accounts.access.people import (
    load_person,
    mail_to,
    person_of,
    person_subject,
    vendor_of,
)
from punchcard.accounts.access.session_service import revoke_all_sessions
from punchcard.accounts.audit_service import Act, record_act
from punchcard.accounts.errors import EmailTaken, LinkInvalid, MailNotConfigured
from punchcard.accounts.links import LinkTokens
from punchcard.accounts.mail.mail_queue import MailQueue
from punchcard.accounts.models import Admin, User
from punchcard.accounts.user_service import refuse_taken_email
from punchcard.kit.clock import Clock, to_rfc3339
from punchcard.kit.settings import Settings
from punchcard.kit.validation import contacts
from punchcard.kit.validation.invalid import check_field


class AddressLinks:
    """The links that confirm an address: of people who sign in, and of customers."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.life = timedelta(hours=settings.email_verification_hours)
        self._clock = clock
        self._links = LinkTokens(settings.keys, "email verification", clock)
        self._base_url = settings.base_url.rstrip("/")

    def facts(
        self, kind: str, owner_id: str, email: str, *, base: str | None = None, **more: str
    ) -> dict[str, str]:
        """Return the facts of a mail that hold a new link and when it ends.

        `base` is what the link begins with, where that is a shop's own domain.
        """
        expires_at = self._clock.now() + self.life
        token = self._links.issue(
            {"kind": kind, "id": owner_id, "email": email, **more}, expires_at=expires_at
        )
        link = f"{base or self._base_url}/verify-email?token={token}"
        return {"link": link, "expires_at": to_rfc3339(expires_at)}

    def read(self, token: str) -> dict[str, Any]:
        """Return what a link says: kind, id, email and what else it was made of."""
        return self._links.read(token)


class AddressChange:
    """Changes the address a user or admin signs in with, in two steps."""

    def __init__(self, mail_queue: MailQueue, links: AddressLinks) -> None:
        self._mail_queue = mail_queue
        self._links = links

    def request(self, session: Session, act: Act, new: str, *, language: str) -> None:
        """Leave a mail with a link for the caller's new address; until then nothing changes.

        Ask for the caller's password first (`SignIn.check_password`).
        Whether somebody else signs in with it is told to whoever follows the link alone.
        Raises InvalidInput, TooManyRequests, MailNotConfigured.
        """
        if not self._mail_queue.is_configured:
            raise MailNotConfigured
        address = check_field("email", contacts.email, new)
        self._mail_queue.count(session, "new_address", address)
        person = load_person(session, act.subject)
        facts = self._links.facts(act.subject.kind, person.id, address, was=person.email)
        vendor = vendor_of(session, person)
        mail = mail_to(person, vendor, "new_address", facts, language, to=address)
        self._mail_queue.enqueue(session, mail, expires_at=act.now + self._links.life)

    def confirm(self, session: Session, act: Act, facts: dict[str, Any]) -> User | Admin:
        """Let a person sign in with the address that the link was sent to.

        The address of before is told, and their sessions end. Raises LinkInvalid (it was used, or
        the address changed in another way since) and EmailTaken.
        """
        person = person_of(session, facts)
        old = person.email
        if not hmac.compare_digest(old.encode(), str(facts["was"]).encode()):
            raise LinkInvalid
        refuse_taken_email(session, facts["email"])
        vendor = vendor_of(session, person)
        notice = mail_to(person, vendor, "address_changed", {})
        person.email = facts["email"]
        if isinstance(person, User):
            person.confirmed_email = facts["email"]
        try:
            session.flush()
        except IntegrityError as error:
            raise EmailTaken from error
        revoke_all_sessions(session, act, person)
        self._mail_queue.enqueue(session, notice)
        self._record(session, act, person, old)
        return person

    def _record(self, session: Session, act: Act, person: User | Admin, old: str) -> None:
        by = person_subject(person)
        record_act(
            session,
            replace(act, subject=by),
            f"{by.kind}.email_changed",
            of=(by.kind, person.id),
            vendor_id=by.vendor_id,
            old={"email": old},
            new={"email": person.email},
        )
