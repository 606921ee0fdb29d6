"""Who brought whom, as a table to take away: cards by their numbers, nobody by name."""

from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from punchcard.accounts.exports import ROWS_AT_ONCE, ReadPage, Table
from punchcard.kit.i18n import N_
from punchcard.kit.ids import VendorId
from punchcard.kit.spreadsheet.columns import Column, ColumnKind
from punchcard.loyalty import words
from punchcard.loyalty.models import LoyaltyCard, LoyaltyProgram
from punchcard.loyalty.referral_models import Referral

_COLUMNS: Final = (
    Column(N_("Joined"), ColumnKind.MOMENT),
    Column(N_("Program")),
    Column(N_("Card that brought"), ColumnKind.CARD_NUMBER),
    Column(N_("Card of the friend"), ColumnKind.CARD_NUMBER),
    Column(N_("Status"), ColumnKind.WORD, words.REFERRAL_STATES),
    Column(N_("Reason"), ColumnKind.WORD, words.REFERRAL_REASONS),
    Column(N_("Due"), ColumnKind.MOMENT),
    Column(N_("Paid"), ColumnKind.MOMENT),
    Column(N_("Taken back"), ColumnKind.MOMENT),
    Column(N_("Id")),
)


def referrals_table(vendor_id: VendorId) -> Table:
    """Return the friends that cards of a vendor brought, newest first."""
    referrer, friend = aliased(LoyaltyCard), aliased(LoyaltyCard)

    def read(session: Session, before_id: str | None) -> ReadPage:
        query = (
            select(Referral, LoyaltyProgram.name, referrer.number, friend.number)
            .join(LoyaltyProgram, LoyaltyProgram.id == Referral.program_id)
            .join(referrer, referrer.id == Referral.referrer_card_id)
            .join(friend, friend.id == Referral.friend_card_id)
            .where(Referral.vendor_id == vendor_id)
            .order_by(Referral.id.desc())
            .limit(ROWS_AT_ONCE)
        )
        if before_id is not None:
            query = query.where(Referral.id < before_id)
        found = session.execute(query).all()
        rows = [
            (
                *(one.created_at, program, by, of),
                *(one.state, one.reason, one.due_at, one.paid_at, one.reversed_at, one.id),
            )
            for one, program, by, of in found
        ]
        return rows, found[-1][0].id if len(found) == ROWS_AT_ONCE else None

    return Table(_COLUMNS, read)
