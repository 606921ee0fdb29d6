"""What a till sends: one shape an operation, alone or as an item of `POST /operations`."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from punchcard.api.schemas.cards import ReceiptSchema
from punchcard.api.schemas.fields import IdOf, Moment, OfNow, Schema, fault, line, ruled, whole
from punchcard.api.schemas.program_rules.program_stamps import Sku, Stamps
from punchcard.kit.i18n import N_
from punchcard.kit.ids import EntryId, GrantId, ImportId, LocationId, RewardId
from punchcard.kit.validation.request_keys import request_key
from punchcard.loyalty.rules.stamps.purchase_items import ITEMS_LIMIT

CardCode = Annotated[str, *line(1, 300)]
StaffPinText = Annotated[str, Field(pattern="^[0-9]{4,8}$")]
StaffTokenText = Annotated[str, Field(pattern="^[A-Za-z0-9_.-]{1,500}$")]
Quantity = Annotated[int, whole(1, 50)]
VisitStamps = Annotated[int, whole(0, 50)]
ItemQuantity = Annotated[int, whole(1, 1000)]
PurchaseAmount = Annotated[int, whole(1, 10_000_000_000)]
Points = Annotated[int, whole(1, 1_000_000_000)]
PointsDelta = Annotated[int, whole(-1_000_000_000, 1_000_000_000)]
Reason = Annotated[str, *line(1, 500)]
Note = Annotated[str, *line(0, 500)]
Reference = Annotated[str, *line(1, 128)]
Key = Annotated[str, *ruled(request_key, pattern="^[!-~]{1,128}$")]


class Placed(Schema):
    """An operation that happened somewhere, now."""

    occurred_at: OfNow = None
    location_id: IdOf[LocationId] | None = None


class ProofRequest(Schema):
    """Who stands at the till: a PIN, or the token of a PIN."""

    staff_pin: StaffPinText | None = None
    staff_id: Annotated[str, *line(1, 64)] | None = None
    staff_token: StaffTokenText | None = None


class Proved(Placed, ProofRequest):
    """An operation that a person at the till stands for: by PIN, or by the token of a PIN."""


class Staffed(Proved):
    """An operation that may carry a note."""

    note: Note | None = None


class Collected(Staffed):
    """An operation that may have happened before it is sent: at a till without a line.

    With `import_id` it is history that an import tells, at any time back.
    """

    occurred_at: Moment | None = None  # type: ignore[assignment]
    import_id: IdOf[ImportId] | None = None


class BoughtItem(Schema):
    """Something that was bought: its code at the shop's till, how many, and what they cost."""

    sku: Sku
    quantity: ItemQuantity = 1
    amount_minor: PurchaseAmount | None = None


Items = Annotated[list[BoughtItem], Field(min_length=1, max_length=ITEMS_LIMIT)]


class StampRequest(Collected):
    """Put stamps on a card: `quantity` of them, or those that `items` give by the program."""

    card: CardCode
    quantity: Quantity = 1
    items: Items | None = None
    reference: Reference | None = None


class VisitRequest(Collected):
    """Record one purchase with its stamps and its points, all or nothing.

    Without `stamps` they are those that `items` give by the program, or one.
    """

    card: CardCode
    amount_minor: PurchaseAmount | None = None
    stamps: VisitStamps | None = None
    items: Items | None = None
    reference: Reference | None = None


class RedeemStampsRequest(Staffed):
    """Exchange a full stamp card for its reward, or claim the one `at` so many stamps."""

    card: CardCode
    at: Stamps | None = None


class EarnRequest(Collected):
    """Credit the points of a purchase."""

    card: CardCode
    amount_minor: PurchaseAmount
    reference: Reference | None = None


class RedeemPointsRequest(Staffed):
    """Exchange points for a reward, or take a number of points."""

    card: CardCode
    reward_id: IdOf[RewardId] | None = None
    points: Points | None = None


class RedeemGrantRequest(Staffed):
    """Hand out what a card was given; it is named by the card or by the grant's own code.

    Without `grant_id` it is what ends first, if all that the card was given is one reward.
    """

    card: CardCode | None = None
    code: Annotated[str, *line(1, 40)] | None = None
    grant_id: IdOf[GrantId] | None = None


class AdjustRequest(Placed):
    """Correct a card's points by hand."""

    card: CardCode
    points_delta: PointsDelta
    reason: Reason


class VoidRequest(Proved):
    """Reverse an entry; the reason becomes the note of the reversing one."""

    reason: Reason


class RefundRequest(Proved):
    """Take back the points of a part of a purchase, which its receipt number or its entry names.

    Of several refunds each takes what its part earned; together they come to no more than the
    purchase. `refund_reference` is the shop's own number of the refund, taken once a program.
    """

    reference: Reference | None = None
    transaction_id: IdOf[EntryId] | None = None
    amount_minor: PurchaseAmount
    refund_reference: Reference
    reason: Reason | None = None

    @model_validator(mode="after")
    def _names_one_purchase(self) -> "RefundRequest":
        if (self.reference is None) == (self.transaction_id is None):
            raise fault(N_("Name the purchase by its receipt number or by its transaction."))
        return self


class StampItem(StampRequest):
    """`POST /stamp` as an item of a list."""

    op: Literal["stamp"]
    idempotency_key: Key


class VisitItem(VisitRequest):
    """`POST /visit` as an item of a list."""

    op: Literal["visit"]
    idempotency_key: Key


class RedeemStampsItem(RedeemStampsRequest):
    """`POST /stamp/redeem` as an item of a list."""

    op: Literal["redeem_stamps"]
    idempotency_key: Key


class EarnItem(EarnRequest):
    """`POST /points/earn` as an item of a list."""

    op: Literal["earn"]
    idempotency_key: Key


class RedeemPointsItem(RedeemPointsRequest):
    """`POST /points/redeem` as an item of a list."""

    op: Literal["redeem_points"]
    idempotency_key: Key


class RedeemGrantItem(RedeemGrantRequest):
    """`POST /grants/redeem` as an item of a list."""

    op: Literal["redeem_grant"]
    idempotency_key: Key


class VoidItem(VoidRequest):
    """`POST /transactions/{transaction_id}/void` as an item of a list."""

    op: Literal["void"]
    idempotency_key: Key
    transaction_id: IdOf[EntryId]


class RefundItem(RefundRequest):
    """`POST /points/refund` as an item of a list."""

    op: Literal["refund"]
    idempotency_key: Key


Item = Annotated[
    StampItem
    | VisitItem
    | RedeemStampsItem
    | EarnItem
    | RedeemPointsItem
    | RedeemGrantItem
    | VoidItem
    | RefundItem,
    Field(discriminator="op"),
]


class OperationsRequest(Schema):
    """What a till saved up while it was offline, or an import; done in this order."""

    operations: Annotated[list[Item], Field(min_length=1, max_length=500)]


class LooseOperations(Schema):
    """The same list before each item is looked at on its own."""

    operations: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=500)]


class OperationResult(Schema):
    """What became of one item: a receipt (status 201), or the problem it would get alone."""

    status: int
    receipt: ReceiptSchema | None = None
    problem: dict[str, Any] | None = None


class OperationsResponse(Schema):
    """The results of a list of operations, in its order."""

    results: list[OperationResult]
