"""The first-run guide: short pages from an empty shop to the poster on its counter.

Where someone stands is told by what the shop has, so the guide can be left and taken up again.
"""

from functools import partial
from typing import Any, Final

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from punchcard.accounts import device_service, location_service, vendor_service
from punchcard.accounts.models import Vendor
from punchcard.accounts.words import LANGUAGE_NAMES
from punchcard.kit.i18n import N_
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.programs import onboarding, program_service, reward_service, vendor_changes
from punchcard.loyalty.rules.program_rules import PROGRAM_BOUNDS, REWARD_BOUNDS
from punchcard.loyalty.staff import pin_service
from punchcard.web.console.given_pins import GivenPin, given_pins, keep_given_pin
from punchcard.web.console.guide.guide_preview import guide_preview, has_wallets
from punchcard.web.console.guide.guide_steps import GUIDE_PAGES, page_paths, path_after
from punchcard.web.console.pins import suggested_pin
from punchcard.web.console.programs.program_form import (
    NAME_CHARACTERS,
    ProgramContext,
    amount_of,
    program_context_of,
    read_earning_amount,
    read_stamp_reward,
)
from punchcard.web.console.programs.program_start import create_from, start_form, start_page
from punchcard.web.console.programs.trades import suggested_reward
from punchcard.web.pages.forms import Form
from punchcard.web.pages.page_request import FormDep, PageRequest, PageRequestDep
from punchcard.web.pages.vendor_form import VENDOR_FIELDS, place_choices, read_vendor

router = APIRouter(prefix="/console/guide")

_SHOWN: Final = 200
_ADDRESS_CHARACTERS: Final = 300


@router.get("")
def open_guide(request: PageRequestDep) -> Response:
    """Go to the first step that is not done."""
    step = _steps(request).next
    pages = {page.step: page.path for page in GUIDE_PAGES}
    return request.redirect(pages[step] if step else "/console")


@router.get("/shop")
def open_shop(request: PageRequestDep) -> Response:
    """Ask what the shop is called, what it speaks, and where it is."""
    return _shop_page(request, None)


@router.post("/shop")
def tell_shop(request: PageRequestDep, form: FormDep) -> Response:
    """Keep it, the address with the first location."""
    with request.context.database.read() as session:
        vendor = vendor_service.get_vendor(session, request.vendor_id)
        form.merge(_shop_values(session, vendor), labels={"language": LANGUAGE_NAMES})
    changes = read_vendor(form)
    address = form.text("address", required=False, limit=_ADDRESS_CHARACTERS)
    if form.is_valid:
        with form.refusals(), request.context.database.write() as session:
            act = request.act()
            guard = form.guard(partial(_shop_values, session))
            vendor_changes.update_vendor(
                session, act, request.vendor_id, changes, guard=guard, is_confirmed=True
            )
            _keep_address(session, request, address)
    if not form.is_valid:
        return _shop_page(request, form, status=form.status)
    return request.redirect(path_after("shop"), N_("Saved."))


@router.get("/program")
def open_program(request: PageRequestDep) -> Response:
    """Ask for the kind of program; once there is one, the next step is due."""
    if _steps(request).program_id is not None:
        return request.redirect(path_after("program"))
    return _program_page(request, start_form(request))


@router.post("/program")
def make_program(request: PageRequestDep, form: FormDep) -> Response:
    """Make the program, as a draft until it has its reward."""
    if _steps(request).program_id is None and create_from(request, form) is None:
        return _program_page(request, form, status=422)
    return request.redirect(path_after("program"))


@router.post("/preview")
def preview_card(request: PageRequestDep, form: FormDep) -> Response:
    """Show the card as it would be with what is typed in the guide: part of a page."""
    with request.context.database.read() as session:
        steps = onboarding.first_steps(session, request.vendor_id)
        typed = None
        if steps.program_id is not None:
            program = program_service.get_program(session, request.vendor_id, steps.program_id)
            typed = _read_reward(form, program_context_of(program))[0]
        preview = guide_preview(session, request, steps, form, typed)
    return request.render(
        "console/program_preview.html", preview=preview, shows_wallets=has_wallets(request)
    )


