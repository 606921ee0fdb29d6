"""Webhook endpoints: where what happens at the shop is sent to, and what became of it."""

from functools import partial
from typing import Annotated, Any

from fastapi import Query

from punchcard.api.http.dependencies import Caller, CallerDep, Listed, PageDep, listed
from punchcard.api.http.openapi import problems
from punchcard.api.http.routing import api_router
from punchcard.api.schemas.connections.webhooks import (
    NewWebhookEndpointSchema,
    WebhookDeliverySchema,
    WebhookEndpointChange,
    WebhookEndpointRequest,
    WebhookEndpointSchema,
    WebhookReplay,
    WebhookReplayedSchema,
    WebhookRotation,
    new_webhook_endpoint_schema,
    webhook_delivery_schema,
    webhook_endpoint_schema,
    webhook_replayed_schema,
)
from punchcard.api.schemas.fields import OneOf, given
from punchcard.connect.vocabulary import DeliveryState
from punchcard.connect.webhooks import delivery_service, endpoint_service
from punchcard.connect.webhooks.addresses import webhook_address
from punchcard.connect.webhooks.delivery_service import DeliveryRow
from punchcard.kit.i18n import translate
from punchcard.kit.ids import WebhookDeliveryId, WebhookEndpointId
from punchcard.kit.validation.invalid import check_field

router = api_router("/api/v1/vendor/webhook-endpoints", tag="Webhooks")


@router.get("")
def list_webhook_endpoints(caller: CallerDep, page: PageDep) -> Listed[WebhookEndpointSchema]:
    """List the endpoints, oldest first."""
    with caller.context.database.read() as session:
        rows = endpoint_service.list_endpoints(
            session, caller.vendor_id, after_id=page.cursor, limit=page.fetch
        )
    return listed(page, rows, webhook_endpoint_schema, lambda row: row.id)


@router.post("", status_code=201, responses=problems(409))
def create_webhook_endpoint(
    body: WebhookEndpointRequest, caller: CallerDep
) -> NewWebhookEndpointSchema:
    """Make an endpoint; its secret is shown now and never again.

    What is sent follows the Standard Webhooks: their libraries check it.
    """
    url = _url(caller, body.url)
    with caller.context.database.write() as session:
        secret, row = endpoint_service.create_endpoint(
            session,
            caller.act(),
            caller.vendor_id,
            caller.context.connect.webhook_secrets,
            url=url,
            types=body.types,
            description=body.description,
            limit=caller.context.settings.webhook_endpoints_per_vendor,
        )
        response = new_webhook_endpoint_schema(row, secret)
        caller.remember(session, 201, response.model_copy(update={"secret": None}))
    return response


@router.get("/{endpoint_id}", responses=problems(404))
def get_webhook_endpoint(
    endpoint_id: WebhookEndpointId, caller: CallerDep
) -> WebhookEndpointSchema:
    """Show one endpoint."""
    with caller.context.database.read() as session:
        row = endpoint_service.get_endpoint(session, caller.vendor_id, endpoint_id)
    return caller.tagged(webhook_endpoint_schema(row))


@router.patch("/{endpoint_id}", responses=problems(404))
def update_webhook_endpoint(
    endpoint_id: WebhookEndpointId, body: WebhookEndpointChange, caller: CallerDep
) -> WebhookEndpointSchema:
    """Change an endpoint, or switch it off and on; what waited for it is sent once it is on."""
    changes = given(body)
    if "url" in changes:
        changes["url"] = _url(caller, changes["url"])
    with caller.context.database.write() as session:
        row = endpoint_service.update_endpoint(
            session,
            caller.act(),
            caller.vendor_id,
            endpoint_id,
            changes,
            guard=caller.guard(webhook_endpoint_schema),
        )
    return caller.tagged(webhook_endpoint_schema(row))


