"""What is said about referrals."""

from typing import Annotated

from pydantic import Field

from punchcard.api.schemas.fields import IdOf, Moment, OneOf, Schema
from punchcard.kit.ids import CardId, EntryId, GrantId, ProgramId, ReferralId
from punchcard.loyalty.referral_models import Referral
from punchcard.loyalty.vocabulary import ReferralState


class ReferralSchema(Schema):
    """A friend who joined by a card's link, and what became of it.

    `pending`: no visit has earned it yet, or cards are merged that stand against it, for `reason`
    `own_card` or `known_contact`; `held` until `due_at`; `paid` to both; `reversed` with
    the visit that earned it, and a later one may earn it again; `refused` for `reason`: `own_card`,
    `known_contact`, `limit_reached`, or the code of what the till refuses.
    """

    id: IdOf[ReferralId]
    program_id: IdOf[ProgramId]
    referrer_card_id: IdOf[CardId]
    friend_card_id: IdOf[CardId]
    state: OneOf[ReferralState]
    reason: Annotated[str | None, Field(examples=["known_contact"])]
    transaction_id: Annotated[
        IdOf[EntryId] | None, Field(description="The friend's visit that earned it.")
    ]
    due_at: Moment | None
    paid_at: Moment | None
    reversed_at: Moment | None
    referrer_transaction_id: IdOf[EntryId] | None
    friend_transaction_id: IdOf[EntryId] | None
    referrer_grant_id: IdOf[GrantId] | None
    friend_grant_id: IdOf[GrantId] | None
    created_at: Moment


def referral_schema(row: Referral) -> ReferralSchema:
    """Return a referral as its vendor sees it."""
    return ReferralSchema(
        id=row.id,
        program_id=row.program_id,
        referrer_card_id=row.referrer_card_id,
        friend_card_id=row.friend_card_id,
        state=row.state,
        reason=row.reason,
        transaction_id=row.entry_id,
        due_at=row.due_at,
        paid_at=row.paid_at,
        reversed_at=row.reversed_at,
        referrer_transaction_id=row.referrer_entry_id,
        friend_transaction_id=row.friend_entry_id,
        referrer_grant_id=row.referrer_grant_id,
        friend_grant_id=row.friend_grant_id,
        created_at=row.created_at,
    )
