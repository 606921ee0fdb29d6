"""Pays for friends and takes it back, through the till, once whatever happens in between."""

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from punchcard.db import outbox
from punchcard.db.database import Database
from punchcard.engage.referral_book import judge, note_paid, note_reversed, take_place
from punchcard.kit.clock import Clock
from punchcard.kit.errors import DomainError, Kind
from punchcard.kit.ids import CardId, EntryId, GrantId, Ids, ReferralId
from punchcard.kit.validation.request_keys import REFERRAL
from punchcard.loyalty.cards.former_contacts import FormerContacts
from punchcard.loyalty.cards.merges.merged_cards import parts_of
from punchcard.loyalty.errors.cards import CardWasReplaced
from punchcard.loyalty.errors.merges import EntryBeforeMerge
from punchcard.loyalty.grant_codes import new_grant_code
from punchcard.loyalty.models import LoyaltyCard
from punchcard.loyalty.operations import (
    Actor,
    CardKey,
    CardRef,
    GiveBonus,
    GrantReward,
    Operation,
    OperationMetadata,
    RevokeGrant,
    VoidEntry,
)
from punchcard.loyalty.referral_models import Referral
from punchcard.loyalty.rules.promises.referral_form import SIDES
from punchcard.loyalty.till.till import Till
from punchcard.loyalty.turns import ONE_KEY, GoesOn, Monotonic, Turns
from punchcard.loyalty.vocabulary import ActorKind, EntryType, GrantReason, ReferralState

REFERRALS_DUE: Final = "referrals.due"
"""What was earned for friends has been held for its days. There is one key."""

_READ_AT_ONCE: Final = 50
_SYSTEM: Final = Actor(ActorKind.SYSTEM, None)


def enqueue_referrals(session: Session, now: datetime) -> int:
    """Leave word when a referral is due; returns whether one is."""
    if not _due(session, now):
        return 0
    outbox.enqueue(session, REFERRALS_DUE, ONE_KEY, now)
    return 1


