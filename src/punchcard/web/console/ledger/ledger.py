"""The console's ledger: every entry with who made it and where, each to be looked at closely."""

from collections.abc import Sequence
from typing import Any, Final

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from punchcard.accounts import audit_service, location_service, vendor_service
from punchcard.connect.claims import claim_service
from punchcard.connect.claims.errors import ReceiptClaimNotFound
from punchcard.connect.integrations.receipt_list import maker_names
from punchcard.kit.ids import EntryId, ReceiptClaimId, as_id
from punchcard.loyalty.cards import card_service
from punchcard.loyalty.ledger import ledger_reader
from punchcard.loyalty.ledger.ledger_reader import ReadEntry
from punchcard.loyalty.programs import program_service
from punchcard.loyalty.staff import pin_service
from punchcard.loyalty.vocabulary import ActorKind, PinFilter
from punchcard.loyalty.words import ENTERED_BY
from punchcard.web.console.cards.card_page import verify_card
from punchcard.web.console.list_filters import Asked, asked_entries
from punchcard.web.console.list_page import show_list
from punchcard.web.console.sorting import Heading
from punchcard.web.pages.labels.cards import ENTRY_NAMES
from punchcard.web.pages.page_request import PageRequest, PageRequestDep
from punchcard.web.pages.reward_names import subjects_of

router = APIRouter(prefix="/console/ledger")

_HERE: Final = "/console/ledger"
_SHOWN: Final = 50
_CHOICES_SHOWN: Final = 200


@router.get("")
def open_ledger(request: PageRequestDep, before: str = "", part: str = "") -> Response:
    """List entries, newest first; `part` "rows" answers only the list."""
    context = request.context
    with context.database.read_replica() as session:
        vendor = vendor_service.get_vendor(session, request.vendor_id)
        asked, wanted = asked_entries(
            request.http.query_params, now=context.clock.now(), timezone=vendor.timezone
        )
        entries = ledger_reader.list_entries(
            session,
            request.vendor_id,
            wanted,
            limit=_SHOWN + 1,
            before_id=as_id(before) if before else None,
        )
        shown, names = entries[:_SHOWN], _names(session, request, entries)
    more = shown[-1].id if len(entries) > _SHOWN else None
    return show_list(
        *(request, asked, _HERE, part),
        page="console/ledger.html",
        rows="console/ledger_rows.html",
        entries=shown,
        form=request.form(asked.fields),
        types=list(ENTRY_NAMES.items()),
        timezone=vendor.timezone,
        is_filtered=bool(asked.fields.keys() - {"from", "sort"}),
        when_heading=_when_heading(asked, oldest_first=wanted.oldest_first),
        export_urls=asked.files("transactions"),
        next_url=asked.address(_HERE, before=more) if more else None,
        first_url=asked.address(_HERE) if before else None,
        **names,
    )


@router.get("/{transaction_id}")
def open_entry(request: PageRequestDep, transaction_id: EntryId) -> Response:
    """Show one entry with everything that is kept of it, and whether its chain holds."""
    with request.context.database.read() as session:
        entry = ledger_reader.get_entry(session, request.vendor_id, transaction_id)
        row = entry.row
        vendor = vendor_service.get_vendor(session, request.vendor_id)
        program = program_service.get_program(session, request.vendor_id, row["program_id"])
        origin = ledger_reader.get_origin(session, entry)
        places = location_service.location_names(session, request.vendor_id)
        facts: dict[str, Any] = {
            "program_name": program.name,
            "subjects": subjects_of(session, [entry], request.language),
            "holder": card_service.card_labels(session, [row["card_id"]])[row["card_id"]],
            "actor": _actor_name(session, request, entry),
            "purchase": _purchase_of(session, request, entry),
            "place": places.get(row["location_id"]),
        }
    verdict = verify_card(request, row["card_id"])
    return request.render(
        "console/ledger_entry.html",
        entry=entry,
        row=row,
        origin=origin,
        timezone=vendor.timezone,
        entered_by=ENTERED_BY,
        damages=[one.what for one in verdict.damages if one.entry_id in (entry.id, None)],
        chain_is_sound=verdict.is_sound,
        **facts,
    )


def _actor_name(session: Session, request: PageRequest, entry: ReadEntry) -> str | None:
    """Return the name of who asked for an entry; of a receipt's, of who made that."""
    kind, actor_id = entry.row["actor_kind"], entry.row["actor_id"]
    if kind != ActorKind.CLAIM:
        return audit_service.actor_name(session, kind, actor_id)
    try:
        claim = claim_service.get_claim(session, request.vendor_id, ReceiptClaimId(actor_id))
    except ReceiptClaimNotFound:
        return None
    return maker_names(session, [claim]).get(claim.id)


def _purchase_of(session: Session, request: PageRequest, entry: ReadEntry) -> ReadEntry | None:
    """Return the purchase of which a refund pays something back."""
    refunds = (entry.row["details"] or {}).get("refunds")
    return ledger_reader.get_entry(session, request.vendor_id, refunds) if refunds else None


def _when_heading(asked: Asked, *, oldest_first: bool) -> Heading:
    """Return the heading that turns the order of time round: newest first is how it is found."""
    if not oldest_first:
        return Heading(asked.address(_HERE, sort="when"), "descending")
    without = {name: value for name, value in asked.fields.items() if name != "sort"}
    return Heading(Asked(without).address(_HERE), "ascending")


def _names(session: Session, request: PageRequest, entries: Sequence[ReadEntry]) -> dict[str, Any]:
    """Return what the rows and the filter call programs, people, places and cards."""
    programs = program_service.list_programs(session, request.vendor_id, limit=_CHOICES_SHOWN)
    people = pin_service.list_pins(
        session, request.vendor_id, limit=_CHOICES_SHOWN, status=PinFilter.ALL
    )
    return {
        "programs": [(row.id, row.name) for row in programs],
        "people": [(row.id, row.name) for row in people],
        "places": location_service.location_names(session, request.vendor_id),
        "subjects": subjects_of(session, entries, request.language),
        "holders": card_service.card_labels(session, {one.row["card_id"] for one in entries}),
    }
