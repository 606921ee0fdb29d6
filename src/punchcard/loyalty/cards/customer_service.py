"""What a customer may ask about themselves: to see everything held about them, and to be forgotten.

Forgetting empties the customer's row, takes it off all of the vendor's cards, which go on as
anonymous ones, and removes where their entries came from. The ledger is left as it is: nothing in
its hashed part is about a person. A note can't be changed either, so it is not a place for personal
data; `docs/ledger.md` says so.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, delete, or_, select
from sqlalchemy.orm import Session

from punchcard.accounts.audit_service import Act, record_act
from punchcard.accounts.models import Customer, Vendor
from punchcard.accounts.rows import set_fields
from punchcard.kit.clock import to_rfc3339
from punchcard.kit.ids import CardId, CustomerId, as_card_token
from punchcard.kit.secrets import hash_token
from punchcard.kit.security.request_domain import is_elsewhere
from punchcard.loyalty.cards.contacts import contact_changes
from punchcard.loyalty.cards.contacts.models import ContactChange
from punchcard.loyalty.cards.former_contacts import FormerContacts
from punchcard.loyalty.cards.merges.merged_cards import leads_to, parts_of
from punchcard.loyalty.errors.cards import CardNotFound
from punchcard.loyalty.events import announce_cards_changed
from punchcard.loyalty.models import (
    LoyaltyCard,
    LoyaltyProgram,
    LoyaltyTransaction,
    TransactionOrigin,
)
from punchcard.loyalty.referral_models import Referral
from punchcard.loyalty.vendor_events import Happened, tell
from punchcard.loyalty.vocabulary import CardStatus, EntryType, VendorEventType

EMPTY: Mapping[str, Any] = {
    **dict.fromkeys(
        ("name", "name_folded", "email", "email_verified_at", "phone", "birthday", "locale")
    ),
    "birthday_set_at": None,
    "marketing_consent": False,
    "marketing_consent_at": None,
    "terms_accepted_at": None,
    "is_verified": False,
}


def export_customer(session: Session, token: str, *, now: datetime) -> dict[str, Any]:
    """Return everything that is held about the holder of a card, as a document for them.

    An anonymous card stands for itself; a customer's comes with all of theirs at this vendor.
    Raises CardNotFound.
    """
    card = card_of(session, token)
    customer = session.get(Customer, card.customer_id) if card.customer_id else None
    return {
        "exported_at": to_rfc3339(now),
        "vendor": {"name": session.get_one(Vendor, card.vendor_id).name},
        "customer": _customer_document(customer) if customer else None,
        "cards": [
            _card_document(session, *row) for row in session.execute(_cards_beside(session, card))
        ],
        "contact_changes": _contact_documents(session, card),
    }


def erase_customer(session: Session, act: Act, token: str, former: FormerContacts) -> None:
    """Forget the holder of a card at once, as a manager may. Raises CardNotFound."""
    card = card_of(session, token)
    erase_holder(session, act, former, card_id=card.id, customer_id=card.customer_id)


def erase_holder(
    session: Session,
    act: Act,
    former: FormerContacts,
    *,
    card_id: CardId,
    customer_id: CustomerId | None,
    proved: Mapping[str, Any] | None = None,
) -> None:
    """Forget a customer, if they are not forgotten yet; their cards go on as anonymous ones.

    Without a customer, of the card that is anonymous, only the origins of its entries are
    forgotten; of one that was given to somebody since, nothing. `proved` says in the audit trail
    how it was shown who asks.
    """
    cards = _lock_cards(session, card_id, customer_id)
    # Who holds a card is who held those that are part of it since they were merged.
    holders = {card.customer_id for card in cards} - {customer_id, None}
    for card in cards:
        card.customer_id = card.locale = None
        card.updated_at = act.now
    session.flush()
    if customer_id is not None:
        _empty(session, act, former, customer_id, cards=cards, proved=proved or {})
    for holder in sorted(one for one in holders if one and not _has_cards(session, one)):
        _empty(session, act, former, holder, cards=[], proved=proved or {})
    _forget_origins(session, [card.id for card in cards])
    contact_changes.forget(session, cards, customer_id)
    announce_cards_changed(session, [card.id for card in cards], act.now)
    _tell_of_erasure(session, act, cards)


def _tell_of_erasure(session: Session, act: Act, cards: Sequence[LoyaltyCard]) -> None:
    """Let the shop's own software forget the holder of these cards, too."""
    for card in cards:
        data = {"card_id": card.id, "program_id": card.program_id}
        tell(session, act, card.vendor_id, Happened(VendorEventType.CARD_ERASED, data))


