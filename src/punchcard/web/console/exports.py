"""Every list as a CSV file, for whoever may see the list."""

from collections.abc import Callable
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Response
from fastapi.responses import StreamingResponse

from punchcard.accounts import exports as account_exports
from punchcard.accounts import vendor_service
from punchcard.accounts.errors import NotAllowed
from punchcard.accounts.exports import Table, stream
from punchcard.accounts.subjects import LOYALTY_MANAGE, LOYALTY_READ, VENDOR_MANAGE, VENDOR_OWN
from punchcard.kit.i18n import N_
from punchcard.kit.ids import as_id
from punchcard.loyalty import exports as loyalty_exports
from punchcard.loyalty.ledger_reader import EntryFilter
from punchcard.web.refusals import PageNotFound
from punchcard.web.visits import Visit, signed_in

router = APIRouter(prefix="/console/exports")

Person = Annotated[Visit, Depends(signed_in(LOYALTY_READ))]


def _cards(visit: Visit) -> Table:
    asked = visit.request.query_params
    return loyalty_exports.cards(
        visit.vendor_id,
        now=visit.context.clock.now(),
        program_id=as_id(asked.get("program_id", "")),
        status=asked.get("status") or None,
    )


def _transactions(visit: Visit) -> Table:
    asked = visit.request.query_params
    names = ("program_id", "staff_pin_id", "location_id")
    ids: dict[str, Any] = {name: as_id(asked.get(name, "")) for name in names}
    wanted = EntryFilter(**ids, type=asked.get("type") or None)
    return loyalty_exports.transactions(visit.vendor_id, wanted)


LISTS: Final[dict[str, tuple[str, str, Callable[[Visit], Table]]]] = {
    "cards": (N_("Members and cards"), LOYALTY_READ, _cards),
    "transactions": (N_("Ledger"), LOYALTY_READ, _transactions),
    "rewards": (N_("Rewards"), LOYALTY_READ, lambda v: loyalty_exports.rewards(v.vendor_id)),
    "pins": (N_("Staff PINs"), LOYALTY_MANAGE, lambda v: loyalty_exports.pins(v.vendor_id)),
    "locations": (
        N_("Locations"),
        VENDOR_MANAGE,
        lambda v: account_exports.locations(v.vendor_id),
    ),
    "terminals": (N_("Terminals"), VENDOR_MANAGE, lambda v: account_exports.devices(v.vendor_id)),
    "people": (N_("People"), VENDOR_OWN, lambda v: account_exports.people(v.vendor_id)),
    "api-keys": (N_("API keys"), VENDOR_OWN, lambda v: account_exports.api_keys(v.vendor_id)),
    "changes": (
        N_("Who changed what"),
        VENDOR_MANAGE,
        lambda v: account_exports.audit_events(v.vendor_id),
    ),
}
"""Each list: what it is called, the permission to see it, and how it is read."""


@router.get("")
def open_exports(visit: Person) -> Response:
    """Offer every list that the visitor may see."""
    offered = [(name, title) for name, (title, permission, _) in LISTS.items()]
    allowed = [(name, title) for name, title in offered if visit.may(LISTS[name][1])]
    return visit.page("console/exports.html", lists=allowed)


@router.get("/{name}.csv")
def export(visit: Person, name: str) -> Response:
    """Return one list as a file to keep; streamed, however long. Raises PageNotFound."""
    if name not in LISTS:
        raise PageNotFound
    _title, permission, read = LISTS[name]
    if not visit.may(permission):
        raise NotAllowed
    database = visit.context.database
    with database.read() as session:
        vendor = vendor_service.get_vendor(session, visit.vendor_id)
    day = visit.context.clock.now().date().isoformat()
    answer = StreamingResponse(
        stream(database, read(visit), language=visit.language, timezone=vendor.timezone),
        media_type="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{vendor.slug}-{name}-{day}.csv"'},
    )
    return visit.finish(answer)
