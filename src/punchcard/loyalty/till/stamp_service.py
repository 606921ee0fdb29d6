"""Stamps, as a till asks for them: each verb makes the operation that the till then does."""

from typing import Unpack

from punchcard.loyalty.operations import AddStamp, RedeemStamps
from punchcard.loyalty.till.requests import Occasion, card_ref


def add_stamp(card: str, *, quantity: int = 1, **occasion: Unpack[Occasion]) -> AddStamp:
    """Put `quantity` stamps on a card named by id, number or token.

    The till refuses with StampTooSoon or DailyStampLimitReached. Raises CardNotFound.
    """
    return AddStamp(card=card_ref(card), quantity=quantity, **occasion)


def redeem_stamps(card: str, **occasion: Unpack[Occasion]) -> RedeemStamps:
    """Exchange a full stamp card for its reward; the till refuses with NotEnoughStamps.

    Raises CardNotFound.
    """
    return RedeemStamps(card=card_ref(card), **occasion)
