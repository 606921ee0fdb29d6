"""The platform's vendors."""

from typing import Annotated

from fastapi import Query

from punchcard.accounts import vendor_service
from punchcard.accounts.user_service import NewUser
from punchcard.accounts.vendor_service import NewVendor
from punchcard.accounts.vocabulary import Role, VendorStatus
from punchcard.api.http.dependencies import CallerDep, Listed, PageDep, listed
from punchcard.api.http.openapi import problems
from punchcard.api.http.routing import api_router
from punchcard.api.schemas.accounts import (
    VendorChangeByAdmin,
    VendorRequest,
    VendorSchema,
    vendor_schema,
)
from punchcard.api.schemas.fields import OneOf, given, line
from punchcard.kit.ids import VendorId
from punchcard.loyalty.programs import vendor_changes

router = api_router("/api/v1/admin/vendors", tag="platform")

Search = Annotated[str, *line(1, 120), Query(description="Words of a name or short name.")]


@router.get("")
def list_vendors(
    caller: CallerDep,
    page: PageDep,
    query: Search | None = None,
    status: OneOf[VendorStatus] | None = None,
) -> Listed[VendorSchema]:
    """List vendors, oldest first."""
    with caller.context.database.read_replica() as session:
        rows = vendor_service.list_vendors(
            session, query=query, status=status, after_id=page.cursor, limit=page.fetch
        )
    return listed(page, rows, vendor_schema, lambda row: row.id)


@router.post("", status_code=201, responses=problems(409))
def create_vendor(body: VendorRequest, caller: CallerDep) -> VendorSchema:
    """Create a vendor with its first owner and its first location."""
    owner = NewUser(
        email=body.owner.email,
        name=body.owner.name,
        role=Role.OWNER,
        is_confirmed=True,
        password_hash=caller.context.accounts.sign_in.hash_password(
            body.owner.password,
            "owner.password",
            caller=caller.subject.id,
            names=[body.owner.name, body.owner.email, body.name, body.slug],
        ),
    )
    wanted = NewVendor(
        name=body.name,
        slug=body.slug,
        currency=body.currency,
        timezone=body.timezone,
        language=body.language,
        owner=owner,
        location_name=body.location_name,
        country=body.country,
    )
    with caller.context.database.write() as session:
        return vendor_schema(vendor_service.create_vendor(session, caller.act(), wanted))


@router.get("/{vendor_id}", responses=problems(404))
def get_vendor(vendor_id: VendorId, caller: CallerDep) -> VendorSchema:
    """Show one vendor."""
    with caller.context.database.read() as session:
        return caller.tagged(vendor_schema(vendor_service.get_vendor(session, vendor_id)))


@router.patch("/{vendor_id}", responses=problems(404, 409))
def update_vendor(
    vendor_id: VendorId, body: VendorChangeByAdmin, caller: CallerDep
) -> VendorSchema:
    """Change a vendor's name, short name, currency, time zone, language, country or origins."""
    with caller.context.database.write() as session:
        vendor = vendor_changes.update_vendor(
            session, caller.act(), vendor_id, given(body), guard=caller.guard(vendor_schema)
        )
        return caller.tagged(vendor_schema(vendor))


@router.post("/{vendor_id}/suspend", responses=problems(404, 409))
def suspend_vendor(vendor_id: VendorId, caller: CallerDep) -> VendorSchema:
    """Stop a vendor for the time being: its people, keys and devices are refused."""
    with caller.context.database.write() as session:
        return vendor_schema(vendor_changes.suspend_vendor(session, caller.act(), vendor_id))


@router.post("/{vendor_id}/resume", responses=problems(404, 409))
def resume_vendor(vendor_id: VendorId, caller: CallerDep) -> VendorSchema:
    """Let a suspended vendor go on."""
    with caller.context.database.write() as session:
        return vendor_schema(vendor_changes.resume_vendor(session, caller.act(), vendor_id))
