"""Who is no new friend: somebody the shop knew, or whoever shared the link themselves."""

from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from punchcard.accounts.models import Customer
from punchcard.kit.ids import CardId
from punchcard.loyalty.cards.former_contacts import FormerContacts
from punchcard.loyalty.cards.merges.merged_cards import together
from punchcard.loyalty.models import LoyaltyCard
from punchcard.loyalty.referral_models import Referral
from punchcard.loyalty.vocabulary import ReferralReason


def obstacle_of(
    session: Session, referral: Referral, former: FormerContacts, now: datetime
) -> ReferralReason | None:
    """Return why the friend of a referral is none, None for a new one.

    Of an anonymous card nobody knows better. What was forgotten lately counts as known.
    """
    friend = _customer_of(session, referral.friend_card_id)
    if friend is None:
        return None
    referrer = _customer_of(session, referral.referrer_card_id)
    if referrer is not None and (referrer.id == friend.id or _share_contact(referrer, friend)):
        return ReferralReason.OWN_CARD
    if _was_known(session, friend, before=referral.created_at):
        return ReferralReason.KNOWN_CONTACT
    contacts = (friend.email, friend.phone)
    if former.knows(session, friend.vendor_id, contacts, now):
        return ReferralReason.KNOWN_CONTACT
    return None


def obstacle_by_merge(session: Session, referral: Referral) -> ReferralReason | None:
    """Return why the friend of a referral is none since cards were merged, None if they are.

    Who had a card of the program before, or is one with whoever shared the link, is no new friend.
    """
    friend, referrer = referral.friend_card_id, referral.referrer_card_id
    cards = together(session, [friend, referrer])
    if referrer in cards[friend]:
        return ReferralReason.OWN_CARD
    # Ids are in the order in which cards were opened.
    return ReferralReason.KNOWN_CONTACT if min(cards[friend]) < friend else None


def _customer_of(session: Session, card_id: CardId) -> Customer | None:
    query = select(Customer).join(LoyaltyCard, LoyaltyCard.customer_id == Customer.id)
    return session.scalar(query.where(LoyaltyCard.id == card_id))


def _share_contact(one: Customer, other: Customer) -> bool:
    pairs = ((one.email, other.email), (one.phone, other.phone))
    return any(mine is not None and mine == theirs for mine, theirs in pairs)


def _was_known(session: Session, friend: Customer, *, before: datetime) -> bool:
    """Return whether the shop knew the friend's contact before: theirs, or of another row."""
    if friend.created_at < before:
        return True
    given = ((Customer.email, friend.email), (Customer.phone, friend.phone))
    same = [
        and_(Customer.vendor_id == friend.vendor_id, column == value)
        for column, value in given
        if value is not None
    ]
    if not same:
        return False
    # Of two that come at the same moment the one with the lower id was first.
    query = select(Customer.id).where(or_(*same), Customer.id < friend.id)
    return session.scalar(query.limit(1)) is not None
