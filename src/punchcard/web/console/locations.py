"""The console's page of the places where the vendor serves customers."""

import re
from typing import Any, Final

from fastapi import APIRouter, Response

from punchcard.accounts import location_service
from punchcard.accounts.models import Location
from punchcard.kit.i18n import N_
from punchcard.kit.ids import LocationId
from punchcard.loyalty.programs import vendor_changes
from punchcard.web.console.bulk import BulkAction, bulk_page, names_in
from punchcard.web.console.sorting import by_text, sorted_page
from punchcard.web.pages.forms import Form
from punchcard.web.pages.page_request import FormDep, PageRequest, PageRequestDep

router = APIRouter(prefix="/console/locations")

_SHOWN: Final = 200
_NAME_CHARACTERS: Final = 120
_ADDRESS_CHARACTERS: Final = 300
_DEGREES: Final = re.compile(r"[+-]?[0-9]{1,3}(\.[0-9]{1,15})?")
_ORDERS: Final = {"name": by_text("name"), "address": by_text("address")}


@router.get("")
def open_locations(request: PageRequestDep) -> Response:
    """List the locations, with a form for another one."""
    return _list_page(request, request.form())


@router.post("")
def create_location(request: PageRequestDep, form: FormDep) -> Response:
    """Open a location."""
    wanted = _read(form)
    if form.is_valid:
        form.carry_out(request, vendor_changes.create_location, **wanted)
    if not form.is_valid:
        return _list_page(request, form, status=422)
    return request.redirect("/console/locations", N_("The location is open."))


_AT_ONCE: Final = {
    "close": BulkAction(
        do=vendor_changes.close_location,
        title=N_("Close these locations permanently?"),
        meaning=N_("No terminal can be paired there any more; the history keeps the names."),
        done=N_("Closed locations: {n}"),
        is_dangerous=True,
    ),
}


@router.post("/bulk")
def close_locations(request: PageRequestDep, form: FormDep) -> Response:
    """Close the locations that were chosen in the list; where a terminal stands it stays."""
    return bulk_page(request, form, _AT_ONCE, names_in(Location), at="/console/locations")


@router.get("/{location_id}")
def open_location(request: PageRequestDep, location_id: LocationId) -> Response:
    """Show one location to be changed."""
    with request.context.database.read() as session:
        found = location_service.get_location(session, request.vendor_id, location_id)
        initial = _initial(found)
    return request.render(
        "console/location.html", form=request.form(initial), location_id=location_id
    )


@router.post("/{location_id}")
def update_location(request: PageRequestDep, location_id: LocationId, form: FormDep) -> Response:
    """Change the name or the address."""
    with request.context.database.read() as session:
        form.merge(_initial(location_service.get_location(session, request.vendor_id, location_id)))
    changes = _read(form)
    if form.is_valid:
        form.carry_out(
            request,
            vendor_changes.update_location,
            location_id,
            changes,
            guard=form.guard(_initial),
        )
    if not form.is_valid:
        return request.render(
            "console/location.html", status=form.status, form=form, location_id=location_id
        )
    return request.redirect("/console/locations", N_("Saved."))


@router.post("/{location_id}/close")
def close_location(request: PageRequestDep, location_id: LocationId, form: FormDep) -> Response:
    """Close a location for good; while a terminal stands there it says so."""
    form.carry_out(request, vendor_changes.close_location, location_id)
    if not form.is_valid:
        return _list_page(request, form, status=409)
    return request.redirect("/console/locations", N_("The location is closed."))


def _initial(location: Location) -> dict[str, Any]:
    degrees = {
        name: None if (value := getattr(location, name)) is None else str(value)
        for name in ("latitude", "longitude")
    }
    return {"name": location.name, "address": location.address, **degrees}


def _read(form: Form) -> dict[str, Any]:
    return {
        "name": form.text("name", limit=_NAME_CHARACTERS),
        "address": form.text("address", required=False, limit=_ADDRESS_CHARACTERS),
        "latitude": _degrees(form, "latitude"),
        "longitude": _degrees(form, "longitude"),
    }


def _degrees(form: Form, name: str) -> float | None:
    """Return a coordinate as typed, with a comma or a point, None for an empty field."""
    typed = form.value(name).strip().replace(",", ".").removesuffix("°").replace("−", "-")
    if not typed:
        return None
    if not _DEGREES.fullmatch(typed):
        form.fault(name, N_("Degrees with a point, such as 49.6117."))
        return None
    return float(typed)


def _list_page(request: PageRequest, form: Form, status: int = 200) -> Response:
    with request.context.database.read() as session:
        found = location_service.list_locations(
            session, request.vendor_id, after_id=None, limit=_SHOWN
        )
    shown, columns = sorted_page(request.http.query_params, "/console/locations", found, _ORDERS)
    return request.render(
        "console/locations.html", status=status, form=form, locations=shown, headings=columns
    )
