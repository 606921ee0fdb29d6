"""The places where the vendor serves customers."""

from punchcard.accounts import location_service
from punchcard.api.http.dependencies import CallerDep, Listed, PageDep, listed
from punchcard.api.http.openapi import problems
from punchcard.api.http.routing import api_router
from punchcard.api.schemas.accounts import (
    LocationChange,
    LocationRequest,
    LocationSchema,
    location_schema,
)
from punchcard.api.schemas.fields import given
from punchcard.kit.ids import LocationId
from punchcard.loyalty.programs import vendor_changes

router = api_router("/api/v1/vendor/locations", tag="Locations")


@router.get("")
def list_locations(caller: CallerDep, page: PageDep) -> Listed[LocationSchema]:
    """List the vendor's open locations, oldest first."""
    with caller.context.database.read() as session:
        rows = location_service.list_locations(
            session, caller.vendor_id, after_id=page.cursor, limit=page.fetch
        )
    return listed(page, rows, location_schema, lambda row: row.id)


@router.post("", status_code=201)
def create_location(body: LocationRequest, caller: CallerDep) -> LocationSchema:
    """Open a location."""
    with caller.context.database.write() as session:
        location = vendor_changes.create_location(
            session, caller.act(), caller.vendor_id, **body.model_dump()
        )
        return caller.remember(session, 201, location_schema(location))


@router.get("/{location_id}", responses=problems(404))
def get_location(location_id: LocationId, caller: CallerDep) -> LocationSchema:
    """Show one location, closed or not."""
    with caller.context.database.read() as session:
        row = location_service.get_location(session, caller.vendor_id, location_id)
        return caller.tagged(location_schema(row))


@router.patch("/{location_id}", responses=problems(404))
def update_location(
    location_id: LocationId, body: LocationChange, caller: CallerDep
) -> LocationSchema:
    """Change a location's name or address."""
    with caller.context.database.write() as session:
        location = vendor_changes.update_location(
            session,
            caller.act(),
            caller.vendor_id,
            location_id,
            given(body),
            guard=caller.guard(location_schema),
        )
        return caller.tagged(location_schema(location))


@router.delete("/{location_id}", responses=problems(404, 409))
def close_location(location_id: LocationId, caller: CallerDep) -> LocationSchema:
    """Close a location permanently; its devices must have moved."""
    with caller.context.database.write() as session:
        location = vendor_changes.close_location(
            session, caller.act(), caller.vendor_id, location_id
        )
        return location_schema(location)
