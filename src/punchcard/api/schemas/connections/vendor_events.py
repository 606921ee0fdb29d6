"""What a shop's own software is sent: the shape of each type of event, as the document has it."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import Field

from punchcard.api.schemas.fields import Day, IdOf, Moment, OneOf, Schema
from punchcard.kit.ids import (
    CardId,
    EntryId,
    GrantId,
    LocationId,
    ProgramId,
    PromotionId,
    ReservationId,
    RewardId,
    WebhookEndpointId,
)
from punchcard.loyalty.vocabulary import (
    CardStatus,
    EntryType,
    ProgramStatus,
    VendorEventType,
)


class TransactionCreatedData(Schema):
    """An entry of the ledger, with its hash and without its note: nothing about a person."""

    transaction_id: IdOf[EntryId]
    card_id: IdOf[CardId]
    program_id: IdOf[ProgramId]
    program_version: int
    sequence: int = Field(description="Numbers the entries of a card, from 1.")
    type: OneOf[EntryType]
    stamps_delta: int
    points_delta: int
    stamps_after: int
    points_after: int
    amount_minor: int | None
    currency: str | None
    reference: str | None
    reward_id: IdOf[RewardId] | None
    location_id: IdOf[LocationId] | None
    voids: IdOf[EntryId] | None
    occurred_at: Moment
    created_at: Moment
    hash: str


class TierInEvent(Schema):
    """The tier that a card is of from now on; without a key it is of none."""

    key: str | None = None
    since: Day | None = None
    until: Day | None = None
    kept_to: Day | None = Field(default=None, description="`until` with the days of grace.")
    given: dict[str, int] | None = Field(
        default=None, description="The year in which each tier's gift was given last."
    )


class OfEntryData(Schema):
    """What an entry was beside a transaction; of the last seven only what concerns it is there."""

    card_id: IdOf[CardId]
    program_id: IdOf[ProgramId]
    transaction_id: IdOf[EntryId]
    sequence: int
    points_delta: int
    reward_id: IdOf[RewardId] | None
    location_id: IdOf[LocationId] | None
    occurred_at: Moment
    grant_id: IdOf[GrantId] | None = None
    expires_on: Day | None = None
    reservation_id: IdOf[ReservationId] | None = None
    tier: TierInEvent | None = None
    referral: Any = Field(default=None, description="Who brought whom.")
    merge_id: str | None = None
    from_card_id: IdOf[CardId] | None = None


class RewardReadyData(Schema):
    """A reward that the card can have, and could not before."""

    card_id: IdOf[CardId]
    program_id: IdOf[ProgramId]
    transaction_id: IdOf[EntryId]
    sequence: int
    reward_id: IdOf[RewardId] | None = Field(description="Null: of the stamp card.")
    name: str
    points_required: int | None
    stamps_required: int | None
    times: int = Field(description="How often the card can have it now.")


class CardUpdatedData(Schema):
    """What of a card changed, by the names of fields and without their values."""

    card_id: IdOf[CardId]
    program_id: IdOf[ProgramId]
    change: str
    fields: list[str]
    status: OneOf[CardStatus]


class CardErasedData(Schema):
    """A card whose holder is forgotten."""

    card_id: IdOf[CardId]
    program_id: IdOf[ProgramId]


class PointsExpiringData(Schema):
    """Points that are good until the end of a day, told as often as the card's holder is."""

    card_id: IdOf[CardId]
    program_id: IdOf[ProgramId]
    points: int
    expires_on: Day


class PromotionTurnData(Schema):
    """A promotion that has begun or ended."""

    promotion_id: IdOf[PromotionId]
    program_id: IdOf[ProgramId]
    name: str


class ProgramChangedData(Schema):
    """A program whose rules, rewards or promotions are others now."""

    program_id: IdOf[ProgramId]
    version: int
    status: OneOf[ProgramStatus]


class WebhookTestData(Schema):
    """An endpoint that somebody tries."""

    webhook_endpoint_id: IdOf[WebhookEndpointId]


_Type = VendorEventType
DATA_OF: Final[Mapping[VendorEventType, type[Schema]]] = {
    _Type.TRANSACTION_CREATED: TransactionCreatedData,
    _Type.CARD_ENROLLED: OfEntryData,
    _Type.CARD_MERGED: OfEntryData,
    _Type.GRANT_CREATED: OfEntryData,
    _Type.GRANT_REDEEMED: OfEntryData,
    _Type.GRANT_EXPIRED: OfEntryData,
    _Type.POINTS_EXPIRED: OfEntryData,
    _Type.TIER_CHANGED: OfEntryData,
    _Type.REFERRAL_QUALIFIED: OfEntryData,
    _Type.RESERVATION_EXPIRED: OfEntryData,
    _Type.REWARD_READY: RewardReadyData,
    _Type.CARD_UPDATED: CardUpdatedData,
    _Type.CARD_ERASED: CardErasedData,
    _Type.POINTS_EXPIRING: PointsExpiringData,
    _Type.PROMOTION_STARTED: PromotionTurnData,
    _Type.PROMOTION_ENDED: PromotionTurnData,
    _Type.PROGRAM_CHANGED: ProgramChangedData,
    _Type.TEST: WebhookTestData,
}
"""What `data` holds in an event of each type."""
