"""The beginning of a program: its kind, its name and its look, by hand or in the guide."""

from typing import Any, Final

from fastapi import Response

from punchcard.accounts import vendor_service
from punchcard.kit.i18n import N_, translate
from punchcard.loyalty.programs import program_service
from punchcard.loyalty.vocabulary import ProgramType
from punchcard.web.console.programs.program_form import NAME_CHARACTERS
from punchcard.web.console.programs.trades import TRADES, trade_of
from punchcard.web.pages.forms import Form
from punchcard.web.pages.labels.programs import TYPE_NAMES, TYPES
from punchcard.web.pages.page_request import PageRequest

START_COLOURS: Final = {
    "#14594b": N_("Green"),
    "#1f4e79": N_("Blue"),
    "#0b6e78": N_("Teal"),
    "#3f5a23": N_("Olive"),
    "#5b2a86": N_("Purple"),
    "#8b2f6b": N_("Plum"),
    "#8a1c3b": N_("Red"),
    "#a3431f": N_("Brick"),
    "#7a4a00": N_("Honey"),
    "#3b2a20": N_("Coffee"),
    "#4a4a4a": N_("Stone"),
    "#1f2937": N_("Night"),
}
"""Grounds on which white is read well, each with its name."""
LOOKS: Final = (*TRADES, *START_COLOURS)
"""What a program can look like at its beginning: as is usual in a trade, or one colour."""
SUGGESTED_NAME: Final = N_("Loyalty card")
"""What a program is called until someone names it; the shop's own name stands beside it."""
_ACCENT: Final = "#f2b84b"
_INK: Final = "#ffffff"


def create_from(request: PageRequest, form: Form) -> str | None:
    """Make the program that the form tells, a draft; None if something was wrong with it."""
    name = form.text("name", limit=NAME_CHARACTERS)
    type = form.choice("type", tuple(TYPE_NAMES))
    look = form.choice("colour", LOOKS)
    if not form.is_valid or look is None:
        return None
    fields = {"name": name, "type": type, "branding": branding_of(look)}
    with form.refusals(), request.context.database.write() as session:
        vendor = vendor_service.get_vendor(session, request.vendor_id)
        # Every shop has a loyalty card: the link had better name the shop.
        is_suggested = name == translate(SUGGESTED_NAME, vendor.language)
        return program_service.create_program(
            session,
            request.act(),
            vendor.id,
            fields,
            slug_from=vendor.name if is_suggested else None,
        ).id
    return None


def branding_of(look: str) -> dict[str, Any]:
    """Return the branding of a card with one of LOOKS."""
    if look in TRADES:
        return dict(TRADES[look].branding)
    return {"background_color": look, "text_color": _INK, "accent_color": _ACCENT}


def start_form(request: PageRequest) -> Form:
    """Return the form with believable answers, in the language of the shop's cards."""
    with request.context.database.read() as session:
        vendor = vendor_service.get_vendor(session, request.vendor_id)
    return request.form(
        {
            "type": ProgramType.STAMPS,
            "name": translate(SUGGESTED_NAME, vendor.language),
            "colour": trade_of(vendor.name) or next(iter(START_COLOURS)),
        }
    )


def start_page(
    request: PageRequest,
    form: Form | None,
    *,
    is_guide: bool = False,
    status: int = 200,
    **values: Any,
) -> Response:
    """Show the three kinds by pictures, with believable answers to the rest."""
    return request.render(
        "console/guide_program.html" if is_guide else "console/program_new.html",
        status=status,
        form=form or start_form(request),
        types=TYPES,
        colours=list(START_COLOURS.items()),
        trades=list(TRADES.items()),
        step="program",
        skip_to="/console",
        **values,
    )
