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
from punchcard.loyalty.vocabulary import EntryType

PURCHASE = EntryType.POINTS_EARNED
"""The type of entry that claims the receipt number of a purchase."""

_CLAIMS = table_of(ReferenceClaim)
_COLUMNS = tuple(column.key for column in _CLAIMS.columns)

insert_claims = BulkInsert(_CLAIMS, _COLUMNS)
delete_claims = BulkDelete(_CLAIMS, _COLUMNS)


@lru_cache(maxsize=2)
def _claims_statement(dialect: Dialect) -> Select[Any]:
    return select(_CLAIMS.c.program_id, _CLAIMS.c.reference, _CLAIMS.c.transaction_id).where(
        one_of(_CLAIMS.c.program_id, "programs", dialect),
        _CLAIMS.c.type == PURCHASE,
        one_of(_CLAIMS.c.reference, "references", dialect),
    )


def claimed_references(
    connection: Connection, pairs: Iterable[tuple[ProgramId, str]]
) -> dict[tuple[ProgramId, str], EntryId]:
    """Return the entry that holds each (program, reference) of a purchase, for those in use."""
    wanted = set(pairs)
    if not wanted:
        return {}
    rows = connection.execute(
        _claims_statement(connection.dialect),
        {
            "programs": sorted({program for program, _ in wanted}),
            "references": sorted({reference for _, reference in wanted}),
        },
    )
    return {(row[0], row[1]): row[2] for row in rows if (row[0], row[1]) in wanted}


def claim_of(program_id: ProgramId, reference: str, entry_id: EntryId) -> Row:
    """Return the claim of a purchase's entry to its receipt number."""
    return {
        "program_id": program_id,
        "type": PURCHASE,
        "reference": reference,
        "transaction_id": entry_id,
    }


def in_order(claims: Iterable[Row]) -> Sequence[Row]:
    """Return claims by their keys: two writers that take the same ones never wait in a circle."""
    return sorted(claims, key=lambda claim: (claim["program_id"], claim["reference"]))
