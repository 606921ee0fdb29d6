"""Lists as CSV and XLSX files, for spreadsheets and for moving elsewhere, however long."""

from collections.abc import Callable
from typing import Annotated, Any, Final, Literal

from fastapi import Depends, Query
from fastapi.responses import StreamingResponse

from punchcard.accounts import exports as account_exports
from punchcard.accounts import vendor_service
from punchcard.accounts.export_files import MEDIA_TYPES, NAMES_PEOPLE, TITLES, ExportFile
from punchcard.accounts.exports import Table
from punchcard.api.http.dependencies import Caller, CallerDep
from punchcard.api.http.openapi import problems
from punchcard.api.http.routing import api_router
from punchcard.api.routes.vendor_api.cards import ActiveBefore, ActiveSince, InTier, Search
from punchcard.api.routes.vendor_api.transactions import OfType, Since, Until
from punchcard.api.schemas.fields import IdOf, OneOf
from punchcard.api.schemas.stats import DaysDep
from punchcard.connect.integrations.receipt_list import receipts_table
from punchcard.kit.ids import CardId, LocationId, ProgramId, StaffPinId, VendorId
from punchcard.loyalty.ledger.ledger_reader import EntryFilter
from punchcard.loyalty.reports import exports as loyalty_exports
from punchcard.loyalty.reports import grant_exports
from punchcard.loyalty.reports.exports import CardFilter
from punchcard.loyalty.reports.referral_export import referrals_table
from punchcard.loyalty.vocabulary import CardStatus

router = api_router("/api/v1/vendor/loyalty/exports", tag="exports")

_Program = Annotated[IdOf[ProgramId] | None, Query(description="Only this program.")]
_Dialect = Annotated[
    Literal["comma", "semicolon"] | None,
    Query(
        description="How a CSV file parts its fields: by comma, with decimal points, or by"
        " semicolon, with decimal commas. Otherwise as spreadsheets of the language expect it."
    ),
]
Make = Callable[..., Table]
_COST: Final = 100
"""An export counts as so many requests of its credential: it may read whole tables."""


def _cards(
    caller: CallerDep,
    *,
    program_id: _Program = None,
    status: OneOf[CardStatus] | None = None,
    query: Search = None,
    active_since: ActiveSince = None,
    active_before: ActiveBefore = None,
    tier: InTier = None,
) -> Table:
    wanted = CardFilter(
        program_id=program_id,
        status=status,
        query=query,
        country=caller.subject.country,
        active_since=active_since,
        active_before=active_before,
        tier=tier,
    )
    now = caller.context.clock.now()
    return loyalty_exports.cards(caller.vendor_id, now=now, **wanted)


def _transactions(
    caller: CallerDep,
    *,
    program_id: _Program = None,
    card_id: IdOf[CardId] | None = None,
    staff_pin_id: IdOf[StaffPinId] | None = None,
    location_id: IdOf[LocationId] | None = None,
    type: OfType = None,
    since: Since = None,
    until: Until = None,
) -> Table:
    wanted = EntryFilter(
        program_id=program_id,
        card_id=card_id,
        staff_pin_id=staff_pin_id,
        location_id=location_id,
        type=type,
        since=since,
        until=until,
    )
    return loyalty_exports.transactions(caller.vendor_id, wanted)


def _staff_report(caller: CallerDep, days: DaysDep, program_id: _Program = None) -> Table:
    table = loyalty_exports.staff(
        caller.vendor_id,
        now=caller.context.clock.now(),
        first=days.first,
        last=days.last,
        program_id=program_id,
    )
    with caller.context.database.read_replica() as session:
        rows = table.read(session, None)
    # Read before the response begins: what is wrong with the period must still be a refusal.
    return Table(table.columns, lambda *_: rows)


def _receipts(caller: CallerDep) -> Table:
    return receipts_table(caller.vendor_id, caller.context.clock)


def _whole(make: Callable[[VendorId], Table]) -> Make:
    def table(caller: CallerDep) -> Table:
        return make(caller.vendor_id)

    return table


LISTS: Final[dict[str, tuple[Make, str]]] = {
    "cards": (_cards, "Return the cards with their customers, newest first."),
    "transactions": (_transactions, "Return the ledger, newest entry first."),
    "staff-report": (_staff_report, "Return the staff report of a period."),
    "referrals": (_whole(referrals_table), "Return who brought whom, newest first."),
    "receipts": (_receipts, "Return the receipts of guests, newest first; not their codes."),
    "rewards": (_whole(loyalty_exports.rewards), "Return the rewards, also archived ones."),
    "grants": (_whole(grant_exports.grants), "Return what single cards were given."),
    "pins": (
        _whole(loyalty_exports.pins),
        "Return who has or had a PIN; nothing of the PINs.",
    ),
    "locations": (_whole(account_exports.locations), "Return the locations, also closed ones."),
    "devices": (_whole(account_exports.devices), "Return the terminals, also revoked ones."),
    "people": (_whole(account_exports.people), "Return who signs in, or did."),
    "api-keys": (_whole(account_exports.api_keys), "Return the API keys by their beginnings."),
    "audit-events": (
        _whole(account_exports.audit_events),
        "Return who changed what, newest first.",
    ),
}
"""Each list: how it is read for a caller, and what its routes say of themselves."""


def _file_response(
    caller: Caller, name: str, table: Table, format: str, dialect: str | None
) -> StreamingResponse:
    if name in NAMES_PEOPLE:
        caller.require_confirmation()
    caller.count_work(_COST)
    database = caller.context.database
    with database.read_replica() as session:
        vendor = vendor_service.get_vendor(session, caller.vendor_id)
    file = ExportFile(
        name=name,
        vendor_slug=vendor.slug,
        language=caller.language,
        timezone=vendor.timezone,
        made_at=caller.context.clock.now(),
        dialect=dialect,
    )
    return StreamingResponse(
        file.parts(database, caller.act(), table, format),
        media_type=MEDIA_TYPES[format],
        headers=file.headers(format),
    )


def _add(name: str, make: Make, told: str) -> None:
    table_dep = Annotated[Table, Depends(make)]

    def export_csv(
        caller: CallerDep,
        table: table_dep,
        dialect: _Dialect = None,
    ) -> StreamingResponse:
        return _file_response(caller, name, table, "csv", dialect)

    def export_xlsx(
        caller: CallerDep,
        table: table_dep,
    ) -> StreamingResponse:
        return _file_response(caller, name, table, "xlsx", None)

    for format, export in (("csv", export_csv), ("xlsx", export_xlsx)):
        schema = {"type": "string"} if format == "csv" else {"type": "string", "format": "binary"}
        responses: dict[int | str, dict[str, Any]] = {
            200: {"content": {MEDIA_TYPES[format].partition(";")[0]: {"schema": schema}}},
            **problems(404),
        }
        router.add_api_route(
            f"/{name}.{format}",
            export,
            name=f"export_{name.replace('-', '_')}_{format}",
            description=told,
            response_class=StreamingResponse,
            responses=responses,
        )


for _name in TITLES:
    _add(_name, *LISTS[_name])
