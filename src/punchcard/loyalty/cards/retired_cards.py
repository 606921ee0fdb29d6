"""Codes that replaced cards no longer answer to."""

from collections.abc import Collection

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from punchcard.accounts.models import Vendor
from punchcard.kit.ids import CardId, VendorId, as_card_token
from punchcard.kit.secrets import hash_token
from punchcard.kit.security.request_domain import is_elsewhere
from punchcard.loyalty.models import LoyaltyCard, RetiredCardCode
from punchcard.loyalty.operations import CardKey, CardRef


def shop_of_retired_token(session: Session, token: str) -> str | None:
    """Return the name of the shop whose card this token opened until it was replaced, or None.

    Nothing else is told: anyone who holds an old code may have found it.
    """
    if as_card_token(token) != token:
        return None
    row = session.execute(
        select(Vendor.id, Vendor.name)
        .join(LoyaltyCard, LoyaltyCard.vendor_id == Vendor.id)
        .join(RetiredCardCode, RetiredCardCode.card_id == LoyaltyCard.id)
        .where(RetiredCardCode.token_hash == hash_token(token))
    ).one_or_none()
    return None if row is None or is_elsewhere(row.id) else row.name


def card_of_retired_code(
    session: Session | Connection, vendor_id: VendorId, ref: CardRef
) -> CardId | None:
    """Return the id of the vendor's card that `ref` named until the card was replaced, or None."""
    if ref.key == CardKey.NUMBER:
        condition = RetiredCardCode.number == ref.value
    elif ref.key == CardKey.TOKEN:
        condition = RetiredCardCode.token_hash == hash_token(ref.value)
    else:
        return None
    # The code first, by its own key: most codes that name no card were never one.
    card_id = session.scalar(select(RetiredCardCode.card_id).where(condition))
    if card_id is None:
        return None
    own = select(LoyaltyCard.id).where(LoyaltyCard.id == card_id)
    return session.scalar(own.where(LoyaltyCard.vendor_id == vendor_id))


def former_numbers(session: Session, card_ids: Collection[CardId]) -> dict[CardId, list[str]]:
    """Return the numbers that each of these cards had before it was replaced, the latest first.

    Cards that never were have no line.
    """
    if not card_ids:
        return {}
    query = (
        select(RetiredCardCode.card_id, RetiredCardCode.number)
        .where(RetiredCardCode.card_id.in_(card_ids))
        .order_by(RetiredCardCode.replaced_at.desc(), RetiredCardCode.number)
    )
    found: dict[CardId, list[str]] = {}
    for card_id, number in session.execute(query):
        found.setdefault(card_id, []).append(number)
    return found
