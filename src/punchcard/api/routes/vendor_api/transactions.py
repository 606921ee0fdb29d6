"""The ledger as the vendor reads it, newest entry first."""

from typing import Annotated

from fastapi import Query

from punchcard.api.http.dependencies import CallerDep, Listed, PageDep, listed
from punchcard.api.http.openapi import problems
from punchcard.api.http.routing import api_router
from punchcard.api.schemas.fields import IdOf, Moment, line
from punchcard.api.schemas.transactions import Transaction, transaction_response
from punchcard.kit.ids import CardId, LocationId, ProgramId, StaffPinId
from punchcard.loyalty.cards import card_service
from punchcard.loyalty.ledger import ledger_reader
from punchcard.loyalty.ledger.ledger_reader import EntryFilter, ReadEntry

router = api_router("/api/v1/vendor/loyalty", tag="ledger")

# A query's own facts must stand outside the union with None: inside it they go unseen.
OfType = Annotated[Annotated[str, *line(1, 24)] | None, Query(examples=["stamp_earned"])]
Since = Annotated[
    Moment | None, Query(alias="from", description="Only what happened at or after this.")
]
Until = Annotated[Moment | None, Query(alias="to", description="Only what happened before this.")]


@router.get("/transactions")
def list_transactions(
    caller: CallerDep,
    page: PageDep,
    *,
    program_id: IdOf[ProgramId] | None = None,
    card_id: IdOf[CardId] | None = None,
    staff_pin_id: IdOf[StaffPinId] | None = None,
    location_id: IdOf[LocationId] | None = None,
    type: OfType = None,
    since: Since = None,
    until: Until = None,
) -> Listed[Transaction]:
    """Return the vendor's ledger, newest entry first."""
    wanted = EntryFilter(
        program_id=program_id,
        card_id=card_id,
        staff_pin_id=staff_pin_id,
        location_id=location_id,
        type=type,
        since=since,
        until=until,
    )
    with caller.read_list() as session:
        entries = ledger_reader.list_entries(
            session, caller.vendor_id, wanted, limit=page.fetch, before_id=page.cursor
        )
    return listed(page, entries, _schema, lambda entry: entry.id)


@router.get("/cards/{card_id}/transactions", responses=problems(404))
def list_card_transactions(
    caller: CallerDep, page: PageDep, card_id: CardId
) -> Listed[Transaction]:
    """Return one card's ledger, newest entry first."""
    with caller.context.database.read() as session:
        card = card_service.get_card(
            session, caller.vendor_id, card_id, now=caller.context.clock.now()
        )
        entries = ledger_reader.list_card_entries(
            session, card.id, limit=page.fetch, before_id=page.cursor
        )
    return listed(page, entries, _schema, lambda entry: entry.id)


def _schema(entry: ReadEntry) -> Transaction:
    response = transaction_response(entry.row, entry.staff_name, entry.voided_by)
    return Transaction.model_validate(response)
