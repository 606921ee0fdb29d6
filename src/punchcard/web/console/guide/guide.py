"""The first-run guide: five short pages from an empty shop to the poster on its counter.

Where somebody stands is told by what the shop has, so the guide can be left and taken up again.
"""

import secrets
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Response

from punchcard.accounts import location_service, vendor_service
from punchcard.accounts.subjects import LOYALTY_MANAGE, VENDOR_MANAGE
from punchcard.kit.i18n import N_
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.programs import onboarding, program_service, reward_service, vendor_changes
from punchcard.loyalty.rules.pin_rules import is_too_simple
from punchcard.loyalty.rules.program_rules import PROGRAM_BOUNDS, REWARD_BOUNDS
from punchcard.loyalty.staff import pin_service
from punchcard.web.console.guide.guide_steps import GUIDE_PAGES, path_after
from punchcard.web.console.programs.program_form import (
    NAME_CHARACTERS,
    Ground,
    amount_of,
    ground_of,
    read_stamp_reward,
)
from punchcard.web.console.programs.program_start import create_from, start_page
from punchcard.web.pages.forms import Form
from punchcard.web.pages.page_request import FormDep, Visit, signed_in
from punchcard.web.pages.vendor_form import read_vendor

router = APIRouter(prefix="/console/guide")

Manager = Annotated[Visit, Depends(signed_in(LOYALTY_MANAGE))]
ShopManager = Annotated[Visit, Depends(signed_in(VENDOR_MANAGE))]

_PINS_SHOWN: Final = 200
_ADDRESS_CHARACTERS: Final = 300


@router.get("")
def open_guide(visit: Manager) -> Response:
    """Go to the first step that is not done."""
    step = _steps(visit).next
    pages = {page.step: page.path for page in GUIDE_PAGES}
    return visit.redirect(pages[step] if step else "/console")


@router.get("/shop")
def open_shop(visit: ShopManager) -> Response:
    """Ask what the shop is called, what it speaks, and where it is."""
    return _shop_page(visit, None)


@router.post("/shop")
def tell_shop(visit: ShopManager, form: FormDep) -> Response:
    """Keep it, the address with the first location."""
    changes = read_vendor(form)
    address = form.text("address", required=False, limit=_ADDRESS_CHARACTERS)
    if form.is_valid:
        with form.refusals(), visit.context.database.write() as session:
            act = visit.act()
            vendor_changes.update_vendor(session, act, visit.vendor_id, changes)
            _keep_address(session, visit, address)
    if not form.is_valid:
        return _shop_page(visit, form, status=422)
    return visit.redirect(path_after("shop"), N_("Saved."))


@router.get("/program")
def open_program(visit: Manager) -> Response:
    """Ask for the kind of program; once there is one, the next step is due."""
    if _steps(visit).program_id is not None:
        return visit.redirect(path_after("program"))
    return start_page(visit, None, is_guide=True, **_guide_values(visit))


@router.post("/program")
def make_program(visit: Manager, form: FormDep) -> Response:
    """Make the program, as a draft until it has its reward."""
    if _steps(visit).program_id is None and create_from(visit, form) is None:
        return start_page(visit, form, is_guide=True, status=422, **_guide_values(visit))
    return visit.redirect(path_after("program"))


@router.get("/reward")
def open_reward(visit: Manager) -> Response:
    """Ask what customers get, and for how many stamps or points."""
    program = _program_without_reward(visit)
    if program is None:
        return visit.redirect("/console/guide")
    return _reward_page(visit, program, None)


@router.post("/reward")
def choose_reward(visit: Manager, form: FormDep) -> Response:
    """Keep the reward and open the program for business."""
    program = _program_without_reward(visit)
    if program is None:
        return visit.redirect("/console/guide")
    fields, offer = _read_reward(form, ground_of(program))
    if form.is_valid:
        with form.refusals(stamp_reward="reward_name"), visit.context.database.write() as session:
            act = visit.act()
            program_service.update_program(session, visit.vendor_id, program.id, fields, act)
            if offer is not None:
                reward_service.create_reward(session, visit.vendor_id, program.id, offer, act)
            program_service.activate_program(session, visit.vendor_id, program.id, act)
    if not form.is_valid:
        return _reward_page(visit, program, form, status=422)
    return visit.redirect(path_after("reward"), N_("Your program is open for business."))


@router.get("/pins")
def open_pins(visit: Manager) -> Response:
    """Ask who works at the till."""
    return _pins_page(visit, visit.form({"pin": new_pin()}))


