"""Stamps: each function does one operation through the till and waits until it is durable."""

from typing import Unpack

from punchcard.loyalty.operations import (
    AddStamp,
    OperationMetadata,
    PurchaseItem,
    RecordVisit,
    RedeemStamps,
)
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


def record_visit(
    till: Till,
    card: str,
    *,
    amount_minor: int | None = None,
    stamps: int | None = None,
    items: tuple[PurchaseItem, ...] = (),
    reference: str | None = None,
    **metadata: Unpack[OperationMetadata],
) -> Receipt:
    """Record one purchase with its stamps and its points: both of them, or neither.

    Raises CardNotFound, ReferenceAlreadyUsed, what stamps and purchases are refused with, TillBusy.
    """
    operation = RecordVisit(
        card=card_ref(card),
        amount_minor=amount_minor,
        stamps=stamps,
        items=items,
        reference=reference,
        **metadata,
    )
    return till.submit(operation)


def redeem_stamps(
    till: Till, card: str, *, milestone: int | None = None, **metadata: Unpack[OperationMetadata]
) -> Receipt:
    """Exchange a full stamp card for its reward, or claim the one at `milestone` stamps.

    Raises CardNotFound, NotEnoughStamps, MilestoneAlreadyClaimed, TillBusy.
    """
    return till.submit(RedeemStamps(card=card_ref(card), milestone=milestone, **metadata))
