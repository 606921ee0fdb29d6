"""The console's page of the terminals: pair one, name it, move it, send it away."""

from typing import Any, Final

from fastapi import APIRouter, Response
from pydantic import AwareDatetime

from punchcard.accounts import device_service, location_service, vendor_service
from punchcard.accounts.models import Device
from punchcard.kit.i18n import N_
from punchcard.kit.ids import DeviceId, LocationId
from punchcard.loyalty.programs import onboarding
from punchcard.web.console.bulk import BulkAction, bulk_page, names_in
from punchcard.web.console.guide.guide_steps import path_after
from punchcard.web.pages.forms import Form
from punchcard.web.pages.page_request import FormDep, PageRequest, PageRequestDep

router = APIRouter(prefix="/console/terminals")

_SHOWN: Final = 200


@router.get("")
def open_terminals(request: PageRequestDep) -> Response:
    """List the paired terminals."""
    return _list_page(request, request.form())


@router.post("/pair")
def pair(request: PageRequestDep, form: FormDep) -> Response:
    """Show a code, as text and to be scanned, that pairs one terminal once."""
    chosen = form.value("location_id")
    location_id = LocationId(chosen) if chosen else None
    shown: dict[str, Any] | None = None
    settings = request.context.settings
    with form.refusals(), request.context.database.write() as session:
        code, row = device_service.create_pairing_code(
            session,
            request.act(),
            request.vendor_id,
            location_id=location_id,
            minutes=settings.pairing_code_minutes,
        )
        url = device_service.pairing_url(settings.base_url, code)
        timezone = vendor_service.get_vendor(session, request.vendor_id).timezone
        shown = {"code": code, "url": url, "expires_at": row.expires_at, "timezone": timezone}
    if shown is None:
        return _list_page(request, form, status=422)
    return request.render(
        "console/pairing.html", **shown, since=request.context.clock.now().isoformat()
    )


@router.get("/paired")
def show_paired(request: PageRequestDep, since: AwareDatetime) -> Response:
    """Tell the page with the code which terminals were paired since: part of a page."""
    with request.context.database.read() as session:
        paired = device_service.list_devices(
            session, request.vendor_id, after_id=None, limit=_SHOWN
        )
        steps = onboarding.first_steps(session, request.vendor_id)
    return request.render(
        "console/paired.html",
        paired=[row for row in paired if row.paired_at >= since],
        since=since.isoformat(),
        leads_to_poster=not steps.is_finished and "poster" not in steps.done,
        next_url=_after_pairing(steps),
    )


def _after_pairing(steps: onboarding.FirstSteps) -> str:
    """Return where a shop goes on that is still on its way to the first stamp, or was before."""
    if steps.is_finished:
        return "/console/terminals"
    return path_after("terminal") if "poster" not in steps.done else "/console"


_AT_ONCE: Final = {
    "revoke": BulkAction(
        do=device_service.revoke_device,
        title=N_("Unpair these terminals?"),
        meaning=N_("They stop working at once, and anything they have not sent yet is lost."),
        done=N_("Unpaired terminals: {n}"),
        is_dangerous=True,
    ),
}


@router.post("/bulk")
def revoke_terminals(request: PageRequestDep, form: FormDep) -> Response:
    """Send the terminals away that were chosen in the list."""
    return bulk_page(request, form, _AT_ONCE, names_in(Device), at="/console/terminals")


@router.get("/{device_id}")
def open_terminal(request: PageRequestDep, device_id: DeviceId) -> Response:
    """Show one terminal to be renamed or moved."""
    with request.context.database.read() as session:
        row = device_service.get_device(session, request.vendor_id, device_id)
        initial = _initial(row)
    return _terminal_page(request, device_id, request.form(initial))


@router.post("/{device_id}")
def update_terminal(request: PageRequestDep, device_id: DeviceId, form: FormDep) -> Response:
    """Rename a terminal, or move it to another location."""
    with request.context.database.read() as session:
        form.merge(
            _initial(device_service.get_device(session, request.vendor_id, device_id)),
            labels={"location_id": location_service.location_names(session, request.vendor_id)},
        )
    changes: dict[str, Any] = {
        "name": form.text("name", limit=120),
        "location_id": form.text("location_id", limit=36),
    }
    if form.is_valid:
        form.carry_out(
            request,
            device_service.update_device,
            device_id,
            changes,
            guard=form.guard(_initial),
        )
    if not form.is_valid:
        return _terminal_page(request, device_id, form, status=form.status)
    return request.redirect("/console/terminals", N_("Saved."))


@router.post("/{device_id}/revoke")
def revoke_terminal(request: PageRequestDep, device_id: DeviceId, form: FormDep) -> Response:
    """Send a terminal away: it can do nothing any more."""
    with request.context.database.write() as session:
        device_service.revoke_device(session, request.act(), request.vendor_id, device_id)
    return request.redirect("/console/terminals", N_("The terminal is no longer paired."))


def _initial(device: Device) -> dict[str, Any]:
    return {"name": device.name, "location_id": device.location_id}


def _list_page(request: PageRequest, form: Form, status: int = 200) -> Response:
    with request.context.database.read() as session:
        devices = device_service.list_devices(
            session, request.vendor_id, after_id=None, limit=_SHOWN
        )
        locations = location_service.list_locations(
            session, request.vendor_id, after_id=None, limit=_SHOWN
        )
        timezone = vendor_service.get_vendor(session, request.vendor_id).timezone
    return request.render(
        "console/terminals.html",
        timezone=timezone,
        status=status,
        form=form,
        devices=devices,
        location_names={row.id: row.name for row in locations},
    )


def _terminal_page(
    request: PageRequest, device_id: DeviceId, form: Form, status: int = 200
) -> Response:
    with request.context.database.read() as session:
        locations = location_service.list_locations(
            session, request.vendor_id, after_id=None, limit=_SHOWN
        )
    return request.render(
        "console/terminal.html",
        status=status,
        form=form,
        device_id=device_id,
        locations=[(row.id, row.name) for row in locations],
    )
