"""Points, as a till asks for them: each verb makes the operation that the till then does."""

from typing import Unpack

from punchcard.kit.errors import invalid_field
from punchcard.kit.i18n import N_
from punchcard.loyalty.operations import (
    AdjustPoints,
    EarnPoints,
    RedeemPoints,
    RedeemReward,
    VoidEntry,
)
from punchcard.loyalty.till.requests import OperationMetadata, card_ref


def earn_points(
    card: str,
    *,
    amount_minor: int,
    reference: str | None = None,
    **metadata: Unpack[OperationMetadata],
) -> EarnPoints:
    """Credit the points of a purchase of `amount_minor`; `reference` is credited once a program.

    Raises CardNotFound.
    """
    return EarnPoints(
        card=card_ref(card), amount_minor=amount_minor, reference=reference, **metadata
    )


def redeem_points(
    card: str, *, reward_id: str | None, points: int | None, **metadata: Unpack[OperationMetadata]
) -> RedeemReward | RedeemPoints:
    """Exchange points for a reward, or take a number of points: exactly one must be given.

    Raises CardNotFound, InvalidInput.
    """
    ref = card_ref(card)
    if reward_id is not None and points is None:
        return RedeemReward(card=ref, reward_id=reward_id, **metadata)
    if points is not None and reward_id is None:
        return RedeemPoints(card=ref, points=points, **metadata)
    raise invalid_field("points", message=N_("Give either a reward or a number of points."))


def adjust_points(
    card: str,
    *,
    points_delta: int,
    reason: str,
    limit_points: int,
    **metadata: Unpack[OperationMetadata],
) -> AdjustPoints:
    """Correct a card's points by hand, by at most `limit_points`; the reason is kept.

    Raises CardNotFound, InvalidInput.
    """
    if points_delta == 0 or abs(points_delta) > limit_points:
        sentence = N_("Must lie between -{limit} and {limit}, and not be 0.")
        raise invalid_field("points_delta", message=sentence, limit=limit_points)
    metadata["note"] = reason
    return AdjustPoints(card=card_ref(card), points_delta=points_delta, **metadata)


def void(transaction_id: str, *, reason: str, **metadata: Unpack[OperationMetadata]) -> VoidEntry:
    """Reverse an earning or a redemption once; the reason becomes the reversing entry's note."""
    metadata["note"] = reason
    return VoidEntry(transaction_id=transaction_id, **metadata)
