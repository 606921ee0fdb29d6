"""Lists as CSV files, for spreadsheets and for moving elsewhere; streamed, however long."""

from collections.abc import Callable
from typing import Annotated, Any, Final

from fastapi import Query
from fastapi.responses import StreamingResponse

from punchcard.accounts import exports as account_exports
from punchcard.accounts import vendor_service
from punchcard.accounts.exports import Table, stream
from punchcard.api.http.dependencies import Caller, CallerDep
from punchcard.api.http.openapi import problems
from punchcard.api.http.routing import api_router
from punchcard.api.schemas.fields import IdOf, Moment, OneOf
from punchcard.api.schemas.stats import DaysDep
from punchcard.kit.ids import ProgramId, VendorId
from punchcard.loyalty.ledger.ledger_reader import EntryFilter
from punchcard.loyalty.reports import exports as loyalty_exports
from punchcard.loyalty.vocabulary import CardStatus

router = api_router("/api/v1/vendor/loyalty/exports", tag="exports")

MEDIA_TYPE: Final = "text/csv"
_CSV: Final[dict[str, Any]] = {
    "response_class": StreamingResponse,
    "responses": {200: {"content": {MEDIA_TYPE: {"schema": {"type": "string"}}}}, **problems(404)},
}
_Program = Annotated[IdOf[ProgramId] | None, Query(description="Only this program.")]
_Since = Annotated[Moment | None, Query(alias="from", description="At or after this.")]
_Until = Annotated[Moment | None, Query(alias="to", description="Before this.")]


@router.get("/cards.csv", **_CSV)
def export_cards(
    caller: CallerDep, program_id: _Program = None, status: OneOf[CardStatus] | None = None
) -> StreamingResponse:
    """Return the cards with their customers, newest first."""
    now = caller.context.clock.now()
    table = loyalty_exports.cards(caller.vendor_id, now=now, program_id=program_id, status=status)
    return csv_response(caller, "cards", table)


@router.get("/transactions.csv", **_CSV)
def export_transactions(
    caller: CallerDep, program_id: _Program = None, since: _Since = None, until: _Until = None
) -> StreamingResponse:
    """Return the ledger, newest entry first."""
    wanted = EntryFilter(program_id=program_id, since=since, until=until)
    return csv_response(
        caller, "transactions", loyalty_exports.transactions(caller.vendor_id, wanted)
    )


@router.get("/staff-report.csv", **_CSV)
def export_staff_report(
    caller: CallerDep, days: DaysDep, program_id: _Program = None
) -> StreamingResponse:
    """Return the staff report of a period."""
    table = loyalty_exports.staff(
        caller.vendor_id,
        now=caller.context.clock.now(),
        first=days.first,
        last=days.last,
        program_id=program_id,
    )
    with caller.context.database.read() as session:
        rows = table.read(session, None)
    # Read before the response begins: what is wrong with the period must still be a refusal.
    return csv_response(caller, "staff-report", Table(table.columns, lambda *_: rows))


def csv_response(caller: Caller, name: str, table: Table) -> StreamingResponse:
    """Return a table as a file to keep, in the caller's language and the vendor's time zone."""
    database = caller.context.database
    with database.read() as session:
        vendor = vendor_service.get_vendor(session, caller.vendor_id)
    day = caller.context.clock.now().date().isoformat()
    return StreamingResponse(
        stream(database, table, language=caller.language, timezone=vendor.timezone),
        media_type=MEDIA_TYPE,
        headers={"Content-Disposition": f'attachment; filename="{vendor.slug}-{name}-{day}.csv"'},
    )


def _add(name: str, make: Callable[[VendorId], Table], told: str) -> None:
    def export(caller: CallerDep) -> StreamingResponse:
        return csv_response(caller, name, make(caller.vendor_id))

    router.add_api_route(
        f"/{name}.csv", export, name=f"export_{name.replace('-', '_')}", description=told, **_CSV
    )


_add("rewards", loyalty_exports.rewards, "Return the rewards, also archived ones.")
_add("pins", loyalty_exports.pins, "Return who has or had a PIN; nothing of the PINs.")
_add("locations", account_exports.locations, "Return the locations, also closed ones.")
_add("devices", account_exports.devices, "Return the terminals, also revoked ones.")
_add("people", account_exports.people, "Return who signs in, or did.")
_add("api-keys", account_exports.api_keys, "Return the API keys by their beginnings.")
_add("audit-events", account_exports.audit_events, "Return who changed what, newest first.")
