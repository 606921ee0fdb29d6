"""What is said about integrations and what they sent."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from punchcard.api.schemas.connections.claims import ReceiptClaimSchema, receipt_claim_schema
from punchcard.api.schemas.fields import (
    LEFT_OUT,
    Flag,
    IdOf,
    Moment,
    OneOf,
    Schema,
    line,
)
from punchcard.connect.integrations.event_service import EventRow
from punchcard.connect.integrations.integration_service import ShownSecrets, who_signs
from punchcard.connect.integrations.mapping import (
    POINTER_CHARACTERS,
    WORDS_LIMIT,
    AmountUnit,
    EarnOn,
    IntegrationMapping,
    mapping_of,
)
from punchcard.connect.integrations.models import Integration
from punchcard.connect.integrations.settling import due_minor, refunded_minor
from punchcard.connect.integrations.vocabulary import (
    IntegrationEventState,
    IntegrationKind,
    IntegrationStatus,
    OrderState,
    WhoSigns,
)
from punchcard.kit.clock import Clock
from punchcard.kit.ids import (
    CardId,
    IntegrationEventId,
    IntegrationId,
    LocationId,
    ProgramId,
)

Pointer = Annotated[
    str,
    StringConstraints(pattern=r"^(/[ -.0-~]*)*$", min_length=0, max_length=POINTER_CHARACTERS),
    Field(examples=["/order/total"]),
]
MappingWords = Annotated[list[Annotated[str, *line(1, 64)]], Field(max_length=WORDS_LIMIT)]
IntegrationName = Annotated[str, *line(0, 80)]
SigningSecret = Annotated[
    str,
    StringConstraints(pattern=r"^[!-~]{8,200}$"),
    Field(
        description="The secret that a system signs with which makes its own: Shopify, Square,"
        " Zettle. It is never shown again."
    ),
]
CardText = Annotated[str, *line(1, 128)]


class PointersSchema(Schema):
    """Where each thing stands in what a `generic` system sends; empty is nowhere."""

    order_id: Pointer = "/id"
    state: Pointer = "/status"
    currency: Pointer = "/currency"
    total: Pointer = "/total"
    number: Pointer = "/number"
    tax: Pointer = ""
    shipping: Pointer = ""
    tip: Pointer = ""
    discount: Pointer = ""
    email: Pointer = "/email"
    phone: Pointer = "/phone"
    card: Pointer = "/card"
    customer: Pointer = ""
    told_at: Pointer = ""
    paid_at: Pointer = ""
    refunded: Pointer = ""
    refund_id: Pointer = ""
    refund_amount: Pointer = ""


class MappingSchema(Schema):
    """What of an order counts, and how a `generic` system's bodies are read."""

    earn_on: OneOf[EarnOn] = EarnOn.PAID
    exclude_tax: Flag = False
    exclude_shipping: Flag = True
    exclude_tips: Flag = True
    exclude_gift_cards: Flag = True
    ignore_discounts: Flag = Field(
        default=False, description="Whether an order counts as it was before its discounts."
    )
    excluded_skus: MappingWords = Field(
        default_factory=list, description="Codes of what earns nothing."
    )
    card_field: Annotated[str, *line(1, 64)] = Field(
        default="punchcard_card",
        description="What of an order holds the number of a card, where a buyer can tell it.",
    )
    requires_signature: Flag = Field(
        default=False, description="Whether a `generic` system has to sign; others have no choice."
    )
    amount_unit: OneOf[AmountUnit] = AmountUnit.MAJOR
    paid_words: MappingWords = Field(default_factory=lambda: ["paid", "completed"])
    cancelled_words: MappingWords = Field(default_factory=lambda: ["cancelled", "refunded"])
    pointers: PointersSchema = Field(default_factory=PointersSchema)


class IntegrationSchema(Schema):
    """A system that tells of orders, and the program that they earn in."""

    untagged = frozenset({"last_event_at", "last_error", "last_error_at"})
    id: IdOf[IntegrationId]
    program_id: IdOf[ProgramId]
    location_id: IdOf[LocationId] | None
    kind: OneOf[IntegrationKind]
    name: str
    mapping: MappingSchema
    status: OneOf[IntegrationStatus]
    who_signs: OneOf[WhoSigns] = Field(
        description="`ours`: the secret is made here and pasted there; `theirs`: made there and"
        " told here; `nobody`: the secret of the address is all."
    )
    has_signing_secret: bool
    former_until: Moment | None = Field(
        description="Until when the address and the secret before the last change are taken too."
    )
    last_event_at: Moment | None
    last_error: str | None = Field(description="The code of what was refused last.")
    last_error_at: Moment | None
    created_at: Moment
    updated_at: Moment


