"""What is said about receipts that guests put on their cards."""

from typing import Annotated

from pydantic import Field

from punchcard.api.schemas.audit import ActorSchema
from punchcard.api.schemas.fields import AmountMinor, IdOf, Moment, OneOf, Schema, line, whole
from punchcard.api.schemas.operations import Reference
from punchcard.api.schemas.public import PublicCard, PublicTransaction
from punchcard.connect.claims.claim_service import NewClaim, state_at
from punchcard.connect.claims.codes import claim_code, claim_url
from punchcard.connect.claims.models import ReceiptClaim
from punchcard.connect.claims.presented import TEXT_CHARACTERS
from punchcard.connect.claims.vocabulary import ClaimSource, ClaimState
from punchcard.kit.clock import Clock
from punchcard.kit.ids import (
    CardId,
    EntryId,
    LocationId,
    ProgramId,
    ReceiptClaimId,
    ReceiptKeyId,
)
from punchcard.loyalty.qr_codes import qr_svg


class ClaimRequest(Schema):
    """A receipt that a guest may put on their card: over an amount, or stamps, or both."""

    reference: Reference
    amount_minor: AmountMinor | None = None
    stamps: Annotated[int, whole(1, 50)] | None = None
    program_id: IdOf[ProgramId] | None = Field(
        default=None, description="Needed only where the shop has several active programs."
    )
    location_id: IdOf[LocationId] | None = None
    occurred_at: Moment | None = None

    def as_new(self, location_id: LocationId | None) -> NewClaim:
        """Return it as the receipt of this location."""
        return NewClaim(**{**self.model_dump(), "location_id": location_id})


class ReceiptClaimSchema(Schema):
    """A receipt, and what became of it."""

    id: IdOf[ReceiptClaimId]
    program_id: IdOf[ProgramId]
    location_id: IdOf[LocationId] | None
    source: OneOf[ClaimSource]
    state: OneOf[ClaimState]
    code: str | None = Field(
        description="What a guest can type; null for one that a till has signed.",
        examples=["7HK2M-9QRT4"],
    )
    claim_url: str | None = Field(
        description="What a guest can scan.", examples=["https://cards.example/r/7HK2M9QRT4"]
    )
    amount_minor: int | None
    stamps: int | None
    reference: str
    occurred_at: Moment
    expires_at: Moment
    actor: ActorSchema = Field(description="Who made it; of a signed one whoever brought it.")
    receipt_key_id: IdOf[ReceiptKeyId] | None = Field(
        description="The key that a till signed it with."
    )
    claimed_at: Moment | None
    card_id: IdOf[CardId] | None
    transaction_id: IdOf[EntryId] | None
    created_at: Moment


class NewReceiptClaimSchema(ReceiptClaimSchema):
    """A receipt with its QR code, ready to be printed."""

    qr_svg: str = Field(description="The QR code of `claim_url`, as an SVG picture.")


class PublicClaimRequest(Schema):
    """A receipt as its holder has it: the code, what the QR code holds, or its address."""

    claim: Annotated[str, *line(1, TEXT_CHARACTERS)]


class PublicClaimed(Schema):
    """What the receipt gave, and the card with it."""

    transaction: PublicTransaction
    card: PublicCard


def receipt_claim_schema(row: ReceiptClaim, base_url: str, clock: Clock) -> ReceiptClaimSchema:
    """Return a receipt as its shop is told."""
    return ReceiptClaimSchema(**_fields(row, base_url, clock))


def new_receipt_claim_schema(
    row: ReceiptClaim, base_url: str, clock: Clock
) -> NewReceiptClaimSchema:
    """Return a receipt that was just made."""
    assert row.code is not None
    picture = qr_svg(claim_url(base_url, row.code), scale=4)
    return NewReceiptClaimSchema(qr_svg=picture, **_fields(row, base_url, clock))


def _fields(row: ReceiptClaim, base_url: str, clock: Clock) -> dict[str, object]:
    others = {"state", "code", "claim_url", "actor", "receipt_key_id"}
    names = ReceiptClaimSchema.model_fields.keys() - others
    return {
        **{name: getattr(row, name) for name in names},
        "state": state_at(row, clock.now()),
        "actor": ActorSchema(kind=row.actor_kind, id=row.actor_id),
        "receipt_key_id": row.key_id,
        "code": claim_code(row.code) if row.code else None,
        "claim_url": claim_url(base_url, row.code) if row.code else None,
    }
