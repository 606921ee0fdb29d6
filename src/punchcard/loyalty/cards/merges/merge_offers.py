"""Two cards that their holder wants to be one: both proven, then offered by a link of its own.

The holder shows who they are at one card and names the other, by its code or its link. The second
proof is a link mailed to the confirmed address of the other card; where both have one address, who
reads it has proven both. Nobody who asks learns whether a code is a card's, or whose.
"""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, delete, or_, select
from sqlalchemy.orm import Session

from punchcard.accounts.audit_service import Act, record_act
from punchcard.accounts.errors import LinkInvalid, TooManyRequests
from punchcard.accounts.links import LinkTokens
from punchcard.accounts.mail.mail_messages import Mail
from punchcard.accounts.mail.mail_queue import MailQueue
from punchcard.accounts.models import Customer, Vendor
from punchcard.accounts.vocabulary import VendorStatus
from punchcard.db import outbox
from punchcard.db.database import Database
from punchcard.kit.clock import Clock, to_rfc3339
from punchcard.kit.ids import CardId
from punchcard.kit.security.request_domain import is_elsewhere
from punchcard.kit.settings import Settings
from punchcard.loyalty.cards import card_service
from punchcard.loyalty.cards.links import BaseOf, merge_path
from punchcard.loyalty.cards.merges.models import MergeOffer
from punchcard.loyalty.errors.cards import CardCodeAmbiguous, CardWasReplaced, CodeExpired
from punchcard.loyalty.events import MERGE_OFFERED
from punchcard.loyalty.models import LoyaltyCard, LoyaltyProgram
from punchcard.loyalty.rotating_codes import RotatingCodes
from punchcard.loyalty.vocabulary import CardStatus

_NONE_FOUND = (CardCodeAmbiguous, CardWasReplaced, CodeExpired)


