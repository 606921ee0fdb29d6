"""What cards are given and what they set aside, as it is asked for and answered."""

from datetime import date
from typing import Annotated, Any, Final

from pydantic import Field

from punchcard.api.schemas.fields import Day, IdOf, Moment, OneOf, Schema, line, whole
from punchcard.api.schemas.operations import (
    CardCode,
    Note,
    Placed,
    Points,
    Reference,
    Staffed,
)
from punchcard.api.schemas.transactions import TransactionReward
from punchcard.kit.ids import CardId, EntryId, GrantId, ProgramId, ReservationId, RewardId
from punchcard.loyalty.grant_models import Grant, Reservation
from punchcard.loyalty.vocabulary import GrantReason, GrantState, ReservationState

RESERVED_SECONDS: Final = 900
Seconds = Annotated[int, whole(60, 86_400)]


class GrantRequest(Placed):
    """Give a card a reward of its program, until the end of the day `expires_on` or for good."""

    card: CardCode
    reward_id: IdOf[RewardId]
    reason: OneOf[GrantReason]
    expires_on: Day | None = None
    note: Note | None = None


class RevokeGrantRequest(Placed):
    """Withdraw what a card was given."""

    note: Note | None = None


class ReserveRequest(Staffed):
    """Set a reward, a number of points, or a grant aside: exactly one of the three."""

    card: CardCode
    reward_id: IdOf[RewardId] | None = None
    points: Points | None = None
    grant_id: IdOf[GrantId] | None = None
    reference: Reference | None = None
    expires_in_seconds: Seconds = RESERVED_SECONDS


class ConfirmRequest(Placed):
    """Use what was set aside, or a part of its points; the others come back."""

    points: Points | None = None


class ReleaseRequest(Placed):
    """Give back what was set aside."""


class GrantSchema(Schema):
    """A reward that was given to one card; `code` collects it without the card.

    Its name and value are those the reward had when it was given.
    """

    id: IdOf[GrantId]
    card_id: IdOf[CardId]
    program_id: IdOf[ProgramId]
    reward: TransactionReward
    reason: OneOf[GrantReason]
    state: OneOf[GrantState]
    code: Annotated[str, *line(10, 10), Field(examples=["7K3M9QX2VD"])]
    expires_on: Annotated[date | None, Field(description="The last day it is good.")]
    note: str | None
    created_at: Moment
    updated_at: Moment


class ReservationSchema(Schema):
    """What a card set aside; `points` are those that were taken off it meanwhile."""

    id: IdOf[ReservationId]
    card_id: IdOf[CardId]
    program_id: IdOf[ProgramId]
    state: OneOf[ReservationState]
    points: int
    reward_id: IdOf[RewardId] | None
    grant_id: IdOf[GrantId] | None
    reference: str | None
    transaction_id: Annotated[IdOf[EntryId], Field(description="The last entry that moved it.")]
    expires_at: Moment
    created_at: Moment


def grant_schema(row: Grant) -> GrantSchema:
    """Return a Grant of the contract."""
    shown = ("id", "card_id", "program_id", "reason", "state", "code", "expires_on", "note")
    reward = {"id": row.reward_id, "name": row.reward_name, "value_minor": row.value_minor}
    return GrantSchema(
        **{name: getattr(row, name) for name in shown},
        reward=TransactionReward.model_validate(reward),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def reservation_schema(row: Reservation) -> ReservationSchema:
    """Return a Reservation of the contract."""
    names = [name for name in ReservationSchema.model_fields if name != "transaction_id"]
    values: dict[str, Any] = {name: getattr(row, name) for name in names}
    return ReservationSchema(**values, transaction_id=row.last_entry_id)