class ReferralKeeper:
    """Follows friends' cards and pays for them when it is time."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        ids: Ids,
        till: Till,
        former: FormerContacts,
        *,
        monotonic: Monotonic = time.monotonic,
    ) -> None:
        self._database = database
        self._clock = clock
        self._ids = ids
        self._till = till
        self._former = former
        self._turns = Turns(database, clock, REFERRALS_DUE, monotonic)

    def take_turn(self) -> None:
        """Pay what has been held for its days, for a while; leave word if there is more."""
        self._turns.take(self._settle_due)

    def _settle_due(self, now: datetime, goes_on: GoesOn) -> bool:
        """Settle what is due, some at a time; returns whether nothing is left."""
        while True:
            with self._database.read() as session:
                due = _due(session, now)
            if not due:
                return True
            settled = [self.settle(one) for one in due]
            if not all(settled) or not goes_on():
                return False

    def follow(self, card_id: CardId) -> None:
        """Look at the referral by which a card came, or one that is part of it."""
        with self._database.read() as session:
            cards = [card_id, *parts_of(session, [card_id])]
            query = select(Referral.id).where(Referral.friend_card_id.in_(cards))
            referral_ids = session.scalars(query.order_by(Referral.id)).all()
        for referral_id in referral_ids:
            self.settle(referral_id)

    def settle(self, referral_id: ReferralId) -> bool:
        """Do what is to be done about a referral now; returns whether it is done."""
        now = self._clock.now()
        with self._database.write() as session:
            state = judge(session, referral_id, self._former, now)
        if state == ReferralState.HELD:
            return self._pay(referral_id, now)
        if state == ReferralState.REVERSED:
            return self._take_back(referral_id, now)
        return True

    def _pay(self, referral_id: ReferralId, now: datetime) -> bool:
        with self._database.write() as session:
            referral = take_place(session, referral_id, now)
            if referral is None:
                return True
            session.expunge(referral)
            cards = _cards_of(session, referral)
        given: dict[str, Any] = {}
        for side in SIDES:
            operation = self._payment(referral, side, cards[side])
            if operation is None:
                continue
            try:
                entry = self._till.submit(operation).entry
            except DomainError as refusal:
                if refusal.kind is Kind.BUSY or isinstance(refusal, CardWasReplaced):
                    # Busy, or its number was changed in between.
                    return False
                given["reason"] = refusal.code
                continue
            given[f"{side}_entry_id"] = EntryId(entry["id"])
            if grant_id := (entry["details"] or {}).get("grant_id"):
                given[f"{side}_grant_id"] = GrantId(grant_id)
        with self._database.write() as session:
            note_paid(session, referral_id, given, now)
        # Its visit may have been voided while it was paid.
        return self.settle(referral_id)

    def _take_back(self, referral_id: ReferralId, now: datetime) -> bool:
        with self._database.read() as session:
            referral = session.get_one(Referral, referral_id)
            session.expunge(referral)
            cards = _cards_of(session, referral)
        for side in SIDES:
            operation = _reversal(referral, side, cards[side])
            if operation is None:
                continue
            try:
                self._till.submit(operation)
            except (CardWasReplaced, EntryBeforeMerge):
                # It stays paid, or it could be earned again beside what could not be taken back.
                return True
            except DomainError as refusal:
                if refusal.kind is Kind.BUSY:
                    return False
                # Collected or withdrawn already: there is nothing to take back.
        with self._database.write() as session:
            note_reversed(session, referral_id, now)
        return True

    def _payment(self, referral: Referral, side: str, card: CardRef) -> Operation | None:
        gives: Mapping[str, Any] = referral.terms.get(side) or {}
        if not gives:
            return None
        metadata = _metadata(referral, f"{referral.attempt}:{side}")
        if reward_id := gives.get("reward_id"):
            return GrantReward(
                card=card,
                grant_id=GrantId(self._ids.new_id()),
                code=new_grant_code(),
                reward_id=reward_id,
                reason=GrantReason.REFERRAL,
                **metadata,
            )
        return GiveBonus(
            card=card,
            kind=EntryType.REFERRAL_BONUS,
            points=gives.get("points") or 0,
            stamps=gives.get("stamps") or 0,
            facts={"referral_id": referral.id, "side": side},
            **metadata,
        )


def _reversal(referral: Referral, side: str, card: CardRef) -> Operation | None:
    entry_id: EntryId | None = getattr(referral, f"{side}_entry_id")
    grant_id: GrantId | None = getattr(referral, f"{side}_grant_id")
    metadata = _metadata(referral, f"{referral.attempt}:{side}:back")
    if grant_id is not None:
        return RevokeGrant(card=card, grant_id=grant_id, **metadata)
    return VoidEntry(transaction_id=entry_id, **metadata) if entry_id is not None else None


def _cards_of(session: Session, referral: Referral) -> dict[str, CardRef]:
    """Name both cards by their numbers: that of a merged card leads to the one that it became."""
    cards = (referral.referrer_card_id, referral.friend_card_id)
    query = select(LoyaltyCard.id, LoyaltyCard.number).where(LoyaltyCard.id.in_(cards))
    numbers = {row.id: row.number for row in session.execute(query)}
    return {
        side: CardRef(CardKey.NUMBER, numbers[card])
        for side, card in zip(SIDES, cards, strict=True)
    }


def _metadata(referral: Referral, step: str) -> OperationMetadata:
    return {
        "vendor_id": referral.vendor_id,
        "actor": _SYSTEM,
        "idempotency_key": f"{REFERRAL}{referral.id}:{step}",
    }


def _due(session: Session, now: datetime) -> list[ReferralId]:
    query = select(Referral.id).where(Referral.state == ReferralState.HELD, Referral.due_at <= now)
    return list(session.scalars(query.order_by(Referral.due_at, Referral.id).limit(_READ_AT_ONCE)))
