"""The vendor's paired terminals, and the codes that pair new ones."""

from fastapi import Response

from punchcard.accounts import device_service
from punchcard.api.http.dependencies import CallerDep, Listed, PageDep, listed
from punchcard.api.http.openapi import problems
from punchcard.api.http.routing import api_router
from punchcard.api.schemas.accounts import (
    DeviceChange,
    DeviceSchema,
    PairingCodeRequest,
    PairingCodeSchema,
    device_schema,
)
from punchcard.api.schemas.fields import given
from punchcard.kit.ids import DeviceId
from punchcard.loyalty.qr_codes import qr_svg

router = api_router("/api/v1/vendor/devices", tag="Devices")

_WITHOUT_CODE = dict.fromkeys(("code", "pairing_url", "qr_svg"))


@router.get("")
def list_devices(caller: CallerDep, page: PageDep) -> Listed[DeviceSchema]:
    """List the vendor's paired devices, oldest first."""
    with caller.context.database.read() as session:
        rows = device_service.list_devices(
            session, caller.vendor_id, after_id=page.cursor, limit=page.fetch
        )
    return listed(page, rows, device_schema, lambda row: row.id)


@router.post("/pairing-codes", status_code=201, responses=problems(404))
def create_pairing_code(body: PairingCodeRequest, caller: CallerDep) -> PairingCodeSchema:
    """Make a code that pairs one device, once, within minutes, as text and as a QR code."""
    settings = caller.context.settings
    with caller.context.database.write() as session:
        code, row = device_service.create_pairing_code(
            session,
            caller.act(),
            caller.vendor_id,
            location_id=body.location_id,
            minutes=settings.pairing_code_minutes,
        )
        url = device_service.pairing_url(settings.base_url, code)
        response = PairingCodeSchema(
            code=code,
            expires_at=row.expires_at,
            pairing_url=url,
            qr_svg=qr_svg(url, scale=4),
        )
        caller.remember(session, 201, response.model_copy(update=_WITHOUT_CODE))
    return response


@router.get("/{device_id}", responses=problems(404))
def get_device(device_id: DeviceId, caller: CallerDep) -> DeviceSchema:
    """Return one paired device."""
    with caller.context.database.read() as session:
        row = device_service.get_device(session, caller.vendor_id, device_id)
        return caller.tagged(device_schema(row))


@router.patch("/{device_id}", responses=problems(404))
def update_device(device_id: DeviceId, body: DeviceChange, caller: CallerDep) -> DeviceSchema:
    """Rename a device, or move it to another location."""
    with caller.context.database.write() as session:
        device = device_service.update_device(
            session,
            caller.act(),
            caller.vendor_id,
            device_id,
            given(body),
            guard=caller.guard(device_schema),
        )
        return caller.tagged(device_schema(device))


@router.delete("/{device_id}", status_code=204, responses=problems(404))
def revoke_device(device_id: DeviceId, caller: CallerDep) -> Response:
    """Revoke a device permanently: its token stops working at once."""
    with caller.context.database.write() as session:
        device_service.revoke_device(session, caller.act(), caller.vendor_id, device_id)
    return Response(status_code=204)
