"""The console's pages of imports: a file from elsewhere is brought along, tried, run, undone."""

from collections.abc import Iterator
from typing import Any, Final

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse
from sqlalchemy.orm import Session

from punchcard.accounts import vendor_service
from punchcard.connect.imports import import_files, import_service
from punchcard.connect.imports.error_file import error_lines
from punchcard.connect.imports.models import CardImport
from punchcard.connect.imports.plan_room import above_plan
from punchcard.connect.imports.turns import take_turn
from punchcard.connect.imports.undo import outlook_of
from punchcard.connect.imports.vocabulary import BalanceMode, ImportField, ImportState
from punchcard.connect.imports.work import ImportWork
from punchcard.kit.i18n import N_
from punchcard.kit.ids import ImportId, ProgramId, as_id
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.programs import program_service
from punchcard.web.console.connections import import_form, import_words
from punchcard.web.pages.forms import Form
from punchcard.web.pages.page_request import FormDep, PageRequest, PageRequestDep

PATH: Final = "/console/imports"
router = APIRouter(prefix=PATH)

_SHOWN: Final = 50
_FAULTS_SHOWN: Final = 50
_PROGRAMS_SHOWN: Final = 200
_NAME_CHARACTERS: Final = 120
_WHILE_ASKED_SECONDS: Final = 2.0
"""For how long a trial goes on while its page is awaited; the worker does the rest."""
_BUSY: Final = tuple(import_words.WORK)
_BALANCES: Final = (
    (BalanceMode.SET, N_("Set: each card then has exactly what the file says.")),
    (BalanceMode.ADD, N_("Add: what the file says comes on top of what each card has.")),
)


@router.get("")
def open_imports(request: PageRequestDep, before: str | None = None) -> Response:
    """List the files that were brought along, with a form for another one."""
    return _list_page(request, request.form({"program_id": ""}), before=before)


@router.post("")
def bring_along(request: PageRequestDep, form: FormDep) -> Response:
    """Read a file to its end, and keep it; nothing of it is on any card yet."""
    program_id = as_id(ProgramId(form.text("program_id", limit=36) or ""))
    content = form.upload("file")
    if content is None:
        form.fault("file", N_("Choose a file."))
    if not form.is_valid or content is None or program_id is None:
        return _list_page(request, form, status=422)
    context = request.context
    row: CardImport | None = None
    with form.refusals():
        # Beside any transaction: a long file takes seconds.
        file = import_files.read_file(content, import_files.file_limits(context.settings))
        with context.database.write() as session:
            row = import_files.create_import(
                session,
                request.act(),
                request.vendor_id,
                program_id,
                name=form.upload_name("file")[-_NAME_CHARACTERS:] or "import",
                file=file,
            )
    if row is None:
        return _list_page(request, form, status=form.status)
    return request.redirect(f"{PATH}/{row.id}")


@router.get("/{import_id}")
def open_import(request: PageRequestDep, import_id: ImportId) -> Response:
    """Show an import at the step that it has come to."""
    return _import_page(request, import_id)


@router.get("/{import_id}/progress")
def show_progress(request: PageRequestDep, import_id: ImportId) -> Response:
    """Tell the page how far the work has come: part of a page, which is opened anew at its end."""
    with request.context.database.read() as session:
        row = import_service.get_import(session, request.vendor_id, import_id)
    if row.state not in _BUSY:
        return request.redirect(f"{PATH}/{import_id}")
    return request.render(
        "console/import_progress.html", row=row, work=import_words.WORK[row.state]
    )


@router.post("/{import_id}/preview")
def preview(request: PageRequestDep, import_id: ImportId, form: FormDep) -> Response:
    """Try every row by what the form says of the file; the worker goes on with a long one."""
    context = request.context
    with context.database.read() as session:
        row, program = _found(session, request, import_id)
    said = import_form.said_in(form, row, program.type)
    if form.is_valid:
        with form.refusals(), context.database.write() as session:
            import_service.ask_preview(session, request.act(), request.vendor_id, import_id, said)
    if not form.is_valid:
        return _import_page(request, import_id, form=form)
    till = context.loyalty.till
    take_turn(
        ImportWork(
            context.database, till, context.clock, context.ids, turn_seconds=_WHILE_ASKED_SECONDS
        ),
        import_id,
    )
    return request.redirect(f"{PATH}/{import_id}")


@router.post("/{import_id}/run")
def run(request: PageRequestDep, import_id: ImportId, form: FormDep) -> Response:
    """Leave it to the worker to put what was tried on cards."""
    asked = form.choice("balance", [str(mode) for mode in BalanceMode], required=False)
    if form.is_valid:
        with form.refusals(), request.context.database.write() as session:
            import_service.ask_run(
                session,
                request.act(),
                request.vendor_id,
                import_id,
                balance=BalanceMode(asked) if asked else None,
            )
    if not form.is_valid:
        return _import_page(request, import_id, run_form=form)
    return request.redirect(f"{PATH}/{import_id}")


@router.post("/{import_id}/discard")
def discard(request: PageRequestDep, import_id: ImportId, form: FormDep) -> Response:
    """Forget a file that was never put on cards."""
    with form.refusals(), request.context.database.write() as session:
        import_service.discard(session, request.act(), request.vendor_id, import_id)
    if not form.is_valid:
        return _import_page(request, import_id, run_form=form)
    return request.redirect(PATH, N_("The file is forgotten."))


