"""Which entry a shop's receipt number stands for, until that entry is voided.

The ledger only grows, so an index over it cannot know of voids: claims stand beside it. An entry
claims its reference in the transaction that writes it, its void releases the claim, and the
primary key refuses a second live one, whichever server it comes from.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Select, select
from sqlalchemy.engine import Dialect

from punchcard.db.base import table_of
from punchcard.db.bulk import BulkDelete, BulkInsert
from punchcard.db.dialects import Row, one_of
from punchcard.kit.ids import EntryId, ProgramId
from punchcard.loyalty.models import ReferenceClaim
from punchcard.loyalty.operations import EarnPoints, Operation, RefundPoints
from punchcard.loyalty.rules.values import PastEntry
from punchcard.loyalty.vocabulary import EntryType

PURCHASE = EntryType.POINTS_EARNED
"""The type of entry that claims the receipt number of a purchase."""

REFUND = EntryType.POINTS_REFUNDED
"""The type of entry that claims the receipt number of what was paid back."""

Claim = tuple[ProgramId, EntryType, str]
"""What is claimed: a receipt number, in a program, for a kind of entry."""

_CLAIMS = table_of(ReferenceClaim)
_COLUMNS = tuple(column.key for column in _CLAIMS.columns)

insert_claims = BulkInsert(_CLAIMS, _COLUMNS)
delete_claims = BulkDelete(_CLAIMS, _COLUMNS)


def claim_of(operation: Operation, program_id: ProgramId) -> Claim | None:
    """Return what an operation claims in the program of its card; None for nothing."""
    match operation:
        case EarnPoints(reference=str(reference)):
            return (program_id, PURCHASE, reference)
        case RefundPoints():
            return (program_id, REFUND, operation.refund_reference)
    return None


def claim_of_past(past: PastEntry) -> Claim | None:
    """Return what an entry that is taken back has claimed; None for nothing."""
    if past.reference is None or past.type != PURCHASE:
        return None
    return (past.program_id, PURCHASE, past.reference)


@lru_cache(maxsize=2)
def _claims_statement(dialect: Dialect) -> Select[Any]:
    return select(_CLAIMS).where(
        one_of(_CLAIMS.c.program_id, "programs", dialect),
        one_of(_CLAIMS.c.reference, "references", dialect),
    )


def claims_in_use(connection: Connection, claims: Iterable[Claim]) -> dict[Claim, EntryId]:
    """Return the entry that holds each claim, for those in use."""
    wanted = set(claims)
    if not wanted:
        return {}
    rows = connection.execute(
        _claims_statement(connection.dialect),
        {
            "programs": sorted({program for program, _, _ in wanted}),
            "references": sorted({reference for _, _, reference in wanted}),
        },
    )
    found = {(row.program_id, row.type, row.reference): row.transaction_id for row in rows}
    return {claim: entry_id for claim, entry_id in found.items() if claim in wanted}


def claim_row(claim: Claim, entry_id: EntryId) -> Row:
    """Return the row of an entry's claim."""
    program_id, kind, reference = claim
    return {
        "program_id": program_id,
        "type": kind,
        "reference": reference,
        "transaction_id": entry_id,
    }


def in_order(claims: Iterable[Row]) -> Sequence[Row]:
    """Return claims by their keys: two writers that take the same ones never wait in a circle."""
    keys = ("program_id", "type", "reference")
    return sorted(claims, key=lambda claim: tuple(claim[key] for key in keys))
