"""The console's page of the staff PINs: who stands at the till."""

import secrets
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from punchcard.accounts import vendor_service
from punchcard.kit.i18n import N_
from punchcard.kit.ids import StaffPinId, as_id
from punchcard.loyalty.errors.staff import PinAlreadyUsed
from punchcard.loyalty.models import StaffPin
from punchcard.loyalty.programs import program_service
from punchcard.loyalty.rules.pin_rules import is_too_simple
from punchcard.loyalty.staff import pin_service
from punchcard.loyalty.vocabulary import PinFilter
from punchcard.web.console.bulk import BulkAction, bulk_page
from punchcard.web.console.given_pins import GivenPin, given_pins, keep_given_pin
from punchcard.web.console.list_filters import Asked
from punchcard.web.console.sorting import asked_order, by_text, headings, in_order
from punchcard.web.pages.forms import Form
from punchcard.web.pages.page_request import FormDep, PageRequest, PageRequestDep

router = APIRouter(prefix="/console/pins")

_SHOWN: Final = 50
_SORTED_SHOWN: Final = 1000
_ORDERS: Final[Mapping[str, Callable[[StaffPin], Any]]] = {
    "name": by_text("name"),
    # Who never stood at the till comes first, as who was there longest ago.
    "used": lambda pin: (pin.last_used_at is not None, pin.last_used_at or pin.created_at),
}
_PROGRAMS_SHOWN: Final = 200
_SUGGESTED_DIGITS: Final = 4
_DRAWN_DIGITS: Final = 6


@router.get("")
def open_pins(request: PageRequestDep, retired: bool = False, after: str = "") -> Response:
    """List who has a PIN, with a form for another person; or those whose PINs are retired."""
    return _list_page(request, request.form(), retired=retired, after=after)


@router.post("")
def create_pin(request: PageRequestDep, form: FormDep) -> Response:
    """Give a person a PIN: the one that was typed, or one drawn by chance."""
    fields = _read(form)
    if form.is_valid and form.is_on("draw"):
        with form.refusals():
            keep_given_pin(request, GivenPin(fields["name"], _give_drawn_pin(request, fields)))
    elif form.is_valid:
        # Hashing takes long, so it comes before the transaction.
        verifier = request.context.loyalty.pin_verifier
        with form.refusals(), verifier.counting_taken(request.subject):
            prepared = verifier.prepare(request.vendor_id, form.value("pin"))
            with request.context.database.write() as session:
                pin_service.create_pin(session, request.act(), request.vendor_id, fields, prepared)
            keep_given_pin(request, GivenPin(fields["name"], form.value("pin")))
    if not form.is_valid:
        return _list_page(request, form, status=422)
    return request.redirect("/console/pins", N_("{name} has a PIN."), name=fields["name"])


_AT_ONCE: Final = {
    "unlock": BulkAction(
        do=pin_service.unlock_pin,
        title=N_("Unlock these people?"),
        meaning=N_("Their wrong PINs are forgotten, so that they can go on at once."),
        done=N_("Unlocked people: {n}"),
    ),
    "retire": BulkAction(
        do=pin_service.retire_pin,
        title=N_("Retire these PINs?"),
        meaning=N_("They stop working at once and for good; the history keeps the names."),
        done=N_("Retired PINs: {n}"),
        is_dangerous=True,
    ),
}


@router.post("/bulk")
def change_pins(request: PageRequestDep, form: FormDep) -> Response:
    """Unlock or retire the PINs that were chosen in the list."""
    return bulk_page(request, form, _AT_ONCE, pin_service.names_of, at="/console/pins")


@router.get("/{pin_id}")
def open_pin(request: PageRequestDep, pin_id: StaffPinId) -> Response:
    """Show one person: name, program, another PIN, retirement."""
    with request.context.database.read() as session:
        row = pin_service.get_pin(session, request.vendor_id, pin_id)
        initial = _initial(row)
    return _pin_page(request, pin_id, request.form(initial))


@router.post("/{pin_id}")
def update_pin(request: PageRequestDep, pin_id: StaffPinId, form: FormDep) -> Response:
    """Change the person's facts, and the PIN when another one was typed."""
    context = request.context
    with context.database.read() as session:
        row = pin_service.get_pin(session, request.vendor_id, pin_id)
        form.merge(_initial(row), labels={"program_id": dict(_programs(session, request))})
    fields = _read(form)
    if form.is_valid:
        typed, verifier = form.value("pin"), context.loyalty.pin_verifier
        counting = verifier.counting_taken(request.subject) if typed else nullcontext()
        with form.refusals(), counting:
            prepared = verifier.prepare(request.vendor_id, typed) if typed else None
            with context.database.write() as session:
                pin_service.update_pin(
                    session,
                    request.act(),
                    request.vendor_id,
                    pin_id,
                    fields,
                    prepared=prepared,
                    guard=form.guard(_initial),
                )
            if typed:
                keep_given_pin(request, GivenPin(fields["name"], typed))
    if not form.is_valid:
        return _pin_page(request, pin_id, form, status=form.status)
    return request.redirect("/console/pins", N_("Saved."))