@router.delete("/{endpoint_id}", status_code=204, responses=problems(404))
def delete_webhook_endpoint(endpoint_id: WebhookEndpointId, caller: CallerDep) -> None:
    """Delete an endpoint, with what was to be sent to it."""
    with caller.context.database.write() as session:
        endpoint_service.delete_endpoint(session, caller.act(), caller.vendor_id, endpoint_id)


@router.post("/{endpoint_id}/rotate", responses=problems(404, 409))
def rotate_webhook_secret(
    endpoint_id: WebhookEndpointId, body: WebhookRotation, caller: CallerDep
) -> NewWebhookEndpointSchema:
    """Give an endpoint a new secret; the one before signs beside it for 24 hours.

    With `at_once` the one before ends now.
    """
    with caller.context.database.write() as session:
        secret, row = endpoint_service.rotate_secret(
            session,
            caller.act(),
            caller.vendor_id,
            endpoint_id,
            caller.context.connect.webhook_secrets,
            at_once=body.at_once,
        )
        response = new_webhook_endpoint_schema(row, secret)
        caller.remember(session, 200, response.model_copy(update={"secret": None}))
    return response


@router.post("/{endpoint_id}/test", status_code=201, responses=problems(404, 409))
def test_webhook_endpoint(
    endpoint_id: WebhookEndpointId, caller: CallerDep
) -> WebhookDeliverySchema:
    """Send an endpoint an event of the type `webhook.test`; its delivery tells what came of it."""
    with caller.context.database.write() as session:
        row = delivery_service.send_test(session, caller.act(), caller.vendor_id, endpoint_id)
        return caller.remember(session, 201, _delivery(caller, row))


@router.post("/{endpoint_id}/replay", responses=problems(404, 409))
def replay_webhook_events(
    endpoint_id: WebhookEndpointId, body: WebhookReplay, caller: CallerDep
) -> WebhookReplayedSchema:
    """Send everything again that happened in that time, for a receiver that has missed it.

    At most 5,000 events at once, the oldest first. Each keeps its `webhook-id`.
    """
    with caller.context.database.write() as session:
        replayed = delivery_service.replay(
            session,
            caller.act(),
            caller.vendor_id,
            endpoint_id,
            since=body.since,
            until=body.until,
        )
        return caller.remember(session, 200, webhook_replayed_schema(replayed))


@router.get("/{endpoint_id}/deliveries", responses=problems(404))
def list_webhook_deliveries(
    endpoint_id: WebhookEndpointId,
    caller: CallerDep,
    page: PageDep,
    state: Annotated[
        OneOf[DeliveryState] | None, Query(description="Only those in this state.")
    ] = None,
) -> Listed[WebhookDeliverySchema]:
    """List what was sent to an endpoint, or is to be, newest first."""
    with caller.context.database.read() as session:
        rows = delivery_service.list_deliveries(
            session,
            caller.vendor_id,
            endpoint_id,
            before_id=page.cursor,
            limit=page.fetch,
            state=state,
        )
    return listed(page, list(rows), partial(_delivery, caller), lambda row: row[0].id)


@router.post("/{endpoint_id}/deliveries/{delivery_id}/retry", responses=problems(404, 409))
def retry_webhook_delivery(
    endpoint_id: WebhookEndpointId, delivery_id: WebhookDeliveryId, caller: CallerDep
) -> WebhookDeliverySchema:
    """Send one delivery again now; should that fail, it is tried as often as a new one."""
    with caller.context.database.write() as session:
        row = delivery_service.retry_delivery(
            session, caller.act(), caller.vendor_id, endpoint_id, delivery_id
        )
        return caller.remember(session, 200, _delivery(caller, row))


def _delivery(caller: Caller, row: DeliveryRow) -> WebhookDeliverySchema:
    def say(sentence: Any) -> str:
        return translate(sentence, caller.language)

    return webhook_delivery_schema(row, say)


def _url(caller: Caller, url: str) -> str:
    networks = caller.context.connect.webhook_networks
    return check_field(("body", "url"), webhook_address, url, networks=networks)
