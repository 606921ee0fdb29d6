"""The console's page of the ways that lead from a program's passes to the shop."""

from typing import Any, Final

from fastapi import APIRouter, Response

from punchcard.accounts import vendor_service
from punchcard.kit.i18n import N_
from punchcard.kit.ids import ProgramId
from punchcard.kit.validation import contacts, texts
from punchcard.loyalty.programs import program_service
from punchcard.web.pages.forms import Form
from punchcard.web.pages.page_request import FormDep, PageRequest, PageRequestDep

router = APIRouter(prefix="/console/programs/{program_id}/links")

_FIELDS: Final = ("phone", "website_url", "opening_hours")
_HOURS_CHARACTERS: Final = 500


@router.get("")
def open_links(request: PageRequestDep, program_id: ProgramId) -> Response:
    """Show phone, website and opening hours to be changed."""
    return _page(request, program_id, None)


@router.post("")
def update_links(request: PageRequestDep, program_id: ProgramId, form: FormDep) -> Response:
    """Change phone, website and opening hours; passes follow."""
    with request.context.database.read() as session:
        country = vendor_service.get_vendor(session, request.vendor_id).country
    told = {
        "phone": form.checked("phone", contacts.phone, required=False, country=country),
        "website_url": form.checked("website_url", texts.https_address, required=False),
        "opening_hours": form.checked(
            "opening_hours", texts.paragraphs, required=False, maximum=_HOURS_CHARACTERS
        ),
    }
    if form.is_valid:
        with form.refusals(), request.context.database.write() as session:
            program = program_service.get_program(session, request.vendor_id, program_id)
            branding = {name: one for name, one in program.branding.items() if name not in told}
            branding |= {name: one for name, one in told.items() if one}
            program_service.update_program(
                session, request.act(), request.vendor_id, program_id, {"branding": branding}
            )
    if not form.is_valid:
        return _page(request, program_id, form, status=422)
    return request.redirect(f"/console/programs/{program_id}", N_("Saved."))


def _page(
    request: PageRequest, program_id: ProgramId, form: Form | None, status: int = 200
) -> Response:
    with request.context.database.read() as session:
        program = program_service.get_program(session, request.vendor_id, program_id)
        initial: dict[str, Any] = {name: program.branding.get(name) for name in _FIELDS}
    return request.render(
        "console/program_links.html",
        status=status,
        form=form or request.form(initial),
        program=program,
    )