def choose_news(session: Session, act: Act, token: str, *, wants_news: bool) -> None:
    """Keep whether the holder of a card wants news; an anonymous card has nobody to ask.

    Consent is the person's: it counts for all of their cards at this vendor. Raises CardNotFound.
    """
    card = card_of(session, token)
    if card.customer_id is None:
        return
    customer = session.get_one(Customer, card.customer_id, with_for_update=True)
    if customer.marketing_consent == wants_news:
        return
    customer.marketing_consent = wants_news
    customer.marketing_consent_at = act.now if wants_news else None
    customer.updated_at = act.now
    of, new = ("customer", customer.id), {"marketing_consent": wants_news}
    record_act(session, act, "customer.news_chosen", of=of, vendor_id=customer.vendor_id, new=new)


def card_of(session: Session, token: str, *, lock: bool = False) -> LoyaltyCard:
    """Return the card that a secret token opens, locked if so wanted. Raises CardNotFound.

    That of a merged card opens the card which that became.
    """
    if as_card_token(token) != token:
        raise CardNotFound
    query = select(LoyaltyCard).where(LoyaltyCard.token_hash == hash_token(token))
    card = session.scalar(_held(query) if lock else query)
    if card is None or is_elsewhere(card.vendor_id):
        raise CardNotFound
    if card.status != CardStatus.REPLACED:
        return card
    leads = leads_to(session, [card.id]).get(card.id, card.id)
    query = select(LoyaltyCard).where(LoyaltyCard.id == leads)
    return session.scalars(_held(query) if lock else query).one()


def _held(query: Select[LoyaltyCard]) -> Select[LoyaltyCard]:
    """Return a query that locks what it finds, and reads it as it is then."""
    return query.with_for_update().execution_options(populate_existing=True)


def _lock_cards(
    session: Session, card_id: CardId, customer_id: CustomerId | None
) -> list[LoyaltyCard]:
    """Return the customer's cards, or the anonymous one, all held."""
    mine = LoyaltyCard.customer_id == customer_id
    if customer_id is None:
        mine = and_(LoyaltyCard.id == card_id, LoyaltyCard.customer_id.is_(None))
    own = session.scalars(select(LoyaltyCard.id).where(mine)).all()
    all_of_them = or_(mine, LoyaltyCard.id.in_(parts_of(session, own)))
    held = select(LoyaltyCard).where(all_of_them).order_by(LoyaltyCard.id).with_for_update()
    return list(session.scalars(held.execution_options(populate_existing=True)))


def _has_cards(session: Session, customer_id: CustomerId) -> bool:
    query = select(LoyaltyCard.id).where(LoyaltyCard.customer_id == customer_id).limit(1)
    return session.scalar(query) is not None


def _empty(
    session: Session,
    act: Act,
    former: FormerContacts,
    customer_id: CustomerId,
    *,
    cards: Sequence[LoyaltyCard],
    proved: Mapping[str, Any],
) -> None:
    customer = session.get_one(Customer, customer_id, with_for_update=True)
    if customer.erased_at is not None:
        return
    former.note(session, customer, act.now)
    set_fields(customer, EMPTY)
    customer.erased_at = customer.updated_at = act.now
    of = ("customer", customer.id)
    new = {"cards": [card.id for card in cards], **proved}
    record_act(session, act, "customer.erased", of=of, vendor_id=customer.vendor_id, new=new)


def _forget_origins(session: Session, card_ids: Sequence[CardId]) -> None:
    entries = select(LoyaltyTransaction.id).where(LoyaltyTransaction.card_id.in_(card_ids))
    session.execute(
        delete(TransactionOrigin)
        .where(TransactionOrigin.transaction_id.in_(entries))
        .execution_options(synchronize_session=False)
    )


def _customer_document(customer: Customer) -> dict[str, Any]:
    return {
        "name": customer.name,
        "email": customer.email,
        "phone": customer.phone,
        "birthday": customer.birthday,
        "locale": customer.locale,
        "is_verified": customer.is_verified,
        "email_verified_at": _moment(customer.email_verified_at),
        "marketing_consent": customer.marketing_consent,
        "marketing_consent_at": _moment(customer.marketing_consent_at),
        "accepts_news": customer.accepts_news,
        "terms_accepted_at": _moment(customer.terms_accepted_at),
        "known_since": _moment(customer.created_at),
    }


