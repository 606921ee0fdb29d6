"""Which entry a shop's receipt number stands for, until that entry is voided.

The ledger only grows, so an index over it cannot know of voids: claims stand beside it. An entry
claims its reference in the transaction that writes it, its void releases the claim, and the
primary key refuses a second live one, whichever server it comes from.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final

from sqlalchemy import Connection, select
from sqlalchemy.engine import Dialect

from punchcard.db.base import table_of
from punchcard.db.dialects import Row, one_of
from punchcard.db.sets.bulk import BulkDelete, BulkInsert
from punchcard.db.sets.lookup import Lookup
from punchcard.kit.errors import DomainError
from punchcard.kit.ids import CardId, EntryId, ProgramId
from punchcard.loyalty.errors.till import (
    OpeningBalanceExists,
    ReceiptAlreadyStamped,
    ReferenceAlreadyUsed,
    RefundAlreadyRecorded,
)
from punchcard.loyalty.models import ReferenceClaim
from punchcard.loyalty.operations import (
    AddStamp,
    EarnPoints,
    Operation,
    RecordVisit,
    RefundPoints,
    SetOpeningBalance,
)
from punchcard.loyalty.rules.values import PastEntry
from punchcard.loyalty.vocabulary import EntryType

PURCHASE: Final = EntryType.POINTS_EARNED
"""As what the receipt number of a purchase is claimed."""
STAMPS: Final = EntryType.STAMP_EARNED
"""As what the receipt number of stamps is claimed: those of a purchase may come in another call."""
REFUND: Final = EntryType.POINTS_REFUNDED
"""As what the receipt number of what was paid back is claimed."""

OPENING: Final = EntryType.OPENING_BALANCE
"""As what a card's opening balance is claimed, by the card's id: it has one at most."""

_TAKEN: Final[Mapping[EntryType, type[DomainError]]] = {
    OPENING: OpeningBalanceExists,
    REFUND: RefundAlreadyRecorded,
    STAMPS: ReceiptAlreadyStamped,
}
"""What refuses a claim that another entry holds, where that is not a purchase's."""

Claim = tuple[ProgramId, EntryType, str]
"""What is claimed: a receipt number, in a program, for a kind of entry."""

_NUMBERS: Final[Mapping[type[Operation], Callable[[Any], str | None]]] = {
    EarnPoints: attrgetter("reference"),
    AddStamp: attrgetter("reference"),
    RecordVisit: attrgetter("reference"),
    RefundPoints: attrgetter("refund_reference"),
    SetOpeningBalance: attrgetter("card.value"),
}
_BY_OPERATIONS: Final[Mapping[type[Operation], tuple[EntryType, ...]]] = {
    EarnPoints: (PURCHASE,),
    AddStamp: (STAMPS,),
    RecordVisit: (PURCHASE, STAMPS),
    RefundPoints: (REFUND,),
    SetOpeningBalance: (OPENING,),
}
_BY_ENTRIES: Final[Mapping[EntryType, tuple[EntryType, ...]]] = {
    PURCHASE: (PURCHASE,),
    STAMPS: (STAMPS,),
    EntryType.VISIT_RECORDED: (PURCHASE, STAMPS),
}

_CLAIMS = table_of(ReferenceClaim)
_COLUMNS = tuple(column.key for column in _CLAIMS.columns)

insert_claims = BulkInsert(_CLAIMS, _COLUMNS)
delete_claims = BulkDelete(_CLAIMS, _COLUMNS)


def claims_any(operation: Operation) -> bool:
    """Return whether an operation claims a receipt number."""
    number_of = _NUMBERS.get(type(operation))
    return number_of is not None and number_of(operation) is not None


def claims_of(operation: Operation, program_id: ProgramId) -> list[Claim]:
    """Return what an operation claims in the program of its card; nothing without a number."""
    kind = type(operation)
    if kind not in _NUMBERS:
        return []
    return _claims(program_id, _BY_OPERATIONS[kind], _NUMBERS[kind](operation))


def claims_of_past(past: PastEntry, card_id: CardId) -> list[Claim]:
    """Return what an entry of the card has claimed that is taken back."""
    if past.type == OPENING:
        return [(past.program_id, OPENING, card_id)]
    return _claims(past.program_id, _BY_ENTRIES.get(past.type, ()), past.reference)


@lru_cache(maxsize=2)
def _claims_lookup(dialect: Dialect) -> Lookup:
    query = select(_CLAIMS).where(
        one_of(_CLAIMS.c.program_id, "programs", dialect),
        # By the whole key: without the type a program's claims would all be looked through.
        one_of(_CLAIMS.c.type, "types", dialect),
        one_of(_CLAIMS.c.reference, "references", dialect),
    )
    return Lookup(query, dialect)


def claims_in_use(connection: Connection, claims: Iterable[Claim]) -> dict[Claim, EntryId]:
    """Return the entry that holds each claim, for those in use."""
    wanted = set(claims)
    if not wanted:
        return {}
    rows = _claims_lookup(connection.dialect).rows(
        connection,
        {
            "programs": sorted({program for program, _, _ in wanted}),
            "types": sorted({kind for _, kind, _ in wanted}),
            "references": sorted({reference for _, _, reference in wanted}),
        },
    )
    found = {(row.program_id, row.type, row.reference): row.transaction_id for row in rows}
    return {claim: entry_id for claim, entry_id in found.items() if claim in wanted}


def already_claimed(claim: Claim, used_by: EntryId) -> DomainError:
    """Return the refusal of what another entry has claimed."""
    return _TAKEN.get(claim[1], ReferenceAlreadyUsed)(transaction_id=used_by)


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


def _claims(
    program_id: ProgramId, kinds: Iterable[EntryType], reference: str | None
) -> list[Claim]:
    return [(program_id, kind, reference) for kind in kinds] if reference else []
