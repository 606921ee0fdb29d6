"""Puts receipts on cards: each once, whoever asks how often, and whatever ends it in the middle.

First the receipt is set to `taking` with its card, under the lock of both; then the till books it
under a key of the receipt's own; then it is noted what came of that. What ends between the two
is done again under the same key, by who shows the receipt next or by the worker: the till
answers as it did.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from punchcard.connect.claims.bookings import Booking, booking_of, key_of, operation_of
from punchcard.connect.claims.claim_service import expire_reference
from punchcard.connect.claims.errors import (
    ReceiptOfOtherProgram,
    ReceiptUsed,
    TooManyReceiptsToday,
)
from punchcard.connect.claims.models import ReceiptClaim, ReceiptKey
from punchcard.connect.claims.presented import Presented, ReceiptReader, open_place
from punchcard.connect.claims.vocabulary import ON_CARD, ClaimSource, ClaimState
from punchcard.db import outbox
from punchcard.db.database import Database
from punchcard.db.unique import refusing_duplicates
from punchcard.kit.clock import Clock
from punchcard.kit.errors import DomainError, Kind
from punchcard.kit.ids import CardId, EntryId, ReceiptClaimId
from punchcard.kit.settings import Settings
from punchcard.loyalty.cards.merges.merged_cards import parts_of
from punchcard.loyalty.errors.cards import CardBlocked, CardNotFound, CardWasReplaced
from punchcard.loyalty.errors.till import IdempotencyKeyReused, ReferenceAlreadyUsed
from punchcard.loyalty.models import LoyaltyCard
from punchcard.loyalty.programs.rules_loader import load_rules
from punchcard.loyalty.rules.values import ProgramRules
from punchcard.loyalty.tables import ENTRIES
from punchcard.loyalty.till.receipt import Receipt
from punchcard.loyalty.till.till import Till
from punchcard.loyalty.vocabulary import CardStatus

ORDER_CLAIMED: Final = "receipts.order_claimed"
"""A receipt, the key, that an order of a web shop left is on a card: the order is to follow it."""

# Each time somebody else was quicker: with the receipt's number, or with another card.
_ATTEMPTS: Final = 4
_REFUSED_CARDS: Final[dict[CardStatus, type[DomainError]]] = {
    CardStatus.BLOCKED: CardBlocked,
    CardStatus.REPLACED: CardWasReplaced,
}


class _SomebodyWasQuicker(Exception):
    """The same receipt was kept by somebody else a moment ago."""


class ReceiptClaimer:
    """Where receipts are put on cards."""

    def __init__(
        self,
        *,
        database: Database,
        till: Till,
        clock: Clock,
        settings: Settings,
        reader: ReceiptReader,
    ) -> None:
        self._database = database
        self._till = till
        self._clock = clock
        self._a_day = settings.claims_per_card_day
        self._reader = reader

    def take(self, text: str, card_id: CardId) -> Receipt:
        """Put the receipt that `text` names on a card and return what the till answered.

        The same receipt on the same card again is answered as it was. Raises what reading it does,
        why it can't be put on a card now, CardNotFound, CardBlocked, CardWasReplaced,
        ReceiptOfOtherProgram, TooManyReceiptsToday, what the program's rules refuse, and TillBusy:
        then it is done a little later, or by who asks again.
        """
        for _ in range(_ATTEMPTS):
            try:
                booking = self._begun(text, card_id)
            except _SomebodyWasQuicker:
                continue
            is_own = booking.card_id == card_id
            try:
                receipt = self.book(booking)
            except ReferenceAlreadyUsed:
                raise ReceiptUsed from None
            except DomainError as refusal:
                if is_own or refusal.kind is Kind.BUSY:
                    raise
                # It did not get onto the card that it was on its way to: it may go on this one.
                continue
            if is_own:
                return receipt
        raise ReceiptUsed

    def book(self, booking: Booking) -> Receipt:
        """Let the till book a receipt that was begun, and note what came of it.

        Raises what the till refuses: the receipt is then open again; and TillBusy, with nothing
        noted.
        """
        try:
            receipt = self._till.submit(operation_of(booking))
        except IdempotencyKeyReused:
            if not self._find_booked(booking):
                self._open_again(booking)
            raise ReceiptUsed from None
        except DomainError as refusal:
            if refusal.kind is not Kind.BUSY:
                self._open_again(booking)
            raise
        self._note_claimed(booking.claim_id, booking.card_id, EntryId(receipt.entry["id"]))
        return receipt

    def begun_before(self, before: datetime, *, limit: int) -> list[Booking]:
        """Return receipts that are on their way onto cards since then or longer, oldest first."""
        with self._database.read() as session:
            rows = session.scalars(
                select(ReceiptClaim)
                .where(ReceiptClaim.state == ClaimState.TAKING, ReceiptClaim.claimed_at <= before)
                .order_by(ReceiptClaim.id)
                .limit(limit)
            ).all()
            rules = load_rules(session, {row.program_id for row in rows})
            return [_booking(session, row, rules[row.program_id][1]) for row in rows]

    def _begun(self, text: str, card_id: CardId) -> Booking:
        """Set the receipt on its way onto the card, unless it is on its way already."""
        now = self._clock.now()
        with self._database.write() as session:
            presented = self._reader.read(session, text, now=now, lock=True)
            claim = presented.claim
            _, rules = load_rules(session, [claim.program_id])[claim.program_id]
            if presented.is_kept and claim.state in ON_CARD:
                if claim.state is ClaimState.CLAIMED and claim.card_id != card_id:
                    raise ReceiptUsed
                return _booking(session, claim, rules)
            if presented.refusal is not None:
                raise presented.refusal
            self._check_card(session, presented, rules, card_id, now)
            if not presented.is_kept:
                _keep(session, claim, now)
            claim.state, claim.card_id, claim.claimed_at = ClaimState.TAKING, card_id, now
            session.flush()
            return _booking(session, claim, rules)

    def _check_card(
        self,
        session: Session,
        presented: Presented,
        rules: ProgramRules,
        card_id: CardId,
        now: datetime,
    ) -> None:
        # Held, so that two receipts on one card at once are counted one after the other.
        card = session.scalar(
            select(LoyaltyCard).where(LoyaltyCard.id == card_id).with_for_update(key_share=True)
        )
        if card is None:
            raise CardNotFound
        if card.program_id != presented.program.id:
            raise ReceiptOfOtherProgram
        if refusal := _REFUSED_CARDS.get(card.status):
            raise refusal
        # With those of cards that are part of it: as if it had been one card all along.
        cards = [card_id, *parts_of(session, [card_id])]
        taken = session.scalar(
            select(func.count())
            .select_from(ReceiptClaim)
            .where(
                ReceiptClaim.card_id.in_(cards),
                ReceiptClaim.state.in_(ON_CARD),
                ReceiptClaim.claimed_at >= rules.start_of_day(now),
            )
        )
        if (taken or 0) >= self._a_day:
            opens = rules.start_of_next_day(now).astimezone(rules.zone)
            raise TooManyReceiptsToday(next_receipt_at=opens, limit=self._a_day)

    def _note_claimed(self, claim_id: ReceiptClaimId, card_id: CardId, entry_id: EntryId) -> None:
        with self._database.write() as session:
            claim = session.get_one(ReceiptClaim, claim_id, with_for_update=True)
            if claim.state is ClaimState.CLAIMED:
                return
            claim.state, claim.card_id, claim.transaction_id = (
                ClaimState.CLAIMED,
                card_id,
                entry_id,
            )
            claim.claimed_at = claim.claimed_at or self._clock.now()
            if claim.source is ClaimSource.ORDER:
                outbox.enqueue(session, ORDER_CLAIMED, claim_id, self._clock.now())

    def _open_again(self, booking: Booking) -> None:
        with self._database.write() as session:
            claim = session.get_one(ReceiptClaim, booking.claim_id, with_for_update=True)
            if claim.state is ClaimState.TAKING and claim.card_id == booking.card_id:
                claim.state, claim.card_id, claim.claimed_at = ClaimState.OPEN, None, None

    def _find_booked(self, booking: Booking) -> bool:
        """Note the entry that holds the receipt's key, if one does; returns whether."""
        query = select(ENTRIES.c.id, ENTRIES.c.card_id).where(
            ENTRIES.c.vendor_id == booking.vendor_id,
            ENTRIES.c.idempotency_key == key_of(booking.claim_id),
        )
        with self._database.read_connection() as connection:
            row = connection.execute(query).one_or_none()
        if row is not None:
            self._note_claimed(booking.claim_id, row.card_id, row.id)
        return row is not None


def _booking(session: Session, claim: ReceiptClaim, rules: ProgramRules) -> Booking:
    assert claim.card_id is not None
    return booking_of(claim, rules, claim.card_id, open_place(session, claim.location_id))


def _keep(session: Session, claim: ReceiptClaim, now: datetime) -> None:
    """Keep a signed receipt, and note that its key was used. Raises _SomebodyWasQuicker."""
    expire_reference(session, claim.program_id, claim.reference, now)
    with refusing_duplicates(session, _SomebodyWasQuicker):
        session.add(claim)
        session.flush()
    if claim.key_id is not None:
        session.get_one(ReceiptKey, claim.key_id).last_used_at = now
