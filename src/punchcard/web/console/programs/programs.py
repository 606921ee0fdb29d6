"""The console's pages of the programs: list, make, change, open and close, delete."""

from typing import Final

from fastapi import APIRouter, Response

from punchcard.accounts import vendor_service
from punchcard.accounts.subjects import LOYALTY_MANAGE
from punchcard.kit.i18n import N_
from punchcard.kit.ids import ProgramId
from punchcard.loyalty.programs import impact_service, program_service
from punchcard.loyalty.reports import dashboard_service
from punchcard.web.console.programs import program_page
from punchcard.web.console.programs.program_form import initial_of, program_context_of, read_program
from punchcard.web.console.programs.program_points_form import warnings_of
from punchcard.web.console.programs.program_preview import LANGUAGE_FIELD, preview_of
from punchcard.web.console.programs.program_start import create_from, start_page
from punchcard.web.console.programs.trades import TRADES
from punchcard.web.pages.forms import Form
from punchcard.web.pages.labels.programs import CHOICES, STATUSES, TYPE_NAMES
from punchcard.web.pages.page_request import FormDep, PageRequest, PageRequestDep

router = APIRouter(prefix="/console/programs")

_SHOWN: Final = 200
CONFIRMED: Final = "confirmed"
"""The field that says that someone was told what a change means for the cards, and wants it."""


@router.get("")
def open_programs(request: PageRequestDep) -> Response:
    """List the programs with their members."""
    with request.context.database.read() as session:
        rows = program_service.list_programs(session, request.vendor_id, limit=_SHOWN)
        members = dashboard_service.members_by_program(session, request.vendor_id)
    return request.render(
        "console/programs.html",
        programs=rows,
        members=members,
        statuses=STATUSES,
        type_names=TYPE_NAMES,
        may_manage=request.may(LOYALTY_MANAGE),
    )


@router.get("/new")
def open_new_program(request: PageRequestDep) -> Response:
    """Ask for the kind of program."""
    return start_page(request, None)


@router.post("/new")
def create_program(request: PageRequestDep, form: FormDep) -> Response:
    """Make a program, a draft, and go on to its rules and its look."""
    program_id = create_from(request, form)
    if program_id is None:
        return start_page(request, form, status=422)
    done = N_("Your program is created. Customers do not see it until you open it.")
    return request.redirect(f"/console/programs/{program_id}", done)


@router.get("/{program_id}")
def open_program(request: PageRequestDep, program_id: ProgramId, preview: str = "") -> Response:
    """Show a program to be changed, with its card; `preview` is the language of the card."""
    return program_page.show(request, program_id, None, preview_language=preview)


@router.post("/{program_id}")
def update_program(request: PageRequestDep, program_id: ProgramId, form: FormDep) -> Response:
    """Change a program; what concerns running cards is told first and asked once more."""
    with request.context.database.read() as session:
        row = program_service.get_program(session, request.vendor_id, program_id)
        form.merge(initial_of(row), labels=CHOICES)
        fields = read_program(form, program_context_of(row))
        impacts = []
        vendor = vendor_service.get_vendor(session, request.vendor_id)
        known = warnings_of(request.form(initial_of(row)), vendor)
        warnings = [one for one in warnings_of(form, vendor) if one not in known]
        if form.is_valid:
            with form.refusals(stamp_reward="reward_name"):
                impacts = impact_service.impacts_of_program(session, row, fields)
    if form.is_valid and (impacts or warnings) and not form.is_on(CONFIRMED):
        return request.render(
            "console/program_confirm.html",
            form=form,
            program=row,
            impacts=impacts,
            warnings=warnings,
            action=f"/console/programs/{row.id}",
            back=f"/console/programs/{row.id}",
        )
    if form.is_valid:
        with form.refusals(stamp_reward="reward_name"), request.context.database.write() as session:
            program_service.update_program(
                session,
                request.act(),
                request.vendor_id,
                program_id,
                fields,
                guard=form.guard(initial_of),
            )
    if not form.is_valid:
        return program_page.show(request, program_id, form, status=form.status)
    language = form.value(LANGUAGE_FIELD)
    return request.redirect(f"/console/programs/{row.id}?preview={language[:2]}", N_("Saved."))


@router.post("/{program_id}/preview")
def preview_program(request: PageRequestDep, program_id: ProgramId, form: FormDep) -> Response:
    """Show the card as it would be with what is typed; nothing is saved.

    The page's script asks for the card alone, a browser without scripts gets the whole page.
    """
    if not request.is_fragment:
        shown = _with_trade(request, form)
        return program_page.show(request, program_id, shown, is_preview=True)
    with request.context.database.read() as session:
        row = program_service.get_program(session, request.vendor_id, program_id)
        preview = preview_of(
            session,
            row.id,
            form.value(LANGUAGE_FIELD),
            now=request.context.clock.now(),
            typed=read_program(form, program_context_of(row)),
        )
    return request.render("console/program_preview.html", preview=preview)


def _with_trade(request: PageRequest, form: Form) -> Form:
    """Return the form with the look of the trade asked for, and its reward if none is typed."""
    trade = TRADES.get(form.value("trade"))
    if trade is None:
        return form
    typed = trade.branding
    if not form.value("reward_name").strip():
        typed["reward_name"] = request.say(trade.reward)
    return form.retyped(typed)


@router.get("/{program_id}/changes")
def open_changes(request: PageRequestDep, program_id: ProgramId, before: str = "") -> Response:
    """List who changed what about the program and its rewards, in words, newest first."""
    return program_page.show_changes(request, program_id, before)


@router.post("/{program_id}/activate")
def activate_program(request: PageRequestDep, program_id: ProgramId, form: FormDep) -> Response:
    """Open the program for business."""
    with form.refusals(stamp_reward="reward_name"), request.context.database.write() as session:
        program_service.activate_program(session, request.act(), request.vendor_id, program_id)
    if not form.is_valid:
        # What was sent is a button alone: what lacks is marked in the form as saved.
        return program_page.show(request, program_id, None, faults=form, status=422)
    done = N_("The program is open for business.")
    return request.redirect(f"/console/programs/{program_id}", done)


@router.post("/{program_id}/deactivate")
def deactivate_program(request: PageRequestDep, program_id: ProgramId, form: FormDep) -> Response:
    """Close the program for business; its cards keep what is on them."""
    with request.context.database.write() as session:
        program_service.deactivate_program(session, request.act(), request.vendor_id, program_id)
    done = N_("The program is switched off. Its cards keep what is on them.")
    return request.redirect(f"/console/programs/{program_id}", done)


@router.post("/{program_id}/delete")
def delete_program(request: PageRequestDep, program_id: ProgramId, form: FormDep) -> Response:
    """Delete a program that never had a card."""
    form.carry_out(request, program_service.delete_program, program_id)
    if not form.is_valid:
        return program_page.show(request, program_id, None, faults=form, status=409)
    return request.redirect("/console/programs", N_("The program is deleted."))