class NewIntegrationSchema(IntegrationSchema):
    """An integration with the address and the secret to paste, shown now and never again.

    Both are null where the response is given a second time.
    """

    url: str | None = Field(description="The address to paste into the other system.")
    secret: str | None = Field(description="The secret to paste there, where it is made here.")


class IntegrationRequest(Schema):
    """An integration to be made."""

    program_id: IdOf[ProgramId]
    kind: OneOf[IntegrationKind]
    name: IntegrationName = ""
    mapping: MappingSchema = Field(default_factory=MappingSchema)
    location_id: IdOf[LocationId] | None = None
    signing_secret: SigningSecret | None = None


class IntegrationChange(Schema):
    """What changes about an integration; what is left out stays. A mapping is given whole."""

    name: IntegrationName = LEFT_OUT
    mapping: MappingSchema = LEFT_OUT
    status: OneOf[IntegrationStatus] = LEFT_OUT
    location_id: IdOf[LocationId] | None = LEFT_OUT
    signing_secret: SigningSecret = LEFT_OUT


class IntegrationRotation(Schema):
    """How the address changes: `at_once`, for one that others have seen, ends it now."""

    at_once: Flag = False


class IntegrationOrderSchema(Schema):
    """An order as it was told last; all amounts in minor units of the program's currency."""

    foreign_id: str
    number: str
    state: OneOf[OrderState]
    total_minor: int
    counted_minor: int = Field(description="What of it counts, before anything was paid back.")
    refunded_minor: int
    due_minor: int = Field(description="What of it counts by now.")
    card_id: IdOf[CardId] | None
    claim: ReceiptClaimSchema | None = Field(
        description="The receipt that it left while no card of its buyer was known."
    )


class IntegrationEventSchema(Schema):
    """Something that an integration sent, and what became of it."""

    id: IdOf[IntegrationEventId]
    topic: str
    state: OneOf[IntegrationEventState]
    reason: str | None = Field(description="Why nothing was done, or what was refused: a code.")
    order: IntegrationOrderSchema | None
    can_retry: bool
    received_at: Moment
    settled_at: Moment | None


class IntegrationEventAssignment(Schema):
    """The card that an order belongs to which is nobody's: its number, code, id or address."""

    card: CardText


class HookReceived(Schema):
    """What came was taken in; `is_kept` is false for what only tries the address."""

    is_kept: bool


def mapping_told(schema: MappingSchema) -> IntegrationMapping:
    """Return the mapping that a request tells."""
    return mapping_of(schema.model_dump())


def integration_schema(row: Integration) -> IntegrationSchema:
    """Return an integration as it is told, without its secrets."""
    mapping = asdict(mapping_of(row.mapping))
    lists = {name: list(value) for name, value in mapping.items() if isinstance(value, tuple)}
    plain = {
        name: getattr(row, name)
        for name in IntegrationSchema.model_fields
        if name not in ("mapping", "who_signs", "has_signing_secret")
    }
    return IntegrationSchema(
        mapping=MappingSchema(**mapping | lists),
        who_signs=who_signs(row),
        has_signing_secret=row.secret_sealed is not None,
        **plain,
    )


def new_integration_schema(
    row: Integration, shown: ShownSecrets, address_of: Callable[[str, str, str], str]
) -> NewIntegrationSchema:
    """Return an integration with the secrets that it was just given."""
    return NewIntegrationSchema(
        url=address_of(row.kind, row.id, shown.address),
        secret=shown.signing,
        **integration_schema(row).model_dump(),
    )


def without_secrets(schema: NewIntegrationSchema) -> NewIntegrationSchema:
    """Return a response as it is given a second time."""
    return schema.model_copy(update={"url": None, "secret": None})


def integration_event_schema(
    found: EventRow, base_url: str, clock: Clock
) -> IntegrationEventSchema:
    """Return an event as it is told, without what was sent."""
    event, order, claim = found
    settled: dict[str, Any] = {
        name: getattr(event, name)
        for name in ("id", "topic", "state", "reason", "received_at", "settled_at")
    }
    return IntegrationEventSchema(
        order=None
        if order is None
        else IntegrationOrderSchema(
            foreign_id=order.foreign_id,
            number=order.number,
            state=order.state,
            total_minor=order.total_minor,
            counted_minor=order.counted_minor,
            refunded_minor=refunded_minor(order),
            due_minor=due_minor(order),
            card_id=order.card_id,
            claim=None if claim is None else receipt_claim_schema(claim, base_url, clock),
        ),
        can_retry=found.can_retry,
        **settled,
    )
