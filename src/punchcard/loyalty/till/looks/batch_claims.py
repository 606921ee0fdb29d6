"""Which receipt numbers are taken, as it stands after what a batch has done so far."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from sqlalchemy import Connection

from punchcard.kit.ids import EntryId
from punchcard.loyalty.till.batch_writes import BatchWrites
from punchcard.loyalty.till.reference_claims import Claim, already_claimed, claims_in_use


@dataclass(slots=True)
class BatchClaims:
    """The claims that the operations of a batch make, meet and release; written with `writes`."""

    writes: BatchWrites
    is_any: bool = False
    """Whether an operation of the batch claims anything."""
    _holders: dict[Claim, EntryId] = field(default_factory=dict)

    def look_up(self, connection: Connection, claims: Iterable[Claim]) -> None:
        """Find out who holds what the operations of the batch claim."""
        self.is_any = True
        self._holders = claims_in_use(connection, claims)

    def must_wait(self, claims: Iterable[Claim], awaited: Collection[Claim | str]) -> bool:
        """Return whether an operation has to wait for the next batch before it claims these.

        `awaited` is what earlier ones, on other cards, claim there, and the entries they void.
        Raises what refuses a claim that is taken.
        """
        for claim in claims:
            holder = self._holders.get(claim)
            if claim in awaited or holder in awaited:
                return True
            if holder is not None:
                raise already_claimed(claim, holder)
        return False

    def make(self, claims: Iterable[Claim], entry_id: EntryId) -> None:
        """Note what an entry claims."""
        for claim in claims:
            self._holders[claim] = entry_id
            self.writes.claim_reference(claim, entry_id)

    def release(self, claims: Iterable[Claim], entry_id: EntryId) -> None:
        """Free what a voided entry has claimed."""
        for claim in claims:
            if self._holders.get(claim) == entry_id:
                del self._holders[claim]
            self.writes.release_reference(claim, entry_id)