@router.get("/reward")
def open_reward(request: PageRequestDep) -> Response:
    """Ask what customers get, and for how many stamps or points."""
    program = _program_without_reward(request)
    if program is None:
        return request.redirect("/console/guide")
    return _reward_page(request, program, None)


@router.post("/reward")
def choose_reward(request: PageRequestDep, form: FormDep) -> Response:
    """Keep the reward and open the program for business."""
    program = _program_without_reward(request)
    if program is None:
        return request.redirect("/console/guide")
    values = partial(_reward_values, request)
    form.merge(values(program))
    fields, offer = _read_reward(form, program_context_of(program))
    if form.is_valid:
        with form.refusals(stamp_reward="reward_name"), request.context.database.write() as session:
            act = request.act()
            guard = form.guard(values)
            program_service.update_program(
                session, act, request.vendor_id, program.id, fields, guard=guard
            )
            if offer is not None:
                reward_service.create_reward(session, act, request.vendor_id, program.id, offer)
            program_service.activate_program(session, act, request.vendor_id, program.id)
    if not form.is_valid:
        return _reward_page(request, program, form, status=form.status)
    return request.redirect(path_after("reward"), N_("Your program is open for business."))


@router.get("/pins")
def open_pins(request: PageRequestDep) -> Response:
    """Ask who works at the till."""
    return _pins_page(request, request.form({"pin": suggested_pin()}))


@router.post("/pins")
def add_pin(request: PageRequestDep, form: FormDep) -> Response:
    """Give one person a PIN."""
    name = form.text("name", limit=NAME_CHARACTERS)
    pin = form.text("pin", limit=8)
    if name and pin and form.is_valid:
        verifier = request.context.loyalty.pin_verifier
        with form.refusals(), verifier.counting_taken(request.subject):
            prepared = verifier.prepare(request.vendor_id, pin)
            with request.context.database.write() as session:
                fields = {"name": name}
                pin_service.create_pin(session, request.act(), request.vendor_id, fields, prepared)
            keep_given_pin(request, GivenPin(name, pin))
    if not form.is_valid:
        return _pins_page(request, form, status=422)
    return request.redirect("/console/guide/pins", N_("{name} can stamp now."), name=name)


@router.get("/poster")
def open_poster(request: PageRequestDep) -> Response:
    """Go to the poster of the program that the guide made."""
    program_id = _steps(request).program_id
    if program_id is None:
        return request.redirect("/console/guide/program")
    return request.redirect(f"/console/programs/{program_id}/poster")


@router.get("/terminal")
def open_terminal(request: PageRequestDep) -> Response:
    """Offer the code that pairs the phone or tablet on the counter."""
    with request.context.database.read() as session:
        vendor_id = request.vendor_id
        devices = device_service.list_devices(session, vendor_id, after_id=None, limit=_SHOWN)
        places = location_service.list_locations(session, vendor_id, after_id=None, limit=_SHOWN)
    return request.render(
        "console/guide_terminal.html",
        form=request.form(),
        devices=devices,
        locations=[(row.id, row.name) for row in places],
        step="terminal",
        skip_to=path_after("terminal"),
        **_guide_values(request),
    )


def _steps(request: PageRequest) -> onboarding.FirstSteps:
    with request.context.database.read() as session:
        return onboarding.first_steps(session, request.vendor_id)


def _program_without_reward(request: PageRequest) -> LoyaltyProgram | None:
    """Return the guide's program while its reward is still to be chosen."""
    with request.context.database.read() as session:
        steps = onboarding.first_steps(session, request.vendor_id)
        if steps.program_id is None or "reward" in steps.done:
            return None
        return program_service.get_program(session, request.vendor_id, steps.program_id)


def _guide_values(request: PageRequest) -> dict[str, Any]:
    steps = _steps(request)
    return {
        "steps": steps,
        "guide_pages": GUIDE_PAGES,
        "guide_paths": page_paths(steps),
        "shows_wallets": has_wallets(request),
    }


