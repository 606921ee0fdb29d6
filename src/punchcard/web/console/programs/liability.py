"""What a program owes its cards: a page to read, and a file for the accountant."""

from datetime import date
from typing import Annotated, Final

from fastapi import APIRouter, Query, Response

from punchcard.accounts import vendor_service
from punchcard.accounts.export_files import MEDIA_TYPES
from punchcard.kit.i18n import N_
from punchcard.kit.ids import ProgramId
from punchcard.kit.spreadsheet.columns import Column, ColumnKind, Layout
from punchcard.kit.spreadsheet.csv_sheet import DIALECTS, CsvSheet, dialect_of
from punchcard.kit.spreadsheet.xlsx_sheet import XlsxSheet
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.programs import program_service
from punchcard.loyalty.reports.liability_service import Liability, days_of, liability
from punchcard.web.console.list_filters import as_day
from punchcard.web.pages.errors import PageNotFound
from punchcard.web.pages.forms import Form
from punchcard.web.pages.page_request import PageRequest, PageRequestDep

router = APIRouter(prefix="/console/programs/{program_id}/liability")

MOVEMENTS: Final = (
    ("points_earned", 1, N_("Earned, with welcome and bonus")),
    ("points_adjusted", 1, N_("Corrected by hand")),
    ("points_moved", 1, N_("Opening balances, and cards that became one")),
    ("points_redeemed", -1, N_("Redeemed")),
    ("points_expired", -1, N_("Ended")),
    ("points_refunded", -1, N_("Taken back with refunds")),
    ("points_reserved", -1, N_("Set aside by reservations")),
)
"""Each movement: its column, its sign, what it is called."""

_FROM: Final = Query(alias="from")
_COLUMNS: Final = (
    Column(N_("What")),
    Column(N_("Points"), ColumnKind.NUMBER),
    Column(N_("Value"), ColumnKind.MONEY),
)


@router.get("")
def open_liability(
    request: PageRequestDep,
    program_id: ProgramId,
    on: str = "",
    first: Annotated[str, _FROM] = "",
) -> Response:
    """Show what a program's cards have at the end of a day, how that came about, when it ends."""
    form = request.form({"from": first, "on": on})
    program, found = _found(request, program_id, form, as_day(first), as_day(on))
    form.initial.update({"from": found.first, "on": found.last})
    return request.render(
        "console/liability.html",
        status=form.status,
        form=form,
        program=program,
        found=found,
        export_urls=[
            (
                format.upper(),
                f"{request.http.url.path}/file.{format}?from={found.first}&on={found.last}",
            )
            for format in ("xlsx", "csv")
        ],
        movements=[(name, sign * found.movements[column]) for column, sign, name in MOVEMENTS],
        tallest=max((one.points for one in found.ending), default=0),
    )


@router.get("/file.{format}")
def export_liability(
    request: PageRequestDep,
    program_id: ProgramId,
    format: str,
    on: str = "",
    first: Annotated[str, _FROM] = "",
) -> Response:
    """Return the same as a file for the accountant. Raises PageNotFound."""
    if format not in MEDIA_TYPES:
        raise PageNotFound
    program, found = _found(request, program_id, request.form(), as_day(first), as_day(on))
    with request.context.database.read_replica() as session:
        vendor = vendor_service.get_vendor(session, request.vendor_id)
    layout = Layout(_COLUMNS, request.language, vendor.timezone)
    name = f"{vendor.slug}-{program.slug}-{found.last.isoformat()}.{format}"
    written = _as_csv if format == "csv" else _as_xlsx
    answer = Response(
        written(request, layout, _rows(request, found)),
        media_type=MEDIA_TYPES[format],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
    return request.finish(answer)


def _as_csv(request: PageRequest, layout: Layout, rows: list[tuple[object, ...]]) -> bytes:
    sheet = CsvSheet(layout, DIALECTS[dialect_of(request.language)])
    return sheet.head() + sheet.rows(rows)


def _as_xlsx(request: PageRequest, layout: Layout, rows: list[tuple[object, ...]]) -> bytes:
    title, made_at = request.say(N_("Points owed")), request.context.clock.now()
    with XlsxSheet(layout, title=title, made_at=made_at) as sheet:
        sheet.write(rows)
        return b"".join(sheet.finish())


def _found(
    request: PageRequest,
    program_id: ProgramId,
    form: Form,
    first: date | None,
    last: date | None,
) -> tuple[LoyaltyProgram, Liability]:
    """Return a program and what it owes; of days that do not fit those until today."""
    now = request.context.clock.now()
    with request.context.database.read_replica() as session:
        program = program_service.get_program(session, request.vendor_id, program_id)
        days = days_of(program, now, None, None)
        with form.refusals(**{"query.from": "from", "query.on": "on"}):
            days = days_of(program, now, first, last)
        return program, liability(session, program, first=days.first, last=days.last)


def _rows(request: PageRequest, found: Liability) -> list[tuple[object, ...]]:
    def money(minor: int | None) -> tuple[int | None, str]:
        return (minor, found.currency)

    say = request.say
    none = money(None)
    moved = [(say(name), sign * found.movements[column], none) for column, sign, name in MOVEMENTS]
    ending = [
        (
            say(N_("Ends in {month}"), month=f"{one.month:%Y-%m}")
            if one.month
            else say(N_("Without an end")),
            one.points,
            none,
        )
        for one in found.ending
    ]
    return [
        (say(N_("At the beginning of {day}"), day=found.first.isoformat()), found.opening, none),
        *moved,
        (
            say(N_("At the end of {day}"), day=found.last.isoformat()),
            found.closing,
            money(found.gross_minor),
        ),
        (say(N_("Of these, not to be spent yet")), found.pending, none),
        (say(N_("Expected value")), None, money(found.expected_minor)),
        *ending,
    ]
