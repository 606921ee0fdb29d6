"""What is asked and answered about two cards of one person."""

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Field

from punchcard.api.schemas.card_requests import CodeText
from punchcard.api.schemas.cards import Card, card_response
from punchcard.api.schemas.fields import IdOf, Moment, Schema, line, moment
from punchcard.api.schemas.operations import Staffed
from punchcard.api.schemas.transactions import Transaction, transaction_response
from punchcard.kit.ids import CardId
from punchcard.loyalty.cards.card_view import CardView
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


class OtherCardRequest(Schema):
    """The other card of the same holder: its number, rotating code, token or address."""

    card: CodeText


class OtherCardSchema(Schema):
    """The token of an offer to merge, where one proof stands for both cards; else null."""

    token: str | None


class OfferToken(Schema):
    """The last part of the link in the mail, or the token that came with a response."""

    token: Annotated[str, *line(1, 1500)]


class OwnMergeRequest(OfferToken):
    """Put the two cards of an offer together; `both_are_mine` is what their holder says."""

    both_are_mine: Literal[True]


class OwnMergeBalance(Schema):
    """What a card of the offer has."""

    number: str
    stamps: int
    points: int


class OwnMergePreview(Schema):
    """Both cards as they are, and the one that stays as it would be, or what refuses it."""

    card: OwnMergeBalance
    from_card: OwnMergeBalance
    afterwards: OwnMergeBalance | None
    refused_by: Annotated[str | None, Field(examples=["reservations_open"])]


class OwnMergeSchema(Schema):
    """The card that stays, as it is now, and its address."""

    card: OwnMergeBalance
    card_url: str


def balance_response(view: CardView) -> OwnMergeBalance:
    """Return an OwnMergeBalance of the contract; points that cannot be spent yet count."""
    points = view.points + view.points_pending
    return OwnMergeBalance(number=view.number, stamps=view.stamps, points=points)


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
