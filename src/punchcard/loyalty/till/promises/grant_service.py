"""Grants: each function does one operation through the till and waits for it.

What it returns is durable. All of them raise what any operation may be refused with, and TillBusy.
"""

from datetime import date
from typing import Unpack

from punchcard.kit.ids import CardId, GrantId, RewardId
from punchcard.loyalty.grant_codes import new_grant_code
from punchcard.loyalty.operations import (
    CardKey,
    CardRef,
    GrantReward,
    OperationMetadata,
    RedeemGrant,
    RevokeGrant,
)
from punchcard.loyalty.till.receipt import Receipt
from punchcard.loyalty.till.till import Till
from punchcard.loyalty.vocabulary import GrantReason


def give_grant(
    till: Till,
    card_id: CardId,
    grant_id: GrantId,
    *,
    reward_id: RewardId,
    reason: GrantReason,
    expires_on: date | None = None,
    remark: str | None = None,
    **metadata: Unpack[OperationMetadata],
) -> Receipt:
    """Give a card a reward of its program, good until the end of the day `expires_on`.

    `remark` becomes the note of its entry.
    Raises CardNotFound, RewardNotFound, GrantLimitReached, InvalidInput.
    """
    metadata["note"] = remark
    return till.submit(
        GrantReward(
            card=_ref(card_id),
            grant_id=grant_id,
            code=new_grant_code(),
            reward_id=reward_id,
            reason=reason,
            expires_on=expires_on,
            **metadata,
        )
    )


def redeem_grant(
    till: Till, card_id: CardId, grant_id: GrantId, **metadata: Unpack[OperationMetadata]
) -> Receipt:
    """Hand out what a card was given. Raises CardNotFound, GrantNotFound and what became of it."""
    return till.submit(RedeemGrant(card=_ref(card_id), grant_id=grant_id, **metadata))


def revoke_grant(
    till: Till, card_id: CardId, grant_id: GrantId, **metadata: Unpack[OperationMetadata]
) -> Receipt:
    """Withdraw what a card was given. Raises CardNotFound, GrantNotFound, what became of it."""
    return till.submit(RevokeGrant(card=_ref(card_id), grant_id=grant_id, **metadata))


def _ref(card_id: CardId) -> CardRef:
    return CardRef(CardKey.ID, card_id.lower())
