"""The console's page of the ways that lead from a program's passes to the shop."""

from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Response

from punchcard.accounts import vendor_service
from punchcard.kit.i18n import LANGUAGES, N_, Language
from punchcard.kit.ids import ProgramId
from punchcard.kit.validation import contacts, texts
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.programs import program_service
from punchcard.loyalty.programs.featured_actions import FEATURED_ACTIONS_LIMIT, FeaturedAction
from punchcard.web.pages.forms import Form
from punchcard.web.pages.labels.programs import FEATURED_ACTIONS
from punchcard.web.pages.page_request import FormDep, PageRequest, PageRequestDep

router = APIRouter(prefix="/console/programs/{program_id}/links")

_FIELDS: Final = ("phone", "website_url", "opening_hours")
_HOURS_CHARACTERS: Final = 500


@router.get("")
def open_links(request: PageRequestDep, program_id: ProgramId) -> Response:
    """Show phone, website, opening hours and buttons to be changed."""
    return _page(request, program_id, None)


@router.post("")
def update_links(request: PageRequestDep, program_id: ProgramId, form: FormDep) -> Response:
    """Change phone, website, opening hours and buttons; passes follow."""
    with request.context.database.read() as session:
        vendor = vendor_service.get_vendor(session, request.vendor_id)
        before = program_service.get_program(session, request.vendor_id, program_id)
        form.merge(_initial(before))
    told = _read(form, vendor.country)
    hours = {language: _read_hours(form, f"{language}-opening_hours") for language in LANGUAGES}
    if form.is_valid:
        with form.refusals(), request.context.database.write() as session:
            program = program_service.get_program(session, request.vendor_id, program_id)
            branding = {name: one for name, one in program.branding.items() if name not in told}
            branding |= {name: one for name, one in told.items() if one}
            program_service.update_program(
                session,
                request.act(),
                request.vendor_id,
                program_id,
                {"branding": branding, "texts": _with_hours(program.texts, hours)},
                guard=form.guard(_initial),
            )
    if not form.is_valid:
        return _page(request, program_id, form, status=form.status)
    return request.redirect(f"/console/programs/{program_id}", N_("Saved."))


def _read(form: Form, country: str | None) -> dict[str, Any]:
    actions = [action.value for action in FeaturedAction if form.is_on(_box(action))]
    if len(actions) > FEATURED_ACTIONS_LIMIT:
        form.fault(_box(FeaturedAction.WEBSITE), N_("Please choose two at most."))
    return {
        "phone": form.checked("phone", contacts.phone, required=False, country=country),
        "website_url": form.checked("website_url", texts.https_address, required=False),
        "opening_hours": _read_hours(form, "opening_hours"),
        "featured_actions": actions,
    }


def _read_hours(form: Form, name: str) -> str | None:
    return form.checked(name, texts.paragraphs, required=False, maximum=_HOURS_CHARACTERS)


def _with_hours(
    before: Mapping[str, Mapping[str, str]], hours: Mapping[Language, str | None]
) -> dict[str, dict[str, str]]:
    """Return a program's words with its opening hours in each language."""
    words = {language: dict(one) for language, one in before.items()}
    for language, told in hours.items():
        own = words.setdefault(language, {})
        own.pop("opening_hours", None)
        if told:
            own["opening_hours"] = told
    return {language: own for language, own in words.items() if own}


def _box(action: FeaturedAction) -> str:
    return f"button_{action.value}"


def _initial(program: LoyaltyProgram) -> dict[str, Any]:
    """Return what the form shows of a program before anybody typed."""
    initial: dict[str, Any] = {name: program.branding.get(name) for name in _FIELDS}
    chosen = program.branding.get("featured_actions") or ()
    initial |= {_box(action): action.value in chosen for action in FeaturedAction}
    for language in LANGUAGES:
        words = program.texts.get(language) or {}
        initial[f"{language}-opening_hours"] = words.get("opening_hours")
    return initial


def _page(
    request: PageRequest, program_id: ProgramId, form: Form | None, status: int = 200
) -> Response:
    with request.context.database.read() as session:
        program = program_service.get_program(session, request.vendor_id, program_id)
        own = vendor_service.get_vendor(session, request.vendor_id).language
        initial = _initial(program)
    form = form or request.form(initial)
    return request.render(
        "console/program_links.html",
        status=status,
        form=form,
        program=program,
        own_language=own,
        actions=[(_box(action), FEATURED_ACTIONS[action]) for action in FeaturedAction],
        other_languages=[
            one for one in LANGUAGES if one != own or form.value(f"{one}-opening_hours")
        ],
    )