class MergeOffers:
    """Makes offers, mails them, and opens their links."""

    def __init__(
        self,
        *,
        database: Database,
        mail_queue: MailQueue,
        settings: Settings,
        clock: Clock,
        rotating_codes: RotatingCodes,
        base_of: BaseOf,
    ) -> None:
        self._life = timedelta(minutes=settings.person_proof_minutes)
        self._database = database
        self._mail_queue = mail_queue
        self._clock = clock
        self._rotating_codes = rotating_codes
        self._tickets = LinkTokens(settings.keys, "merge offer", clock)
        self._base_of = base_of

    def ask(self, session: Session, act: Act, card: LoyaltyCard, code: str) -> str | None:
        """Offer the holder of a card, who has shown who they are, to merge the one of `code` in.

        Returns the offer's ticket where both cards have one address, which was confirmed at the
        first. Else None: a link is on its way to the other card's confirmed address, if there is
        such a card, with such an address.
        """
        other = self._other(session, card, code)
        if other is None:
            return None
        offer = self.make(session, act, card_id=card.id, from_card_id=other.id)
        own, theirs = _holder(session, card), _holder(session, other)
        if _is_one_address(own, theirs):
            return self.ticket(session, offer)
        if theirs is not None and theirs.email_verified_at is not None:
            outbox.enqueue(session, MERGE_OFFERED, offer.id, act.now)
        return None

    def make(
        self, session: Session, act: Act, *, card_id: CardId, from_card_id: CardId
    ) -> MergeOffer:
        """Keep an offer; whoever is given its ticket has proven both cards."""
        card = session.get_one(LoyaltyCard, card_id)
        offer = MergeOffer(
            id=act.ids.new_id(),
            vendor_id=card.vendor_id,
            card_id=card_id,
            from_card_id=from_card_id,
            made_at=act.now,
            expires_at=act.now + self._life,
        )
        session.add(offer)
        session.flush()
        new = {"from_card_id": from_card_id}
        of = ("card", card_id)
        record_act(session, act, "card.merge_asked", of=of, vendor_id=card.vendor_id, new=new)
        return offer

    def ticket(self, session: Session, offer: MergeOffer) -> str:
        """Return the secret part of an offer's link; it ends when either card is replaced."""
        facts = {"offer": offer.id, "numbers": _numbers(session, offer)}
        return self._tickets.issue(facts, expires_at=offer.expires_at)

    def find(self, session: Session, ticket: str) -> MergeOffer:
        """Return the offer of a link. Raises LinkInvalid: it was used, or has ended."""
        facts = self._tickets.read(ticket)
        offer = session.get(MergeOffer, str(facts.get("offer")))
        if offer is None or offer.used_at is not None:
            raise LinkInvalid
        if _numbers(session, offer) != facts.get("numbers") or is_elsewhere(offer.vendor_id):
            raise LinkInvalid
        return offer

    def use(self, session: Session, ticket: str) -> None:
        """Note that the cards of an offer are merged: its link leads nowhere from then on."""
        with suppress(LinkInvalid):
            self.find(session, ticket).used_at = self._clock.now()

    def follow(self, offer_id: str) -> None:
        """Mail the link of an offer to the confirmed address of the card that is merged in."""
        with self._database.write() as session:
            offer = session.get(MergeOffer, offer_id)
            if offer is None or offer.used_at is not None or not self._mail_queue.is_configured:
                return
            other = session.get_one(LoyaltyCard, offer.from_card_id)
            holder = _holder(session, other)
            if holder is None or holder.email is None or holder.email_verified_at is None:
                return
            vendor = session.get_one(Vendor, offer.vendor_id)
            if vendor.status != VendorStatus.ACTIVE:
                return
            with suppress(TooManyRequests):
                self._mail_queue.count(session, "merge", holder.email)
                self._mail_queue.count(session, "merge_of", offer.card_id)
                mail = self._mail(session, offer, holder, vendor, holder.email)
                self._mail_queue.enqueue(
                    session, mail, expires_at=offer.expires_at, of_vendor=vendor.id
                )

    def _mail(
        self, session: Session, offer: MergeOffer, holder: Customer, vendor: Vendor, address: str
    ) -> Mail:
        program = session.get_one(LoyaltyCard, offer.card_id).program_id
        facts = {
            "shop": vendor.name,
            "timezone": vendor.timezone,
            "program": session.get_one(LoyaltyProgram, program).name,
            "expires_at": to_rfc3339(offer.expires_at),
            "link": self._base_of(vendor.id) + merge_path(self.ticket(session, offer)),
        }
        if holder.name:
            facts["name"] = holder.name
        language = holder.locale or vendor.language
        return Mail(kind="customer_merge", to=address, language=language, facts=facts)

    def _other(self, session: Session, card: LoyaltyCard, code: str) -> LoyaltyCard | None:
        """Return the card in use that a code names, of the same program, and not `card` itself."""
        codes, now = self._rotating_codes, self._clock.now()
        found: list[Any] = []
        with suppress(*_NONE_FOUND):
            if not card_service.is_contact(code, codes, now=now):
                found = card_service.lookup_cards(session, card.vendor_id, code, codes, now=now)
        for one in found:
            is_fitting = one.program_id == card.program_id and one.id != card.id
            if is_fitting and one.status == CardStatus.ACTIVE:
                return session.get_one(LoyaltyCard, one.id)
        return None


def end_offers(session: Session, card_ids: list[CardId]) -> None:
    """Delete the offers of these cards: who asked may not have been their holder."""
    of = or_(MergeOffer.card_id.in_(card_ids), MergeOffer.from_card_id.in_(card_ids))
    session.execute(delete(MergeOffer).where(of).execution_options(synchronize_session=False))


def expire_offers(session: Session, now: datetime) -> int:
    """Delete the offers that have ended; returns how many there were."""
    statement = delete(MergeOffer).where(MergeOffer.expires_at <= now)
    statement = statement.execution_options(synchronize_session=False)
    return cast("CursorResult[Any]", session.execute(statement)).rowcount


def _holder(session: Session, card: LoyaltyCard) -> Customer | None:
    return session.get(Customer, card.customer_id) if card.customer_id else None


def _is_one_address(own: Customer | None, theirs: Customer | None) -> bool:
    """Return whether two cards have one address, which its reader confirmed at the first.

    What an address gets when somebody joins with it holds the link of that card: its reader has
    that card as well, whether they confirmed it there or not.
    """
    if own is None or theirs is None or own.email is None:
        return False
    return own.email_verified_at is not None and own.email == theirs.email


def _numbers(session: Session, offer: MergeOffer) -> list[str]:
    wanted = [offer.card_id, offer.from_card_id]
    query = select(LoyaltyCard.number).where(LoyaltyCard.id.in_(wanted)).order_by(LoyaltyCard.id)
    return list(session.scalars(query))
