"""What is asked and answered about two cards of one person."""

from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field

from punchcard.api.schemas.cards import (
    Card,
    Transaction,
    card_response,
    moment,
    transaction_response,
)
from punchcard.api.schemas.fields import IdOf, Moment, Schema
from punchcard.api.schemas.operations import Staffed
from punchcard.kit.ids import CardId
from punchcard.loyalty.rules.merges.unmerge_rules import UNDO_DAYS
from punchcard.loyalty.till.merges.merge_service import MergePreview, MergeReceipt


class MergeRequest(Staffed):
    """Move all that the card `from_card_id` has to the card of the address."""

    from_card_id: IdOf[CardId]


class MergePreviewRequest(Schema):
    """Tell what a merge would do."""

    from_card_id: IdOf[CardId]


class MergePreviewSchema(Schema):
    """What a merge would do: both cards as they would be afterwards, or what refuses it."""

    card: Card | None
    from_card: Card | None
    refused_by: Annotated[str | None, Field(examples=["reservations_open"])]


class MergeSchema(Schema):
    """Two cards that were put together.

    `transaction` is the entry of the card that stays, `from_transaction` that of the other. The
    void of either undoes both, until `undo_until`.
    """

    merge_id: str
    transaction: Transaction
    from_transaction: Transaction
    card: Card
    undo_until: Moment


def merge_response(receipt: MergeReceipt) -> dict[str, Any]:
    """Return a MergeSchema of the contract."""
    came = receipt.came
    return {
        "merge_id": came["details"]["merge_id"],
        "transaction": transaction_response(came, receipt.staff_name),
        "from_transaction": transaction_response(receipt.went, receipt.staff_name),
        "card": card_response(receipt.card, None),
        "undo_until": moment(came["created_at"] + timedelta(days=UNDO_DAYS)),
    }


def merge_preview_response(preview: MergePreview) -> dict[str, Any]:
    """Return a MergePreviewSchema of the contract."""
    return {
        "card": preview.card and card_response(preview.card, None),
        "from_card": preview.from_card and card_response(preview.from_card, None),
        "refused_by": preview.refused_by,
    }
