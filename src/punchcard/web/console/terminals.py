"""The console's page of the terminals: pair one, name it, move it, send it away."""

from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Response
from pydantic import AwareDatetime

from punchcard.accounts import device_service, location_service, vendor_service
from punchcard.accounts.subjects import VENDOR_MANAGE
from punchcard.kit.i18n import N_
from punchcard.web.pages.forms import Form
from punchcard.web.pages.page_request import FormDep, Visit, signed_in

router = APIRouter(prefix="/console/terminals")

Manager = Annotated[Visit, Depends(signed_in(VENDOR_MANAGE))]

_SHOWN: Final = 200


@router.get("")
def open_terminals(visit: Manager) -> Response:
    """List the paired terminals."""
    return _list_page(visit, visit.form())


@router.post("/pair")
def pair(visit: Manager, form: FormDep) -> Response:
    """Show a code, as text and to be scanned, that pairs one terminal once."""
    location_id = form.value("location_id") or None
    shown: dict[str, Any] | None = None
    settings = visit.context.settings
    with form.refusals(), visit.context.database.write() as session:
        code, row = device_service.create_pairing_code(
            session,
            visit.act(),
            visit.vendor_id,
            location_id=location_id,
            minutes=settings.pairing_code_minutes,
        )
        # Behind the #: what stands there is never sent, so no log on the way sees the code.
        url = f"{settings.base_url.rstrip('/')}/terminal#{urlencode({'pair': code})}"
        timezone = vendor_service.get_vendor(session, visit.vendor_id).timezone
        shown = {"code": code, "url": url, "expires_at": row.expires_at, "timezone": timezone}
    if shown is None:
        return _list_page(visit, form, status=422)
    return visit.page("console/pairing.html", **shown, since=visit.context.clock.now().isoformat())


@router.get("/paired")
def show_paired(visit: Manager, since: AwareDatetime) -> Response:
    """Tell the page with the code which terminals were paired since: part of a page."""
    with visit.context.database.read() as session:
        rows = device_service.list_devices(session, visit.vendor_id, after_id=None, limit=_SHOWN)
    paired = [row for row in rows if row.paired_at >= since]
    return visit.page("console/paired.html", paired=paired, since=since.isoformat())


@router.get("/{device_id}")
def open_terminal(visit: Manager, device_id: str) -> Response:
    """Show one terminal to be renamed or moved."""
    with visit.context.database.read() as session:
        row = device_service.get_device(session, visit.vendor_id, device_id)
        initial = {"name": row.name, "location_id": row.location_id}
    return _terminal_page(visit, device_id, visit.form(initial))


@router.post("/{device_id}")
def update_terminal(visit: Manager, device_id: str, form: FormDep) -> Response:
    """Rename a terminal, or move it to another location."""
    changes: dict[str, Any] = {
        "name": form.text("name", limit=120),
        "location_id": form.text("location_id", limit=36),
    }
    if form.is_valid:
        with form.refusals(), visit.context.database.write() as session:
            device_service.update_device(session, visit.act(), visit.vendor_id, device_id, changes)
    if not form.is_valid:
        return _terminal_page(visit, device_id, form, status=422)
    return visit.redirect("/console/terminals", N_("Saved."))


@router.post("/{device_id}/revoke")
def revoke_terminal(visit: Manager, device_id: str, form: FormDep) -> Response:
    """Send a terminal away: it can do nothing any more."""
    with visit.context.database.write() as session:
        device_service.revoke_device(session, visit.act(), visit.vendor_id, device_id)
    return visit.redirect("/console/terminals", N_("The terminal is no longer paired."))


def _list_page(visit: Visit, form: Form, status: int = 200) -> Response:
    with visit.context.database.read() as session:
        devices = device_service.list_devices(session, visit.vendor_id, after_id=None, limit=_SHOWN)
        locations = location_service.list_locations(
            session, visit.vendor_id, after_id=None, limit=_SHOWN
        )
        timezone = vendor_service.get_vendor(session, visit.vendor_id).timezone
    return visit.page(
        "console/terminals.html",
        timezone=timezone,
        status=status,
        form=form,
        devices=devices,
        location_names={row.id: row.name for row in locations},
    )


def _terminal_page(visit: Visit, device_id: str, form: Form, status: int = 200) -> Response:
    with visit.context.database.read() as session:
        locations = location_service.list_locations(
            session, visit.vendor_id, after_id=None, limit=_SHOWN
        )
    return visit.page(
        "console/terminal.html",
        status=status,
        form=form,
        device_id=device_id,
        locations=[(row.id, row.name) for row in locations],
    )
