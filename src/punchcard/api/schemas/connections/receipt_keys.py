"""What is said about the keys that tills sign receipts with."""

from typing import Annotated

from pydantic import Field

from punchcard.api.schemas.fields import IdOf, Moment, Schema, line
from punchcard.connect.claims.models import ReceiptKey
from punchcard.connect.claims.receipt_keys import NAME_CHARACTERS
from punchcard.kit.ids import LocationId, ProgramId, ReceiptKeyId


class ReceiptKeyRequest(Schema):
    """A key to be made, for the tills of a location, or of all where none is named."""

    name: Annotated[str, *line(1, NAME_CHARACTERS)]
    program_id: IdOf[ProgramId]
    location_id: IdOf[LocationId] | None = None


class ReceiptKeySchema(Schema):
    """What tills of a location sign receipts with that guests put on their cards."""

    id: IdOf[ReceiptKeyId]
    code: str = Field(description="What names the key on receipts.", examples=["7HK2M9QR"])
    name: str
    program_id: IdOf[ProgramId]
    location_id: IdOf[LocationId] | None
    created_at: Moment
    last_used_at: Moment | None
    revoked_at: Moment | None


class NewReceiptKeySchema(ReceiptKeySchema):
    """A key with its secret, shown now and never again.

    The secret is null where the response is given a second time.
    """

    secret: str | None = Field(examples=["prk_bm90LWEtc2VjcmV0LW9mLWFueS1zaG9w"])


def receipt_key_schema(row: ReceiptKey) -> ReceiptKeySchema:
    """Return a key as it is told, without its secret."""
    return ReceiptKeySchema(**{name: getattr(row, name) for name in ReceiptKeySchema.model_fields})


def new_receipt_key_schema(row: ReceiptKey, secret: str) -> NewReceiptKeySchema:
    """Return a key that was just made."""
    return NewReceiptKeySchema(secret=secret, **receipt_key_schema(row).model_dump())