@router.get("/{import_id}/undo")
def look_at_undo(request: PageRequestDep, import_id: ImportId) -> Response:
    """Show what an undo would take back, and what keeps it from being done."""
    return _undo_page(request, import_id, request.form())


@router.post("/{import_id}/undo")
def undo(request: PageRequestDep, import_id: ImportId, form: FormDep) -> Response:
    """Leave it to the worker to undo an import as one."""
    with form.refusals(), request.context.database.write() as session:
        days = request.context.settings.import_undo_days
        import_service.ask_undo(session, request.act(), request.vendor_id, import_id, days=days)
    if not form.is_valid:
        return _undo_page(request, import_id, form)
    return request.redirect(f"{PATH}/{import_id}")


@router.get("/{import_id}/errors.csv")
def download_errors(request: PageRequestDep, import_id: ImportId) -> Response:
    """Return the rows that were not taken, as they stand in the file, with why."""
    database = request.context.database
    with database.read() as session:
        import_service.get_import(session, request.vendor_id, import_id)
    request.require_confirmation()

    def lines() -> Iterator[bytes]:
        with database.read() as session:
            row = import_service.get_import(session, request.vendor_id, import_id)
            yield from error_lines(session, row, request.language)

    return request.finish(
        StreamingResponse(
            lines(),
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="errors.csv"'},
        )
    )


def _list_page(
    request: PageRequest, form: Form, status: int = 200, before: str | None = None
) -> Response:
    with request.context.database.read() as session:
        rows = import_service.list_imports(
            session,
            request.vendor_id,
            before_id=as_id(before) if before else None,
            limit=_SHOWN + 1,
        )
        programs = program_service.list_programs(session, request.vendor_id, limit=_PROGRAMS_SHOWN)
        timezone = vendor_service.get_vendor(session, request.vendor_id).timezone
    settings = request.context.settings
    return request.render(
        "console/imports.html",
        status=status,
        form=form,
        imports=rows[:_SHOWN],
        programs={program.id: program.name for program in programs},
        next_url=f"{PATH}?before={rows[_SHOWN - 1].id}" if len(rows) > _SHOWN else None,
        first_url=PATH if before else None,
        states=import_words.STATES,
        State=ImportState,
        timezone=timezone,
        megabytes=settings.import_limit_bytes // 1_000_000,
        rows_limit=settings.import_rows_limit,
    )


def _found(
    session: Session, request: PageRequest, import_id: ImportId
) -> tuple[CardImport, LoyaltyProgram]:
    row = import_service.get_import(session, request.vendor_id, import_id)
    return row, program_service.get_program(session, request.vendor_id, row.program_id)


def _import_page(
    request: PageRequest,
    import_id: ImportId,
    *,
    form: Form | None = None,
    run_form: Form | None = None,
) -> Response:
    with request.context.database.read() as session:
        row, program = _found(session, request, import_id)
        faults = import_service.faults_of(session, row, request.language, limit=_FAULTS_SHOWN)
        told: dict[str, Any] = {
            "faults": list(faults),
            "columns": import_form.columns_of(row, import_service.samples(session, row)),
            "above_plan": above_plan(session, row, request.context.clock),
            "timezone": vendor_service.get_vendor(session, request.vendor_id).timezone,
            **_undo_time(request, row),
        }
    refused = form or run_form
    return request.render(
        "console/import.html",
        status=refused.status if refused else 200,
        form=form or request.form(import_form.initial_of(row)),
        run_form=run_form or request.form({"balance": row.balance or ""}),
        row=row,
        program=program,
        State=ImportState,
        states=import_words.STATES,
        work=import_words.WORK.get(row.state),
        fields=[(one, import_words.FIELDS[one]) for one in import_form.fields_for(program.type)],
        field_names=import_words.FIELDS,
        decimals=import_words.DECIMALS,
        date_orders=import_words.DATE_ORDERS,
        delimiter=import_words.DELIMITERS.get(row.delimiter),
        balances=_BALANCES,
        has_balance=bool({ImportField.STAMPS, ImportField.POINTS} & row.mapping.keys()),
        source_characters=import_form.SOURCE_CHARACTERS,
        **told,
    )


def _undo_page(request: PageRequest, import_id: ImportId, form: Form) -> Response:
    with request.context.database.read() as session:
        row, program = _found(session, request, import_id)
        time = _undo_time(request, row)
        is_open = row.state is ImportState.DONE and not time["is_undo_over"]
        outlook = outlook_of(session, row) if is_open else None
    return request.render(
        "console/import_undo.html",
        status=form.status,
        form=form,
        row=row,
        program=program,
        outlook=outlook,
        **time,
    )


def _undo_time(request: PageRequest, row: CardImport) -> dict[str, Any]:
    """Return how long after a run it can be undone, until when this one, and if that is over."""
    days = request.context.settings.import_undo_days
    until = import_service.undo_until(row, days)
    is_over = until is not None and request.context.clock.now() > until
    return {"undo_days": days, "undo_until": until, "is_undo_over": is_over}
