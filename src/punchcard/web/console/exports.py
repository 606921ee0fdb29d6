"""Every list as a CSV file, for anyone who may take it along."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse

from punchcard.accounts import exports as account_exports
from punchcard.accounts import vendor_service
from punchcard.accounts.errors import NotAllowed
from punchcard.accounts.exports import Table, stream
from punchcard.accounts.subjects import LOYALTY_MANAGE, VENDOR_MANAGE, VENDOR_OWN
from punchcard.kit.i18n import N_
from punchcard.kit.ids import ProgramId, VendorId, as_id
from punchcard.loyalty.reports import exports as loyalty_exports
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
    with request.context.database.read() as session:
        rows = table.read(session, None)
    # Read before the answer begins: what is wrong with the period must still be a refusal.
    return Table(table.columns, lambda *_: rows)


def _whole(read: Callable[[VendorId], Table]) -> Callable[[PageRequest, str], Table]:
    return lambda request, _timezone: read(request.vendor_id)


LISTS: Final[dict[str, tuple[str, str, Callable[[PageRequest, str], Table]]]] = {
    "cards": (N_("Members and cards"), LOYALTY_MANAGE, _cards),
    "transactions": (N_("Ledger"), LOYALTY_MANAGE, _transactions),
    "rewards": (N_("Rewards"), LOYALTY_MANAGE, _whole(loyalty_exports.rewards)),
    "pins": (N_("Staff PINs"), LOYALTY_MANAGE, _whole(loyalty_exports.pins)),
    "staff-report": (N_("Staff report"), LOYALTY_MANAGE, _staff),
    "locations": (N_("Locations"), VENDOR_MANAGE, _whole(account_exports.locations)),
    "devices": (N_("Terminals"), VENDOR_MANAGE, _whole(account_exports.devices)),
    "people": (N_("Team"), VENDOR_OWN, _whole(account_exports.people)),
    "api-keys": (N_("API keys"), VENDOR_OWN, _whole(account_exports.api_keys)),
    "audit-events": (N_("Who changed what"), VENDOR_OWN, _whole(account_exports.audit_events)),
}
"""Each list: what it is called, the permission to take it along, and how it is read.

Names and permissions are those of the API's exports.
"""


@router.get("")
def open_exports(request: PageRequestDep) -> Response:
    """Offer every list that the visitor may see."""
    offered = [(name, title) for name, (title, permission, _) in LISTS.items()]
    allowed = [(name, title) for name, title in offered if request.may(LISTS[name][1])]
    return request.render("console/exports.html", lists=allowed)


@router.get("/{name}.csv")
def export(request: PageRequestDep, name: str) -> Response:
    """Return one list as a file to keep; streamed, however long. Raises PageNotFound."""
    if name not in LISTS:
        raise PageNotFound
    _title, permission, read = LISTS[name]
    if not request.may(permission):
        raise NotAllowed
    database = request.context.database
    with database.read() as session:
        vendor = vendor_service.get_vendor(session, request.vendor_id)
    day = request.context.clock.now().date().isoformat()
    answer = StreamingResponse(
        stream(
            database,
            read(request, vendor.timezone),
            language=request.language,
            timezone=vendor.timezone,
        ),
        media_type="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{vendor.slug}-{name}-{day}.csv"'},
    )
    return request.finish(answer)
