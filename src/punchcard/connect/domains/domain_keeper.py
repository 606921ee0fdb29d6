"""Looks whether domains are still their shops' own, and tells the owners before one lapses."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from punchcard.accounts.access.people import mail_to
from punchcard.accounts.audit_service import Act
from punchcard.accounts.domains import domain_service
from punchcard.accounts.domains.models import VendorDomain
from punchcard.accounts.mail.mail_queue import MailQueue
from punchcard.accounts.models import User, Vendor
from punchcard.accounts.subjects import SYSTEM
from punchcard.accounts.vocabulary import Role
from punchcard.connect.domains.proofs import DomainProofs
from punchcard.db import outbox
from punchcard.db.database import Database
from punchcard.kit.clock import Clock, to_rfc3339
from punchcard.kit.ids import Ids, VendorId
from punchcard.kit.settings import Settings
from punchcard.loyalty.programs.vendor_changes import change_address

DOMAIN_CHECK: Final = "domains.check"
"""The domain of a vendor, the key, is to be looked at."""

CONSOLE_PATH: Final = "/console/domain"


def enqueue_due(session: Session, now: datetime, *, every: timedelta) -> int:
    """Leave word about each domain that was not looked at for `every`; returns how many."""
    due = domain_service.due_domains(session, now, every=every)
    return outbox.enqueue_found(session, DOMAIN_CHECK, due, now)


class DomainKeeper:
    """Looks at one domain and writes down what was found."""

    def __init__(
        self,
        *,
        database: Database,
        proofs: DomainProofs,
        mail_queue: MailQueue,
        clock: Clock,
        ids: Ids,
        settings: Settings,
    ) -> None:
        self._database = database
        self._proofs = proofs
        self._mail_queue = mail_queue
        self._clock = clock
        self._ids = ids
        self._lapse = timedelta(days=settings.domain_lapse_days)
        self._base_url = settings.base_url.rstrip("/")

    def check(self, vendor_id: VendorId, act: Act | None = None) -> bool:
        """Look at the domain of a vendor; returns whether it is proven at this moment.

        Nothing is asked of outside within a transaction. Raises OwnDomainTaken.
        """
        with self._database.read() as session:
            row = domain_service.find_domain(session, vendor_id)
            if row is None:
                return False
            domain, proof = row.domain, row.proof
        is_shown = self._proofs.is_shown(domain, proof)
        act = act or Act(subject=SYSTEM, now=self._clock.now(), ids=self._ids, request_id=None)
        with self._database.write() as session:
            if is_shown:
                if domain_service.note_found(session, act, vendor_id, proof):
                    change_address(session, act, vendor_id)
                return True
            self._note_missing(session, act, vendor_id, proof)
        return False

    def _note_missing(self, session: Session, act: Act, vendor_id: VendorId, proof: str) -> None:
        found = domain_service.find_domain(session, vendor_id)
        was_in_use = found is not None and found.verified_at is not None
        told = domain_service.note_missing(session, act, vendor_id, proof, lapse=self._lapse)
        if told is not None:
            self._warn(session, told)
        row = domain_service.find_domain(session, vendor_id)
        if was_in_use and row is not None and row.verified_at is None:
            change_address(session, act, vendor_id)

    def _warn(self, session: Session, row: VendorDomain) -> None:
        if not self._mail_queue.is_configured or row.failing_since is None:
            return
        vendor = session.get_one(Vendor, row.vendor_id)
        facts = {
            "domain": row.domain,
            "expires_at": to_rfc3339(row.failing_since + self._lapse),
            "link": self._base_url + CONSOLE_PATH,
        }
        for owner in session.scalars(_owners(row.vendor_id)):
            self._mail_queue.enqueue(session, mail_to(owner, vendor, "domain_failing", facts))


def _owners(vendor_id: VendorId) -> Select[User]:
    """Return the query of a vendor's owners whose addresses are confirmed."""
    return select(User).where(
        User.vendor_id == vendor_id,
        User.role == Role.OWNER,
        User.removed_at.is_(None),
        User.email == User.confirmed_email,
    )
