"""ReceiptDriver: makes receipts and keys, signs as tills do, and puts receipts on cards."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from punchcard.accounts.audit_service import Act
from punchcard.accounts.subjects import Subject
from punchcard.accounts.vocabulary import SubjectKind
from punchcard.connect.claims import claim_service, receipt_keys
from punchcard.connect.claims.claim_service import NewClaim
from punchcard.connect.claims.models import ReceiptClaim
from punchcard.connect.claims.presented import Presented, ReceiptReader
from punchcard.connect.claims.receipt_claimer import ReceiptClaimer
from punchcard.connect.claims.receipt_keys import ReceiptSecrets
from punchcard.connect.claims.receipt_texts import receipt_text
from punchcard.kit.errors import DomainError
from punchcard.kit.ids import CardId, LocationId, ProgramId, ReceiptClaimId, ReceiptKeyId
from punchcard.kit.settings import Settings
from punchcard.loyalty.till.receipt import Receipt
from punchcard.loyalty.till.till import Till
from tests.support.drivers.till import TillDriver


@dataclass(frozen=True)
class TillKey:
    """A key as a till has it: what stands on receipts, and the secret."""

    id: ReceiptKeyId
    code: str
    secret: str


@dataclass(frozen=True)
class ReceiptDriver:
    """The receipts of one counter."""

    alice: TillDriver
    settings: Settings

    @property
    def secrets(self) -> ReceiptSecrets:
        """Return what seals the secrets of keys."""
        return ReceiptSecrets(self.settings.keys)

    @property
    def reader(self) -> ReceiptReader:
        """Return what reads receipts."""
        return ReceiptReader(self.settings, self.secrets, self.alice.ids)

    def claimer(self, till: Till | None = None) -> ReceiptClaimer:
        """Return what claims receipts, through this till or the counter's."""
        alice = self.alice
        return ReceiptClaimer(
            database=alice.database,
            till=till or alice.till,
            clock=alice.clock,
            settings=self.settings,
            reader=self.reader,
        )

    def act(self) -> Act:
        """Act as the shop's software does."""
        subject = Subject(kind=SubjectKind.API_KEY, id="key", vendor_id=self.alice.vendor_id)
        return Act(subject=subject, now=self.alice.clock.now(), ids=self.alice.ids)

    def key(self, program: ProgramId, location: LocationId | None = None) -> TillKey:
        """Make a key for the tills of a place."""
        with self.alice.database.write() as session:
            secret, row = receipt_keys.create_key(
                session,
                self.act(),
                self.alice.vendor_id,
                self.secrets,
                program_id=program,
                location_id=location,
                name="Till 1",
                limit=self.settings.receipt_keys_per_vendor,
            )
            return TillKey(row.id, row.code, secret)

    def revoke(self, key: TillKey) -> None:
        """Revoke a key."""
        with self.alice.database.write() as session:
            receipt_keys.revoke_key(session, self.act(), self.alice.vendor_id, key.id)

    def signed(
        self, key: TillKey, reference: str = "R-1", minor: int = 1250, at: datetime | None = None
    ) -> str:
        """Print a receipt as a till without a line does."""
        return receipt_text(
            key.code,
            key.secret,
            amount_minor=minor,
            reference=reference,
            occurred_at=at or self.alice.clock.now(),
        )

    def made(self, reference: str = "R-1", **fields: Any) -> ReceiptClaim:
        """Make a receipt over the API."""
        new = NewClaim(**{"reference": reference, "amount_minor": 1250, **fields})
        with self.alice.database.write() as session:
            return claim_service.create_claim(
                session, self.act(), self.alice.vendor_id, new, self.settings
            )

    def withdraw(self, claim: ReceiptClaim) -> ReceiptClaim:
        """Withdraw a receipt."""
        with self.alice.database.write() as session:
            return claim_service.withdraw_claim(session, self.act(), self.alice.vendor_id, claim.id)

    def read(self, text: str) -> Presented:
        """Look at a receipt."""
        with self.alice.database.read() as session:
            return self.reader.read(session, text, now=self.alice.clock.now())

    def take(self, text: str, card: CardId) -> Receipt:
        """Put a receipt on a card."""
        return self.claimer().take(text, card)

    def tried(self, text: str, card: CardId) -> str:
        """Try to put a receipt on a card; returns what came of it: "taken", or the refusal."""
        try:
            self.take(text, card)
        except DomainError as refusal:
            return refusal.code
        return "taken"

    def row(self, reference: str = "R-1") -> ReceiptClaim:
        """Read the newest receipt with this number."""
        query = select(ReceiptClaim).where(ReceiptClaim.reference == reference)
        with self.alice.database.read() as session:
            return session.scalars(query.order_by(ReceiptClaim.id.desc()).limit(1)).one()

    def now(self, claim_id: ReceiptClaimId) -> ReceiptClaim:
        """Read a receipt."""
        with self.alice.database.read() as session:
            return session.get_one(ReceiptClaim, claim_id)