def _keep_address(session: Any, request: PageRequest, address: str | None) -> None:
    found = location_service.list_locations(session, request.vendor_id, after_id=None, limit=1)
    if found and address:
        changes = {"address": address}
        location_service.update_location(
            session, request.act(), request.vendor_id, found[0].id, changes
        )


def _read_reward(
    form: Form, program_context: ProgramContext
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Return the program's fields and the offer for points, whichever the program has."""
    fields: dict[str, Any] = {}
    if program_context.has_stamps:
        minimum, maximum = PROGRAM_BOUNDS["stamps_target"]
        fields["stamps_target"] = form.whole("stamps_target", minimum=minimum, maximum=maximum)
        fields["stamp_reward"] = read_stamp_reward(form, program_context)
        if fields["stamp_reward"] is None:
            form.fault("reward_name", N_("Please fill this in."))
    if not program_context.has_points:
        return fields, None
    minimum, maximum = PROGRAM_BOUNDS["points_per_currency_unit"]
    fields["points_per_currency_unit"] = form.whole(
        "points_per_currency_unit", minimum=minimum, maximum=maximum
    )
    fields.update(read_earning_amount(form, program_context.currency))
    minimum, maximum = REWARD_BOUNDS["points_required"]
    return fields, {
        "name": form.text("offer_name", limit=NAME_CHARACTERS),
        "points_required": form.whole("points_required", minimum=minimum, maximum=maximum),
    }


def _shop_values(session: Session, vendor: Vendor) -> dict[str, Any]:
    values = {name: getattr(vendor, name) for name in VENDOR_FIELDS}
    found = location_service.list_locations(session, vendor.id, after_id=None, limit=1)
    return {**values, "address": found[0].address if found else None}


def _shop_page(request: PageRequest, form: Form | None, status: int = 200) -> Response:
    with request.context.database.read() as session:
        vendor = vendor_service.get_vendor(session, request.vendor_id)
        initial = _shop_values(session, vendor)
    form = form or request.form(initial)
    return request.render(
        "console/guide_shop.html",
        status=status,
        form=form,
        step="shop",
        places=place_choices(form, request.language),
        skip_to=path_after("shop"),
        **_guide_values(request),
    )


def _program_page(request: PageRequest, form: Form, status: int = 200) -> Response:
    values = _guide_values(request)
    with request.context.database.read() as session:
        preview = guide_preview(session, request, values["steps"], form)
    return start_page(request, form, is_guide=True, status=status, preview=preview, **values)


def _reward_values(request: PageRequest, program: LoyaltyProgram) -> dict[str, Any]:
    reward = program.stamp_reward or {}
    suggested = suggested_reward(program.branding)
    return {
        "stamps_target": program.stamps_target,
        "reward_name": reward.get("name") or (request.say(suggested) if suggested else None),
        "reward_description": reward.get("description"),
        "reward_value": amount_of(reward.get("value_minor"), program.currency),
        "points_per_currency_unit": program.points_per_currency_unit,
        "points_per_amount": amount_of(program.points_per_amount_minor, program.currency),
        "points_required": 100,
    }


def _reward_page(
    request: PageRequest, program: LoyaltyProgram, form: Form | None, status: int = 200
) -> Response:
    values = _guide_values(request)
    typed = _read_reward(form, program_context_of(program))[0] if form else None
    form = form or request.form(_reward_values(request, program))
    with request.context.database.read() as session:
        preview = guide_preview(session, request, values["steps"], form, typed)
    return request.render(
        "console/guide_reward.html",
        status=status,
        form=form,
        program=program,
        program_context=program_context_of(program),
        preview=preview,
        step="reward",
        skip_to=path_after("reward"),
        **values,
    )


def _pins_page(request: PageRequest, form: Form, status: int = 200) -> Response:
    with request.context.database.read() as session:
        pins = pin_service.list_pins(session, request.vendor_id, limit=_SHOWN)
    return request.render(
        "console/guide_pins.html",
        status=status,
        form=form,
        pins=pins,
        given={one.name: one.pin for one in given_pins(request)},
        step="pins",
        skip_to=path_after("pins"),
        **_guide_values(request),
    )