def _cards_beside(session: Session, card: LoyaltyCard) -> Select[LoyaltyCard, str, Any]:
    """Return the query of the card and, for a customer's, of their others, with the program.

    Those that are part of one since they were merged are among them.
    """
    same = LoyaltyCard.customer_id == card.customer_id
    own = same if card.customer_id is not None else LoyaltyCard.id == card.id
    held = session.scalars(select(LoyaltyCard.id).where(own)).all()
    mine = or_(own, LoyaltyCard.id.in_(parts_of(session, held)))
    return (
        select(LoyaltyCard, LoyaltyProgram.name, LoyaltyProgram.tiers)
        .join(LoyaltyProgram, LoyaltyProgram.id == LoyaltyCard.program_id)
        .where(mine)
        .order_by(LoyaltyCard.id)
    )


def _card_document(
    session: Session, card: LoyaltyCard, program: str, tiers: Sequence[Mapping[str, Any]] | None
) -> dict[str, Any]:
    names = {tier["key"]: tier["name"] for tier in tiers or ()}
    entries = (
        select(LoyaltyTransaction, TransactionOrigin)
        .outerjoin(TransactionOrigin, TransactionOrigin.transaction_id == LoyaltyTransaction.id)
        .where(LoyaltyTransaction.card_id == card.id)
        .order_by(LoyaltyTransaction.sequence)
    )
    return {
        "number": card.number,
        "program": program,
        "status": card.status,
        "locale": card.locale,
        "stamps": card.stamps,
        "points": card.points,
        "enrolled_at": _moment(card.enrolled_at),
        "last_activity_at": _moment(card.last_activity_at),
        "transactions": [_entry_document(*row, names) for row in session.execute(entries)],
        "referrals": _referral_documents(session, card),
    }


def _contact_documents(session: Session, card: LoyaltyCard) -> list[dict[str, Any]]:
    """Return the changes of the holder's contact of which something is still kept."""
    mine = ContactChange.card_id == card.id
    if card.customer_id is not None:
        mine = ContactChange.customer_id == card.customer_id
    query = select(ContactChange).where(mine).order_by(ContactChange.id)
    return [
        {
            "new_email": one.new_email,
            "old_email": one.old_email,
            "old_phone": one.old_phone,
            "asked_by": one.asked_by,
            "asked_at": _moment(one.asked_at),
            "made_at": _moment(one.made_at),
            "ended_at": _moment(one.ended_at),
        }
        for one in session.scalars(query)
    ]


def _referral_documents(session: Session, card: LoyaltyCard) -> list[dict[str, Any]]:
    """Return whom a card brought and by whom it came, without what is about the others."""
    query = (
        select(Referral)
        .where(or_(Referral.friend_card_id == card.id, Referral.referrer_card_id == card.id))
        .order_by(Referral.id)
    )
    return [
        {
            "role": "friend" if one.friend_card_id == card.id else "referrer",
            "state": one.state,
            "reason": one.reason,
            "joined_at": _moment(one.created_at),
            "paid_at": _moment(one.paid_at),
            "reversed_at": _moment(one.reversed_at),
        }
        for one in session.scalars(query)
    ]


def _tier_document(entry: LoyaltyTransaction, tiers: Mapping[str, str]) -> dict[str, Any] | None:
    """Return the tier that an entry brings the card to, by its key and its name of today."""
    if entry.type != EntryType.TIER_CHANGED:
        return None
    key = (entry.details or {}).get("to")
    return {"key": key, "name": tiers.get(key, key)} if key else None


def _entry_document(
    entry: LoyaltyTransaction, origin: TransactionOrigin | None, tiers: Mapping[str, str]
) -> dict[str, Any]:
    return {
        "type": entry.type,
        "stamps_delta": entry.stamps_delta,
        "points_delta": entry.points_delta,
        "stamps_after": entry.stamps_after,
        "points_after": entry.points_after,
        "amount_minor": entry.amount_minor,
        "currency": entry.currency,
        "reference": entry.reference,
        "reward": entry.reward,
        "tier": _tier_document(entry, tiers),
        "note": entry.note,
        "occurred_at": _moment(entry.occurred_at),
        "recorded_at": _moment(entry.created_at),
        "origin": _origin_document(origin) if origin else None,
    }


def _origin_document(origin: TransactionOrigin) -> dict[str, Any]:
    return {"address": origin.address, "user_agent": origin.user_agent}


def _moment(at: datetime | None) -> str | None:
    return to_rfc3339(at) if at is not None else None
