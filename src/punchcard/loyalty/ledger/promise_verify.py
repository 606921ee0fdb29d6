"""Grants and reservations, verified: their tables are held against what the ledger tells."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Select, Table

from punchcard.db.base import table_of
from punchcard.db.reading import stream_plain
from punchcard.kit.ids import CardId, EntryId, RewardId
from punchcard.loyalty.grant_models import Grant, Reservation
from punchcard.loyalty.rules.promises.promise_states import grant_after, reservation_after
from punchcard.loyalty.vocabulary import GrantState

Narrow = Callable[[Select[Any], Table], Select[Any]]
"""Narrows a query of such a table to the cards that are looked at."""

_GRANTS: Final = table_of(Grant)
_RESERVATIONS: Final = table_of(Reservation)
_GRANT_FACTS: Final = ("state", "expires_on", "reward_id", "last_entry_id")
_RESERVATION_FACTS: Final = ("state", "points", "grant_id", "last_entry_id")

Facts = dict[str, list[Any]]
"""What is known of each, by its id."""


class PromiseMove(NamedTuple):
    """What an entry says beside its details of the thing it moves."""

    reward_id: RewardId | None
    points_delta: int


class Promises:
    """The grants and reservations of one card: as its entries tell them, or as tables keep them."""

    def __init__(self, grants: Facts | None = None, reservations: Facts | None = None) -> None:
        self.grants: Facts = {} if grants is None else grants
        self.reservations: Facts = {} if reservations is None else reservations

    def follow(
        self, entry_id: EntryId, kind: str, details: Mapping[str, Any], row: PromiseMove
    ) -> None:
        """Follow one entry that tells of a grant or of a reservation.

        Raises KeyError or TypeError where it tells what no entry of its type does.
        """
        if "grant_id" in details:
            state, ends = grant_after(kind, details)
            self.grants[details["grant_id"]] = [str(state), ends, row.reward_id, entry_id]
        if "merge_id" in details:
            self._follow_merge(entry_id, details.get("grants", {}))
        if "reservation_id" in details:
            name = details["reservation_id"]
            stands = reservation_after(kind, details)
            before = self.reservations.get(name, [None, -row.points_delta, details.get("grant_id")])
            self.reservations[name] = [str(stands), before[1], before[2], entry_id]

    def _follow_merge(self, entry_id: EntryId, grants: Mapping[str, Mapping[str, Any]]) -> None:
        """Follow grants that go to another card, or come from one: those are ready."""
        for grant_id, facts in grants.items():
            self.grants.pop(grant_id, None)
            if facts:
                told = [facts.get("expires_on"), facts["reward_id"], entry_id]
                self.grants[grant_id] = [str(GrantState.READY), *told]

    def differences(self, kept: "Promises") -> Iterator[str]:
        """Give a sentence for each that the tables keep otherwise than the entries tell."""
        yield from _differences("grant", _GRANT_FACTS, self.grants, kept.grants)
        yield from _differences(
            "reservation", _RESERVATION_FACTS, self.reservations, kept.reservations
        )


class KeptPromises:
    """What the tables keep, card by card, in the order of the cards' ids."""

    def __init__(self, connection: Connection, narrow: Narrow) -> None:
        self._grants = _ByCard(connection, _GRANTS, _GRANT_FACTS, narrow)
        self._reservations = _ByCard(connection, _RESERVATIONS, _RESERVATION_FACTS, narrow)

    def of(self, card_id: CardId) -> Promises:
        """Return what is kept of a card; each card once, in their order."""
        return Promises(self._grants.of(card_id), self._reservations.of(card_id))


class _ByCard:
    def __init__(
        self, connection: Connection, table: Table, facts: tuple[str, ...], narrow: Narrow
    ) -> None:
        columns = [table.c[name] for name in ("card_id", "id", *facts)]
        self._rows = stream_plain(
            connection,
            columns,
            lambda query: narrow(query.order_by(table.c.card_id, table.c.id), table),
        )
        self._next = next(self._rows, None)

    def of(self, card_id: CardId) -> Facts:
        found: Facts = {}
        while self._next is not None and self._next[0] <= card_id:
            if self._next[0] == card_id:
                found[self._next[1]] = [_plain(value) for value in self._next[2:]]
            self._next = next(self._rows, None)
        return found


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, int) else str(value)


def _differences(what: str, names: tuple[str, ...], told: Facts, kept: Facts) -> Iterator[str]:
    for name in sorted(told.keys() | kept.keys()):
        if name not in told:
            yield f"the ledger knows nothing of the {what} {name}"
        elif name not in kept:
            yield f"the {what} {name} is missing"
        else:
            for fact, is_kept, is_told in zip(names, kept[name], told[name], strict=True):
                if is_kept != is_told:
                    by_ledger = f"by the ledger it is {is_told}"
                    yield f"the {fact} of the {what} {name} is {is_kept}, {by_ledger}"
