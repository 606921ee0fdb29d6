"""What single cards were given, as a table to export."""

from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from punchcard.accounts.exports import ROWS_AT_ONCE, ReadPage, Row, Table
from punchcard.kit.i18n import N_
from punchcard.kit.ids import VendorId
from punchcard.kit.spreadsheet.columns import Column, ColumnKind
from punchcard.loyalty import words
from punchcard.loyalty.cards import grant_reader
from punchcard.loyalty.grant_models import Grant
from punchcard.loyalty.models import LoyaltyCard, LoyaltyProgram

_COLUMNS: Final = (
    Column(N_("Given"), ColumnKind.MOMENT),
    Column(N_("Program")),
    Column(N_("Card number"), ColumnKind.CARD_NUMBER),
    Column(N_("Reward")),
    Column(N_("Value"), ColumnKind.MONEY),
    Column(N_("Reason"), ColumnKind.WORD, words.GRANT_REASONS),
    Column(N_("Status"), ColumnKind.WORD, words.GRANT_STATES),
    Column(N_("Last day")),
    Column(N_("Note")),
    Column(N_("Id")),
)


def grants(vendor_id: VendorId) -> Table:
    """Return what the vendor's cards were given, oldest first; not the codes that collect it."""

    def read(session: Session, after_id: str | None) -> ReadPage:
        found = grant_reader.list_all_grants(
            session, vendor_id, limit=ROWS_AT_ONCE, after_id=after_id
        )
        cards = {grant.card_id for grant in found}
        numbers = _pairs(
            session,
            select(LoyaltyCard.id, LoyaltyCard.number).where(LoyaltyCard.id.in_(cards)),
        )
        programs = _pairs(
            session,
            select(LoyaltyProgram.id, LoyaltyProgram.name, LoyaltyProgram.currency).where(
                LoyaltyProgram.vendor_id == vendor_id
            ),
        )
        after = found[-1].id if len(found) == ROWS_AT_ONCE else None
        return [
            _values(grant, numbers[grant.card_id].number, programs[grant.program_id])
            for grant in found
        ], after

    return Table(_COLUMNS, read)


def _pairs(session: Session, query: Any) -> dict[str, Any]:
    return {row.id: row for row in session.execute(query)}


def _values(grant: Grant, number: str, program: Any) -> Row:
    return (
        grant.created_at,
        program.name,
        number,
        grant.reward_name,
        (grant.value_minor, program.currency),
        grant.reason,
        grant.state,
        grant.expires_on.isoformat() if grant.expires_on else None,
        grant.note,
        grant.id,
    )
