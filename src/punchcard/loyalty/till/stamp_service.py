"""Stamps, as a till asks for them: each verb makes the operation that the till then does."""

from typing import Unpack

from punchcard.loyalty.operations import AddStamp, RedeemStamps
from punchcard.loyalty.till.requests import OperationMetadata, card_ref


def add_stamp(card: str, *, quantity: int = 1, **metadata: Unpack[OperationMetadata]) -> AddStamp:
    """Put `quantity` stamps on a card named by id, number or token.

    The till refuses with StampTooSoon or DailyStampLimitReached. Raises CardNotFound.
    """
    return AddStamp(card=card_ref(card), quantity=quantity, **metadata)


def redeem_stamps(card: str, **metadata: Unpack[OperationMetadata]) -> RedeemStamps:
    """Exchange a full stamp card for its reward; the till refuses with NotEnoughStamps.

    Raises CardNotFound.
    """
    return RedeemStamps(card=card_ref(card), **metadata)
