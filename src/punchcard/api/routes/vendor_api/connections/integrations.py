"""Integrations: web shops and tills that tell of orders, and what became of what they told."""

from functools import partial
from typing import Annotated, Any

from fastapi import Query
from sqlalchemy.orm import Session

from punchcard.api.http.dependencies import Caller, CallerDep, Listed, PageDep, listed
from punchcard.api.http.openapi import problems
from punchcard.api.http.routing import api_router
from punchcard.api.schemas.connections.integrations import (
    IntegrationChange,
    IntegrationEventAssignment,
    IntegrationEventSchema,
    IntegrationRequest,
    IntegrationRotation,
    IntegrationSchema,
    NewIntegrationSchema,
    integration_event_schema,
    integration_schema,
    mapping_told,
    new_integration_schema,
    without_secrets,
)
from punchcard.api.schemas.fields import OneOf, given
from punchcard.connect.integrations import event_service, integration_service
from punchcard.connect.integrations.event_service import EventRow
from punchcard.connect.integrations.models import Integration
from punchcard.connect.integrations.vocabulary import IntegrationEventState
from punchcard.kit.ids import IntegrationEventId, IntegrationId

router = api_router("/api/v1/vendor/integrations", tag="Integrations")


@router.get("")
def list_integrations(caller: CallerDep, page: PageDep) -> Listed[IntegrationSchema]:
    """List the integrations, oldest first."""
    with caller.context.database.read() as session:
        rows = integration_service.list_integrations(
            session, caller.vendor_id, after_id=page.cursor, limit=page.fetch
        )
    return listed(page, rows, integration_schema, lambda row: row.id)


@router.post("", status_code=201, responses=problems(404, 409))
def create_integration(body: IntegrationRequest, caller: CallerDep) -> NewIntegrationSchema:
    """Make an integration; its address and its secret are shown now and never again."""
    connect = caller.context.connect
    with caller.context.database.write() as session:
        shown, row = integration_service.create_integration(
            session,
            caller.act(),
            caller.vendor_id,
            connect.integration_secrets,
            program_id=body.program_id,
            kind=body.kind,
            name=body.name,
            mapping=mapping_told(body.mapping),
            location_id=body.location_id,
            signing_secret=body.signing_secret,
            limit=caller.context.settings.integrations_per_vendor,
        )
        response = new_integration_schema(row, shown, connect.hook_receiver.address_of)
        caller.remember(session, 201, without_secrets(response))
    return response


@router.get("/{integration_id}", responses=problems(404))
def get_integration(integration_id: IntegrationId, caller: CallerDep) -> IntegrationSchema:
    """Show one integration."""
    with caller.context.database.read() as session:
        row = integration_service.get_integration(session, caller.vendor_id, integration_id)
    return caller.tagged(integration_schema(row))


@router.patch("/{integration_id}", responses=problems(404))
def update_integration(
    integration_id: IntegrationId, body: IntegrationChange, caller: CallerDep
) -> IntegrationSchema:
    """Change an integration, pause it or let it go on; what came meanwhile is then worked on."""
    changes = given(body)
    if "mapping" in changes:
        changes["mapping"] = mapping_told(body.mapping)
    with caller.context.database.write() as session:
        row = _changed(session, caller, integration_id, changes)
    return caller.tagged(integration_schema(row))


@router.delete("/{integration_id}", status_code=204, responses=problems(404))
def delete_integration(integration_id: IntegrationId, caller: CallerDep) -> None:
    """Delete an integration: what its address is told from now on is refused."""
    with caller.context.database.write() as session:
        integration_service.delete_integration(
            session, caller.act(), caller.vendor_id, integration_id
        )


@router.post("/{integration_id}/rotate", responses=problems(404, 409))
def rotate_integration(
    integration_id: IntegrationId, body: IntegrationRotation, caller: CallerDep
) -> NewIntegrationSchema:
    """Give an integration a new address and secret; those before are taken for 24 hours.

    With `at_once` those before end now.
    """
    connect = caller.context.connect
    with caller.context.database.write() as session:
        shown, row = integration_service.rotate_integration(
            session,
            caller.act(),
            caller.vendor_id,
            integration_id,
            connect.integration_secrets,
            at_once=body.at_once,
        )
        response = new_integration_schema(row, shown, connect.hook_receiver.address_of)
        caller.remember(session, 200, without_secrets(response))
    return response


@router.get("/{integration_id}/events", responses=problems(404))
def list_integration_events(
    integration_id: IntegrationId,
    caller: CallerDep,
    page: PageDep,
    state: Annotated[
        OneOf[IntegrationEventState] | None, Query(description="Only those in this state.")
    ] = None,
) -> Listed[IntegrationEventSchema]:
    """List what an integration sent, newest first."""
    with caller.context.database.read() as session:
        rows = event_service.list_events(
            session,
            caller.vendor_id,
            integration_id,
            before_id=page.cursor,
            limit=page.fetch,
            state=state,
        )
    return listed(page, list(rows), partial(_event, caller), lambda row: row.event.id)


@router.post("/{integration_id}/events/{event_id}/retry", responses=problems(404, 409))
def retry_integration_event(
    integration_id: IntegrationId, event_id: IntegrationEventId, caller: CallerDep
) -> IntegrationEventSchema:
    """Have an event worked on again, as it came, by what the integration says now."""
    with caller.context.database.write() as session:
        row = event_service.retry_event(
            session, caller.act(), caller.vendor_id, integration_id, event_id
        )
        return caller.remember(session, 200, _event(caller, row))


@router.post("/{integration_id}/events/{event_id}/assign", responses=problems(404, 409))
def assign_integration_event(
    integration_id: IntegrationId,
    event_id: IntegrationEventId,
    body: IntegrationEventAssignment,
    caller: CallerDep,
) -> IntegrationEventSchema:
    """Give an order that is nobody's to a card; that customer has it from now on."""
    with caller.context.database.write() as session:
        row = event_service.assign_event(
            session, caller.act(), caller.vendor_id, integration_id, event_id, card=body.card
        )
        return caller.remember(session, 200, _event(caller, row))


def _event(caller: Caller, row: EventRow) -> IntegrationEventSchema:
    return integration_event_schema(row, caller.context.settings.base_url, caller.context.clock)


def _changed(
    session: Session, caller: Caller, integration_id: IntegrationId, changes: dict[str, Any]
) -> Integration:
    secret = changes.pop("signing_secret", None)
    row = integration_service.update_integration(
        session,
        caller.act(),
        caller.vendor_id,
        integration_id,
        changes,
        guard=caller.guard(integration_schema),
    )
    if secret is None:
        return row
    return integration_service.set_signing_secret(
        session,
        caller.act(),
        caller.vendor_id,
        integration_id,
        caller.context.connect.integration_secrets,
        signing_secret=secret,
    )