@router.post("/{pin_id}/unlock")
def unlock_pin(request: PageRequestDep, pin_id: StaffPinId, form: FormDep) -> Response:
    """Let a locked person go on at once."""
    with request.context.database.write() as session:
        row = pin_service.unlock_pin(session, request.act(), request.vendor_id, pin_id)
        name = row.name
    return request.redirect("/console/pins", N_("{name} can stamp again."), name=name)


@router.post("/{pin_id}/retire")
def retire_pin(request: PageRequestDep, pin_id: StaffPinId, form: FormDep) -> Response:
    """Retire a PIN and end its shifts; history keeps the name."""
    with request.context.database.write() as session:
        name = pin_service.retire_pin(session, request.act(), request.vendor_id, pin_id).name
    return request.redirect("/console/pins", N_("The PIN of {name} is retired."), name=name)


def _give_drawn_pin(request: PageRequest, fields: Mapping[str, Any]) -> str:
    """Give a PIN that nobody has, and return it.

    It tells nobody which are in use, so it is not counted, and is there for who typed too many of
    those that somebody has. Raises PinAlreadyUsed when chance has failed again and again.
    """
    for last in (False, False, False, False, True):
        drawn = suggested_pin(_DRAWN_DIGITS)
        prepared = request.context.loyalty.pin_verifier.prepare(request.vendor_id, drawn)
        try:
            with request.context.database.write() as session:
                pin_service.create_pin(session, request.act(), request.vendor_id, fields, prepared)
        except PinAlreadyUsed:
            if last:
                raise
            continue
        break
    return drawn


def suggested_pin(digits: int = _SUGGESTED_DIGITS) -> str:
    """Return a PIN drawn by chance that nobody would guess first."""
    while True:
        drawn = f"{secrets.randbelow(10**digits):0{digits}d}"
        if not is_too_simple(drawn):
            return drawn


def _initial(pin: StaffPin) -> dict[str, Any]:
    return {field: getattr(pin, field) for field in pin_service.FIELDS}


def _read(form: Form) -> dict[str, Any]:
    return {
        "name": form.text("name", limit=120),
        "staff_id": form.text("staff_id", required=False, limit=64),
        "program_id": as_id(form.value("program_id")),
    }


def _programs(session: Session, request: PageRequest) -> list[tuple[str, str]]:
    rows = program_service.list_programs(session, request.vendor_id, limit=_PROGRAMS_SHOWN)
    return [(row.id, row.name) for row in rows]


def _list_page(
    request: PageRequest, form: Form, *, retired: bool = False, after: str = "", status: int = 200
) -> Response:
    order = asked_order(request.http.query_params, _ORDERS)
    # In another order there is one page of all: a shop has some dozens of people.
    shown_at_once = _SORTED_SHOWN if order else _SHOWN
    with request.context.database.read() as session:
        rows: list[StaffPin] = list(
            pin_service.list_pins(
                session,
                request.vendor_id,
                limit=shown_at_once + 1,
                after_id=as_id(after) if after else None,
                status=PinFilter.RETIRED if retired else PinFilter.IN_USE,
            )
        )
        programs = _programs(session, request)
        timezone = vendor_service.get_vendor(session, request.vendor_id).timezone
    asked = {"retired": "1"} if retired else {}
    more = rows[shown_at_once - 1].id if len(rows) > shown_at_once else None
    return request.render(
        "console/pins.html",
        status=status,
        form=form,
        pins=in_order(rows[:shown_at_once], order, _ORDERS),
        headings=headings(Asked(asked), "/console/pins", _ORDERS, order),
        given=given_pins(request),
        programs=programs,
        program_names=dict(programs),
        shows_retired=retired,
        export_urls=Asked({}).files("pins"),
        timezone=timezone,
        suggestion=suggested_pin(),
        next_url=f"/console/pins?{urlencode({**asked, 'after': more})}" if more else None,
        first_url=f"/console/pins?{urlencode(asked)}" if after else None,
    )


def _pin_page(request: PageRequest, pin_id: StaffPinId, form: Form, status: int = 200) -> Response:
    with request.context.database.read() as session:
        row = pin_service.get_pin(session, request.vendor_id, pin_id)
        programs = _programs(session, request)
    return request.render(
        "console/pin.html",
        status=status,
        form=form,
        pin=row,
        programs=programs,
        suggestion=suggested_pin(),
    )
