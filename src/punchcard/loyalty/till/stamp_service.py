"""Stamps: each function does one operation through the till and waits until it is durable."""

from typing import Unpack

from punchcard.loyalty.operations import AddStamp, OperationMetadata, RedeemStamps
from punchcard.loyalty.till.receipt import Receipt
from punchcard.loyalty.till.requests import card_ref
from punchcard.loyalty.till.till import Till


def add_stamp(
    till: Till, card: str, *, quantity: int = 1, **metadata: Unpack[OperationMetadata]
) -> Receipt:
    """Put `quantity` stamps (1 to 50) on a card named by id, number or token.

    Raises CardNotFound, StampTooSoon, DailyStampLimitReached, what any operation may be refused
    with, and TillBusy.
    """
    return till.submit(AddStamp(card=card_ref(card), quantity=quantity, **metadata))


def redeem_stamps(till: Till, card: str, **metadata: Unpack[OperationMetadata]) -> Receipt:
    """Exchange a full stamp card for its reward. Raises CardNotFound, NotEnoughStamps, TillBusy."""
    return till.submit(RedeemStamps(card=card_ref(card), **metadata))
