"""Receipts of guests as a list: who made each, and all of them as a table to take away."""

from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from punchcard.accounts import audit_service, location_service
from punchcard.accounts.exports import ROWS_AT_ONCE, ReadPage, Row, Table
from punchcard.connect.claims import claim_service
from punchcard.connect.claims.models import ReceiptClaim, ReceiptKey
from punchcard.connect.claims.words import CLAIM_SOURCES, CLAIM_STATES
from punchcard.connect.integrations.models import Integration
from punchcard.kit.clock import Clock
from punchcard.kit.i18n import N_
from punchcard.kit.ids import ReceiptClaimId, VendorId
from punchcard.kit.spreadsheet.columns import Column, ColumnKind
from punchcard.loyalty.models import LoyaltyCard, LoyaltyProgram
from punchcard.loyalty.vocabulary import ActorKind

_COLUMNS: Final = (
    Column(N_("Purchase"), ColumnKind.MOMENT),
    Column(N_("Program")),
    Column(N_("Location")),
    Column(N_("Receipt number")),
    Column(N_("Amount"), ColumnKind.MONEY),
    Column(N_("Stamps"), ColumnKind.NUMBER),
    Column(N_("Status"), ColumnKind.WORD, CLAIM_STATES),
    Column(N_("Source"), ColumnKind.WORD, CLAIM_SOURCES),
    Column(N_("Made by")),
    Column(N_("Added"), ColumnKind.MOMENT),
    Column(N_("Good until"), ColumnKind.MOMENT),
    Column(N_("Put on a card"), ColumnKind.MOMENT),
    Column(N_("Card number"), ColumnKind.CARD_NUMBER),
    Column(N_("Entry")),
    Column(N_("Id")),
)


def maker_names(session: Session, claims: Collection[ReceiptClaim]) -> dict[ReceiptClaimId, str]:
    """Return who made receipts, by name: a person, software, a terminal, a shop or a till's key."""
    keys = _names(session, ReceiptKey, {claim.key_id for claim in claims if claim.key_id})
    shops = _names(
        session,
        Integration,
        {claim.actor_id for claim in claims if claim.actor_kind is ActorKind.INTEGRATION},
    )
    names = audit_service.actor_names(session, claims) | shops
    found = {
        claim.id: keys.get(claim.key_id or "") or names.get(claim.actor_id or "")
        for claim in claims
    }
    return {claim_id: name for claim_id, name in found.items() if name}


def receipts_table(vendor_id: VendorId, clock: Clock) -> Table:
    """Return the vendor's receipts of guests, newest first; not the codes that can be typed."""

    def read(session: Session, before_id: str | None) -> ReadPage:
        now = clock.now()
        claims = claim_service.list_claims(
            session, vendor_id, now=now, before_id=before_id, limit=ROWS_AT_ONCE
        )
        makers = maker_names(session, claims)
        places = location_service.location_names(session, vendor_id)
        cards = {claim.card_id for claim in claims if claim.card_id}
        numbers = dict(
            session.execute(
                select(LoyaltyCard.id, LoyaltyCard.number).where(LoyaltyCard.id.in_(cards))
            ).all()
        )
        programs = {
            row.id: row
            for row in session.execute(
                select(LoyaltyProgram.id, LoyaltyProgram.name, LoyaltyProgram.currency).where(
                    LoyaltyProgram.vendor_id == vendor_id
                )
            )
        }
        rows = [
            _values(
                claim,
                programs[claim.program_id],
                state=claim_service.state_at(claim, now),
                place=places.get(claim.location_id) if claim.location_id else None,
                maker=makers.get(claim.id),
                number=numbers.get(claim.card_id) if claim.card_id else None,
            )
            for claim in claims
        ]
        return rows, claims[-1].id if len(claims) == ROWS_AT_ONCE else None

    return Table(_COLUMNS, read)


def _names(session: Session, table: Any, ids: Collection[str | None]) -> dict[str, str]:
    return {
        row.id: row.name
        for row in session.execute(select(table.id, table.name).where(table.id.in_(ids)))
    }


def _values(
    claim: ReceiptClaim,
    program: Any,
    *,
    state: str,
    place: str | None,
    maker: str | None,
    number: str | None,
) -> Row:
    return (
        claim.occurred_at,
        program.name,
        place,
        claim.reference,
        (claim.amount_minor, program.currency),
        claim.stamps,
        state,
        claim.source,
        maker,
        claim.created_at,
        claim.expires_at,
        claim.claimed_at,
        number,
        claim.transaction_id,
        claim.id,
    )
