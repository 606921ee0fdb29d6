"""Points and voids: each function does one operation through the till and waits for it.

What it returns is durable. All of them raise what any operation may be refused with, and TillBusy.
"""

from typing import Unpack

from punchcard.kit.ids import EntryId, RewardId
from punchcard.loyalty.operations import (
    AdjustPoints,
    EarnPoints,
    OperationMetadata,
    RefundPoints,
    VoidEntry,
)
from punchcard.loyalty.till.receipt import Receipt
from punchcard.loyalty.till.requests import card_ref, checked_points_delta, points_redemption
from punchcard.loyalty.till.till import Till


def earn_points(
    till: Till,
    card: str,
    *,
    amount_minor: int,
    reference: str | None = None,
    **metadata: Unpack[OperationMetadata],
) -> Receipt:
    """Credit the points of a purchase of `amount_minor`; `reference` is credited once a program.

    Raises CardNotFound, ReferenceAlreadyUsed.
    """
    return till.submit(
        EarnPoints(card=card_ref(card), amount_minor=amount_minor, reference=reference, **metadata)
    )


def redeem_points(
    till: Till,
    card: str,
    *,
    reward_id: RewardId | None,
    points: int | None,
    **metadata: Unpack[OperationMetadata],
) -> Receipt:
    """Exchange points for a reward, or take a number of points: exactly one must be given.

    Raises CardNotFound, InvalidInput, NotEnoughPoints.
    """
    return till.submit(
        points_redemption(card_ref(card), reward_id=reward_id, points=points, **metadata)
    )


def adjust_points(
    till: Till,
    card: str,
    *,
    points_delta: int,
    reason: str,
    limit_points: int,
    **metadata: Unpack[OperationMetadata],
) -> Receipt:
    """Correct a card's points by hand, by at most `limit_points`; the reason is kept.

    Raises CardNotFound, InvalidInput.
    """
    delta = checked_points_delta(points_delta, limit_points)
    metadata["note"] = reason
    return till.submit(AdjustPoints(card=card_ref(card), points_delta=delta, **metadata))


def refund_points(
    till: Till,
    transaction_id: EntryId,
    *,
    amount_minor: int,
    refund_reference: str,
    reason: str | None = None,
    **metadata: Unpack[OperationMetadata],
) -> Receipt:
    """Take back the points of the part of a purchase that was paid back; the rest keeps its own.

    `refund_reference` is taken once a program. Raises TransactionNotFound, RefundExceedsPurchase,
    ReferenceAlreadyUsed.
    """
    metadata["note"] = reason
    return till.submit(
        RefundPoints(
            transaction_id=transaction_id,
            amount_minor=amount_minor,
            refund_reference=refund_reference,
            **metadata,
        )
    )


def void(
    till: Till, transaction_id: EntryId, *, reason: str, **metadata: Unpack[OperationMetadata]
) -> Receipt:
    """Reverse an earning or a redemption once; the reason becomes the reversing entry's note.

    Raises TransactionNotFound.
    """
    metadata["note"] = reason
    return till.submit(VoidEntry(transaction_id=transaction_id, **metadata))
