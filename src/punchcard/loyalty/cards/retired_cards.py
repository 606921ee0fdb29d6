"""Codes that replaced cards no longer answer to."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from punchcard.accounts.models import Vendor
from punchcard.kit.ids import as_card_token
from punchcard.kit.secrets import hash_token
from punchcard.loyalty.models import LoyaltyCard, RetiredCardCode


def shop_of_retired_token(session: Session, token: str) -> str | None:
    """Return the name of the shop whose card this token opened until it was replaced, or None.

    Nothing else is told: anyone who holds an old code may have found it.
    """
    if as_card_token(token) != token:
        return None
    return session.scalar(
        select(Vendor.name)
        .join(LoyaltyCard, LoyaltyCard.vendor_id == Vendor.id)
        .join(RetiredCardCode, RetiredCardCode.card_id == LoyaltyCard.id)
        .where(RetiredCardCode.token_hash == hash_token(token))
    )
