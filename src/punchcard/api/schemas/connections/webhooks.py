"""What is said about webhook endpoints and what was sent to them."""

from typing import Annotated, Any

import orjson
from pydantic import Field

from punchcard.api.schemas.fields import (
    LEFT_OUT,
    Flag,
    IdOf,
    Moment,
    OneOf,
    Schema,
    line,
)
from punchcard.connect.models import WebhookEndpoint
from punchcard.connect.vocabulary import DeliveryState, DisabledReason, EndpointStatus
from punchcard.connect.webhooks.addresses import URL_CHARACTERS
from punchcard.connect.webhooks.delivery_service import DeliveryRow, Replayed
from punchcard.kit.ids import VendorEventId, WebhookDeliveryId, WebhookEndpointId
from punchcard.loyalty.vocabulary import VendorEventType

WebhookUrl = Annotated[
    str,
    Field(max_length=URL_CHARACTERS, examples=["https://shop.example/webhooks"]),
]
"""Where to; what may be sent there is the server's to say."""

WebhookTypes = Annotated[
    list[OneOf[VendorEventType]],
    Field(
        max_length=len(VendorEventType),
        description="What it is told; an empty list is everything, also what is yet to come.",
    ),
]
WebhookDescription = Annotated[str, *line(0, 200)]


class WebhookEndpointSchema(Schema):
    """Where what happens at the shop is sent to."""

    untagged = frozenset({"failing_since"})
    id: IdOf[WebhookEndpointId]
    url: str
    description: str
    types: WebhookTypes
    status: OneOf[EndpointStatus]
    disabled_reason: OneOf[DisabledReason] | None = Field(
        description="`vendor`: switched off by the shop; `gone`: it answered 410; `failing`: it"
        " failed for days."
    )
    failing_since: Moment | None = Field(
        description="The first failed attempt since the last that succeeded."
    )
    former_secret_until: Moment | None = Field(
        description="Until when the secret before the last change signs as well."
    )
    created_at: Moment
    updated_at: Moment


class NewWebhookEndpointSchema(WebhookEndpointSchema):
    """An endpoint with its new secret, shown now and never again.

    The secret is null where the response is given a second time.
    """

    secret: str | None = Field(examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])


class WebhookEndpointRequest(Schema):
    """An endpoint to be made."""

    url: WebhookUrl
    types: WebhookTypes = Field(default_factory=list)
    description: WebhookDescription = ""


class WebhookEndpointChange(Schema):
    """What changes about an endpoint; what is left out stays."""

    url: WebhookUrl = LEFT_OUT
    types: WebhookTypes = LEFT_OUT
    description: WebhookDescription = LEFT_OUT
    status: OneOf[EndpointStatus] = LEFT_OUT


class WebhookRotation(Schema):
    """How the secret changes: `at_once`, for one that others have seen, ends it now."""

    at_once: Flag = False


class WebhookReplay(Schema):
    """From when on, and until when, everything is sent again; without an end: until now."""

    since: Moment
    until: Moment | None = None


class WebhookReplayedSchema(Schema):
    """How many events are sent again. `next_since` is where to go on, null when that was all."""

    events: int
    next_since: Moment | None


class WebhookDeliverySchema(Schema):
    """One event on its way to an endpoint."""

    id: IdOf[WebhookDeliveryId]
    event_id: IdOf[VendorEventId] = Field(description="What the receiver gets as `webhook-id`.")
    type: OneOf[VendorEventType]
    state: OneOf[DeliveryState]
    attempts: int
    attempted_at: Moment | None
    next_attempt_at: Moment | None
    status_code: int | None = Field(description="What the receiver answered last, if it did.")
    answer: str | None = Field(description="The first 1,024 bytes of that answer.")
    error: str | None = Field(description="Why there was no answer.")
    payload: dict[str, Any] = Field(description="What is sent.")
    created_at: Moment


def webhook_endpoint_schema(row: WebhookEndpoint) -> WebhookEndpointSchema:
    """Return an endpoint as it is told, without its secret."""
    fields = {name: getattr(row, name) for name in WebhookEndpointSchema.model_fields}
    return WebhookEndpointSchema(**fields)


def new_webhook_endpoint_schema(row: WebhookEndpoint, secret: str) -> NewWebhookEndpointSchema:
    """Return an endpoint with the secret it was just given."""
    return NewWebhookEndpointSchema(secret=secret, **webhook_endpoint_schema(row).model_dump())


def webhook_delivery_schema(row: DeliveryRow, say: Any) -> WebhookDeliverySchema:
    """Return a delivery as it is told; `say` writes a sentence in the reader's language."""
    delivery, event = row
    waits = delivery.state == DeliveryState.WAITING
    return WebhookDeliverySchema(
        id=delivery.id,
        event_id=event.id,
        type=event.type,
        state=delivery.state,
        attempts=delivery.attempts,
        attempted_at=delivery.attempted_at,
        next_attempt_at=delivery.due_at if waits else None,
        status_code=delivery.status_code,
        answer=delivery.answer,
        error=say(delivery.error) if delivery.error else None,
        payload=orjson.loads(event.body),
        created_at=delivery.created_at,
    )


def webhook_replayed_schema(replayed: Replayed) -> WebhookReplayedSchema:
    """Return what a replay does."""
    return WebhookReplayedSchema(events=replayed.events, next_since=replayed.next_since)
