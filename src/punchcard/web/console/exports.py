"""Every list as a CSV or XLSX file, for anyone who may take it along."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse

from punchcard.accounts import exports as account_exports
from punchcard.accounts import vendor_service
from punchcard.accounts.errors import NotAllowed
from punchcard.accounts.export_files import MEDIA_TYPES, NAMES_PEOPLE, TITLES, ExportFile
from punchcard.accounts.exports import Table
from punchcard.accounts.subjects import LOYALTY_MANAGE, VENDOR_MANAGE, VENDOR_OWN
from punchcard.connect.integrations.receipt_list import receipts_table
from punchcard.kit.i18n import N_
from punchcard.kit.ids import ProgramId, VendorId, as_id
from punchcard.kit.spreadsheet.csv_sheet import DIALECTS, dialect_of
from punchcard.loyalty.reports import exports as loyalty_exports
from punchcard.loyalty.reports import grant_exports
from punchcard.loyalty.reports.referral_export import referrals_table
from punchcard.web.console.connections import archives
from punchcard.web.console.list_filters import as_day, asked_cards, asked_entries
from punchcard.web.pages.errors import PageNotFound
from punchcard.web.pages.page_request import PageRequest, PageRequestDep

router = APIRouter(prefix="/console/exports")


def _cards(request: PageRequest, _timezone: str) -> Table:
    now = request.context.clock.now()
    _asked, wanted = asked_cards(
        request.http.query_params, now=now, country=request.subject.country
    )
    return loyalty_exports.cards(request.vendor_id, now=now, **wanted)


def _transactions(request: PageRequest, timezone: str) -> Table:
    """Return the entries that are asked for: all of them where nothing is."""
    asked = request.http.query_params
    now = request.context.clock.now()
    _asked, wanted = asked_entries(asked, now=now, timezone=timezone)
    everything = replace(wanted, since=None) if "from" not in asked else wanted
    return loyalty_exports.transactions(request.vendor_id, everything)


def _staff(request: PageRequest, _timezone: str) -> Table:
    asked = request.http.query_params
    table = loyalty_exports.staff(
        request.vendor_id,
        now=request.context.clock.now(),
        first=as_day(asked.get("from", "")),
        last=as_day(asked.get("to", "")),
        program_id=as_id(ProgramId(asked.get("program_id", ""))),
    )
    with request.context.database.read_replica() as session:
        rows = table.read(session, None)
    # Read before the answer begins: what is wrong with the period must still be a refusal.
    return Table(table.columns, lambda *_: rows)


def _receipts(request: PageRequest, _timezone: str) -> Table:
    return receipts_table(request.vendor_id, request.context.clock)


def _whole(read: Callable[[VendorId], Table]) -> Callable[[PageRequest, str], Table]:
    return lambda request, _timezone: read(request.vendor_id)


LISTS: Final[dict[str, tuple[str, Callable[[PageRequest, str], Table]]]] = {
    "cards": (LOYALTY_MANAGE, _cards),
    "transactions": (LOYALTY_MANAGE, _transactions),
    "referrals": (LOYALTY_MANAGE, _whole(referrals_table)),
    "receipts": (LOYALTY_MANAGE, _receipts),
    "rewards": (LOYALTY_MANAGE, _whole(loyalty_exports.rewards)),
    "grants": (LOYALTY_MANAGE, _whole(grant_exports.grants)),
    "pins": (LOYALTY_MANAGE, _whole(loyalty_exports.pins)),
    "staff-report": (LOYALTY_MANAGE, _staff),
    "locations": (VENDOR_MANAGE, _whole(account_exports.locations)),
    "devices": (VENDOR_MANAGE, _whole(account_exports.devices)),
    "people": (VENDOR_OWN, _whole(account_exports.people)),
    "api-keys": (VENDOR_OWN, _whole(account_exports.api_keys)),
    "audit-events": (VENDOR_OWN, _whole(account_exports.audit_events)),
}
"""Each list of TITLES: the permission to take it along, and how it is read.

Names and permissions are those of the API's exports.
"""

DIALECT_NAMES: Final = (
    ("comma", N_("Comma, 12.50")),
    ("semicolon", N_("Semicolon, 12,50")),
)
"""Each dialect of CSV, by what parts its fields and how it writes an amount."""


@router.get("")
def open_exports(request: PageRequestDep, dialect: str = "") -> Response:
    """Offer every list that the visitor may see."""
    allowed = [(name, TITLES[name]) for name, (needed, _) in LISTS.items() if request.may(needed)]
    chosen = dialect if dialect in DIALECTS else dialect_of(request.language)
    return request.render(
        "console/exports.html",
        lists=allowed,
        dialects=DIALECT_NAMES,
        dialect=chosen,
        owned=archives.panel_of(request) if request.may(VENDOR_OWN) else None,
    )


@router.get("/{name}.{format}")
def export(request: PageRequestDep, name: str, format: str, dialect: str = "") -> Response:
    """Return one list as a file to keep; streamed, however long. Raises PageNotFound.

    `dialect` is one of DIALECTS, for CSV; otherwise it is that of the visitor's language.
    """
    if name not in LISTS or format not in MEDIA_TYPES:
        raise PageNotFound
    permission, read = LISTS[name]
    if not request.may(permission):
        raise NotAllowed
    if name in NAMES_PEOPLE:
        request.require_confirmation()
    database = request.context.database
    with database.read_replica() as session:
        vendor = vendor_service.get_vendor(session, request.vendor_id)
    file = ExportFile(
        name=name,
        vendor_slug=vendor.slug,
        language=request.language,
        timezone=vendor.timezone,
        made_at=request.context.clock.now(),
        dialect=dialect if dialect in DIALECTS else None,
    )
    answer = StreamingResponse(
        file.parts(database, request.act(), read(request, vendor.timezone), format),
        media_type=MEDIA_TYPES[format],
        headers=file.headers(format),
    )
    return request.finish(answer)
