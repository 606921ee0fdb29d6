"""The beginning of a program: its kind, its name and its colour, by hand or in the guide."""

from typing import Any, Final

from fastapi import Response

from punchcard.accounts import vendor_service
from punchcard.kit.i18n import N_
from punchcard.loyalty.programs import program_service
from punchcard.loyalty.vocabulary import ProgramType
from punchcard.web.console.programs.program_form import NAME_CHARACTERS
from punchcard.web.pages.forms import Form
from punchcard.web.pages.page_request import PageRequest
from punchcard.web.pages.program_labels import TYPE_NAMES, TYPES

COLOURS: Final = (
    ("#14594b", N_("Green")),
    ("#1f4e79", N_("Blue")),
    ("#5b2a86", N_("Purple")),
    ("#8a1c3b", N_("Red")),
    ("#3b2a20", N_("Coffee")),
    ("#1f2937", N_("Night")),
)
"""Grounds on which white is read well, each with its name."""
_ACCENT: Final = "#f2b84b"
_INK: Final = "#ffffff"


def create_from(request: PageRequest, form: Form) -> str | None:
    """Make the program that the form tells, a draft; None if something was wrong with it."""
    name = form.text("name", limit=NAME_CHARACTERS)
    type = form.choice("type", tuple(TYPE_NAMES))
    colour = form.choice("colour", [colour for colour, _ in COLOURS])
    if not form.is_valid:
        return None
    branding = {"background_color": colour, "text_color": _INK, "accent_color": _ACCENT}
    fields = {"name": name, "type": type, "branding": branding}
    with form.refusals(), request.context.database.write() as session:
        return program_service.create_program(session, request.act(), request.vendor_id, fields).id
    return None


def start_page(
    request: PageRequest,
    form: Form | None,
    *,
    is_guide: bool = False,
    status: int = 200,
    **values: Any,
) -> Response:
    """Show the three kinds by pictures, with believable answers to the rest."""
    with request.context.database.read() as session:
        shop_name = vendor_service.get_vendor(session, request.vendor_id).name
    initial = {
        "type": ProgramType.STAMPS,
        "name": shop_name[:NAME_CHARACTERS],
        "colour": COLOURS[0][0],
    }
    return request.render(
        "console/guide_program.html" if is_guide else "console/program_new.html",
        status=status,
        form=form or request.form(initial),
        types=TYPES,
        colours=COLOURS,
        step="program",
        skip_to="/console",
        **values,
    )
