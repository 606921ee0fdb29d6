"""Whether who holds a card's link is the card's holder, before data is given away or deleted.

The link is shown to tills, photographed and passed on. So a second proof is asked for: a link
mailed to the address that the holder has confirmed, or a code on the card's page that a manager
types who has the holder in front of them.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, cast

from sqlalchemy import CursorResult, delete, func, select
from sqlalchemy.orm import Session

from punchcard.accounts.audit_service import Act, record_act
from punchcard.accounts.errors import TooManyRequests
from punchcard.accounts.mail.mail_messages import Mail
from punchcard.accounts.mail.mail_queue import MailQueue
from punchcard.accounts.models import Customer, Vendor
from punchcard.accounts.subjects import Subject
from punchcard.accounts.vocabulary import SubjectKind
from punchcard.kit.clock import Clock, to_rfc3339
from punchcard.kit.ids import CardId, Ids, VendorId
from punchcard.kit.secrets import hash_token
from punchcard.kit.settings import Settings
from punchcard.loyalty.cards.card_changes import lock_card
from punchcard.loyalty.cards.customer_service import card_of
from punchcard.loyalty.cards.links import CardLinks, own_data_path
from punchcard.loyalty.cards.models import PersonProof
from punchcard.loyalty.errors.cards import ProofCodeInvalid, ProofOfPersonRequired
from punchcard.loyalty.models import LoyaltyCard
from punchcard.loyalty.vocabulary import ProofWay

CODE_DIGITS: Final = 8
_SECRET_BYTES: Final = 16
_SECRET_CHARACTERS: Final = 100
_OPEN_CODES: Final = 5
"""How many codes of one card may wait at once."""


@dataclass(frozen=True, kw_only=True)
class AskedProof:
    """What became of asking: a mail on its way, or a code to be typed and the secret it proves."""

    way: ProofWay
    expires_at: datetime
    code: str | None = None
    secret: str | None = None


class PersonProofs:
    """Asks for proofs of person, and looks at them."""

    def __init__(
        self,
        *,
        settings: Settings,
        clock: Clock,
        ids: Ids,
        mail_queue: MailQueue,
        card_links: CardLinks,
        draw_code: Callable[[], str] | None = None,
    ) -> None:
        self._life = timedelta(minutes=settings.person_proof_minutes)
        self._clock = clock
        self._ids = ids
        self._mail_queue = mail_queue
        self._links = card_links
        self._draw_code = draw_code or _drawn_code

    def ask(self, session: Session, token: str, language: str) -> AskedProof:
        """Ask the holder of a card to show who they are; a mail goes in `language`.

        Raises CardNotFound, and TooManyRequests for too many mails to an address, or too many codes
        that wait.
        """
        card = card_of(session, token, lock=True)
        customer = session.get(Customer, card.customer_id) if card.customer_id else None
        if (
            self._mail_queue.is_configured
            and customer is not None
            and customer.email is not None
            and customer.email_verified_at is not None
        ):
            return self._by_mail(session, card, token, customer, language)
        return self._by_code(session, card)

    def find(self, session: Session, token: str, secret: str) -> tuple[LoyaltyCard, PersonProof]:
        """Return a card and the proof of its holder, which may wait for the manager's word.

        Raises CardNotFound, and ProofOfPersonRequired for one that is wrong or has ended.
        """
        card = card_of(session, token)
        proof = None
        if 0 < len(secret) <= _SECRET_CHARACTERS and secret.isascii():
            wanted = select(PersonProof).where(PersonProof.secret_hash == hash_token(secret))
            proof = session.scalar(wanted)
        if proof is None or proof.card_id != card.id or proof.expires_at <= self._clock.now():
            raise ProofOfPersonRequired
        return card, proof

    def require(
        self, session: Session, token: str, secret: str | None, *, lock: bool = False
    ) -> tuple[LoyaltyCard, PersonProof]:
        """Return a card and the proof of its holder; lock the card for what changes anything.

        Who reads the old address ends all proofs with the card locked: one that was looked at
        before would do its work after that. Raises CardNotFound, ProofOfPersonRequired.
        """
        if lock:
            card_of(session, token, lock=True)
        card, proof = self.find(session, token, secret or "")
        if not is_confirmed(proof):
            raise ProofOfPersonRequired
        return card, proof

    def confirm(
        self, session: Session, act: Act, vendor_id: VendorId, card_id: CardId, code: str
    ) -> None:
        """Believe a code that a manager typed; the page that shows it may go on then.

        Raises CardNotFound, ProofCodeInvalid.
        """
        card = lock_card(session, vendor_id, card_id)
        digits = "".join(one for one in code if one.isdigit() and one.isascii())
        wanted = select(PersonProof).where(
            PersonProof.card_id == card.id,
            PersonProof.code == digits,
            PersonProof.confirmed_at.is_(None),
            PersonProof.expires_at > act.now,
        )
        proof = session.scalar(wanted.order_by(PersonProof.id.desc()).limit(1))
        if proof is None:
            raise ProofCodeInvalid
        proof.confirmed_at = act.now
        proof.confirmed_by_kind, proof.confirmed_by_id = act.subject.kind, act.subject.id
        of = ("card", card.id)
        record_act(session, act, "card.holder_confirmed", of=of, vendor_id=vendor_id)

    def _by_mail(
        self, session: Session, card: LoyaltyCard, token: str, customer: Customer, language: str
    ) -> AskedProof:
        assert customer.email is not None
        self._mail_queue.count(session, "proof", customer.email)
        secret, proof = self._new(session, card, ProofWay.MAIL, code=None)
        vendor = session.get_one(Vendor, card.vendor_id)
        facts = {
            "shop": vendor.name,
            "timezone": vendor.timezone,
            "expires_at": to_rfc3339(proof.expires_at),
            "link": self._links.base_of(vendor.id) + own_data_path(token, secret),
        }
        if customer.name:
            facts["name"] = customer.name
        mail = Mail(kind="customer_proof", to=customer.email, language=language, facts=facts)
        self._mail_queue.enqueue(session, mail, expires_at=proof.expires_at, of_vendor=vendor.id)
        return AskedProof(way=ProofWay.MAIL, expires_at=proof.expires_at)

    def _by_code(self, session: Session, card: LoyaltyCard) -> AskedProof:
        now = self._clock.now()
        waiting = session.scalar(
            select(func.count())
            .select_from(PersonProof)
            .where(PersonProof.card_id == card.id, PersonProof.expires_at > now)
        )
        if (waiting or 0) >= _OPEN_CODES:
            raise TooManyRequests(retry_after_seconds=int(self._life.total_seconds()))
        secret, proof = self._new(session, card, ProofWay.CODE, code=self._draw_code())
        return AskedProof(
            way=ProofWay.CODE, expires_at=proof.expires_at, code=proof.code, secret=secret
        )

    def _new(
        self, session: Session, card: LoyaltyCard, way: ProofWay, *, code: str | None
    ) -> tuple[str, PersonProof]:
        secret, now = self._ids.new_token(_SECRET_BYTES), self._clock.now()
        proof = PersonProof(
            id=self._ids.new_id(),
            vendor_id=card.vendor_id,
            card_id=card.id,
            way=way,
            secret_hash=hash_token(secret),
            code=code,
            created_at=now,
            expires_at=now + self._life,
        )
        session.add(proof)
        return secret, proof


def is_confirmed(proof: PersonProof) -> bool:
    """Return whether a proof stands: its secret came by mail, or a manager has typed its code."""
    return proof.way == ProofWay.MAIL or proof.confirmed_at is not None


def holder(card: LoyaltyCard) -> Subject:
    """Return the customer as who acts: known by their card where it has no name."""
    return Subject(kind=SubjectKind.CUSTOMER, id=card.customer_id or card.id)


def expire_proofs(session: Session, now: datetime) -> int:
    """Delete the proofs that have ended; returns how many there were."""
    statement = delete(PersonProof).where(PersonProof.expires_at <= now)
    statement = statement.execution_options(synchronize_session=False)
    return cast("CursorResult[Any]", session.execute(statement)).rowcount


def _drawn_code() -> str:
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