@router.post("/pins")
def add_pin(visit: Manager, form: FormDep) -> Response:
    """Give one person a PIN."""
    name = form.text("name", limit=NAME_CHARACTERS)
    pin = form.text("pin", limit=8)
    if name and pin and form.is_valid:
        with form.refusals():
            prepared = visit.context.pin_verifier.prepare(visit.vendor_id, pin)
            with visit.context.database.write() as session:
                fields = {"name": name}
                pin_service.create_pin(session, visit.vendor_id, fields, prepared, visit.act())
    if not form.is_valid:
        return _pins_page(visit, form, status=422)
    return visit.redirect("/console/guide/pins", N_("{name} can stamp now."), name=name)


@router.get("/poster")
def open_poster(visit: Manager) -> Response:
    """Go to the poster of the program that the guide made."""
    program_id = _steps(visit).program_id
    if program_id is None:
        return visit.redirect("/console/guide/program")
    return visit.redirect(f"/console/programs/{program_id}/poster")


def new_pin() -> str:
    """Return four random digits that nobody guesses first."""
    while True:
        pin = f"{secrets.randbelow(10_000):04}"
        if not is_too_simple(pin):
            return pin


def _steps(visit: Visit) -> onboarding.FirstSteps:
    with visit.context.database.read() as session:
        return onboarding.first_steps(session, visit.vendor_id)


def _program_without_reward(visit: Visit) -> LoyaltyProgram | None:
    """Return the guide's program while its reward is still to be chosen."""
    with visit.context.database.read() as session:
        steps = onboarding.first_steps(session, visit.vendor_id)
        if steps.program_id is None or "reward" in steps.done:
            return None
        return program_service.get_program(session, visit.vendor_id, steps.program_id)


def _guide_values(visit: Visit) -> dict[str, Any]:
    return {"steps": _steps(visit), "guide_pages": GUIDE_PAGES}


def _keep_address(session: Any, visit: Visit, address: str | None) -> None:
    found = location_service.list_locations(session, visit.vendor_id, after_id=None, limit=1)
    if found and address:
        changes = {"address": address}
        location_service.update_location(
            session, visit.act(), visit.vendor_id, found[0].id, changes
        )


def _read_reward(form: Form, ground: Ground) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Return the program's fields and the offer for points, whichever the program has."""
    fields: dict[str, Any] = {}
    if ground.has_stamps:
        minimum, maximum = PROGRAM_BOUNDS["stamps_target"]
        fields["stamps_target"] = form.whole("stamps_target", minimum=minimum, maximum=maximum)
        fields["stamp_reward"] = read_stamp_reward(form, ground)
        if fields["stamp_reward"] is None:
            form.fault("reward_name", N_("Please fill this in."))
    if not ground.has_points:
        return fields, None
    minimum, maximum = PROGRAM_BOUNDS["points_per_currency_unit"]
    fields["points_per_currency_unit"] = form.whole(
        "points_per_currency_unit", minimum=minimum, maximum=maximum
    )
    minimum, maximum = REWARD_BOUNDS["points_required"]
    return fields, {
        "name": form.text("offer_name", limit=NAME_CHARACTERS),
        "points_required": form.whole("points_required", minimum=minimum, maximum=maximum),
    }


def _shop_page(visit: Visit, form: Form | None, status: int = 200) -> Response:
    with visit.context.database.read() as session:
        vendor = vendor_service.get_vendor(session, visit.vendor_id)
        initial = {
            name: getattr(vendor, name) for name in ("name", "language", "currency", "timezone")
        }
        found = location_service.list_locations(session, vendor.id, after_id=None, limit=1)
        initial["address"] = found[0].address if found else None
    return visit.page(
        "console/guide_shop.html",
        status=status,
        form=form or visit.form(initial),
        step="shop",
        skip_to=path_after("shop"),
        **_guide_values(visit),
    )


def _reward_page(
    visit: Visit, program: LoyaltyProgram, form: Form | None, status: int = 200
) -> Response:
    reward = program.stamp_reward or {}
    initial = {
        "stamps_target": program.stamps_target,
        "reward_name": reward.get("name"),
        "reward_description": reward.get("description"),
        "reward_value": amount_of(reward.get("value_minor"), program.currency),
        "points_per_currency_unit": program.points_per_currency_unit,
        "points_required": 100,
    }
    return visit.page(
        "console/guide_reward.html",
        status=status,
        form=form or visit.form(initial),
        program=program,
        ground=ground_of(program),
        step="reward",
        skip_to=path_after("reward"),
        **_guide_values(visit),
    )


def _pins_page(visit: Visit, form: Form, status: int = 200) -> Response:
    with visit.context.database.read() as session:
        pins = pin_service.list_pins(session, visit.vendor_id, limit=_PINS_SHOWN)
    return visit.page(
        "console/guide_pins.html",
        status=status,
        form=form,
        pins=pins,
        step="pins",
        skip_to=path_after("pins"),
        **_guide_values(visit),
    )
