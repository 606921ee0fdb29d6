"""One life of a card, lived in the second opinion and at a counter, compared at each step."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any, NamedTuple, Protocol

from punchcard.kit.errors import DomainError
from punchcard.kit.ids import CardId, EntryId, VendorId
from punchcard.loyalty.operations import Operation
from punchcard.loyalty.tables import EntryRow
from tests.oracle.asks import Ask, Hour, event_of, operation_of
from tests.oracle.points import Card, Event, Program

Answer = EntryId | DomainError


class Held(NamedTuple):
    """What a card holds, where everybody says it the same way."""

    points: int
    pending: int
    carry: Fraction
    lifetime_points: int
    lots: dict[tuple[str, str], int]


class Counter(Protocol):
    """Where operations are asked for: the rules in memory, or a till."""

    card_id: CardId
    vendor_id: VendorId

    def answers(self, operations: Sequence[Operation], now: datetime) -> Sequence[Answer]: ...
    def held(self) -> Held: ...
    def entries(self) -> Sequence[EntryRow]: ...


class Life:
    """A card's events, told to the second opinion and asked for at the counter."""

    def __init__(self, program: Program, counter: Counter) -> None:
        self.card = Card(program)
        self.counter = counter
        self.recorded: dict[int, EntryId] = {}
        self.numbers = 0

    def live(self, hours: Iterable[Hour], now: datetime) -> datetime:
        """Live through the hours that begin at `now`; returns when the last one was."""
        for hour in hours:
            now += timedelta(minutes=hour.minutes_later)
            self.rush(hour.asks, now)
        return now

    def rush(self, asks: Sequence[Ask], now: datetime) -> None:
        """Ask for several things at once, and compare what became of them and of the card."""
        taken = sorted(self.recorded)
        self.ask([event_of(ask, now, taken) for ask in asks], now)

    def ask(self, events: Sequence[Event], now: datetime) -> None:
        """Let these events happen, recorded now, and compare."""
        first = self.numbers
        self.numbers += len(events)
        said = [self.card.live(first + i, event) for i, event in enumerate(events)]
        where = (self.recorded, self.counter.card_id, self.counter.vendor_id)
        operations = [operation_of(event, first + i, *where) for i, event in enumerate(events)]
        answers = self.counter.answers(operations, now)
        codes = [a.code if isinstance(a, DomainError) else "done" for a in answers]
        assert codes == said, f"{codes} at the counter, not {said}: {self.card.program} {events}"
        for i, (event, answer) in enumerate(zip(events, answers, strict=True)):
            if not isinstance(answer, DomainError) and event["ask"] != "book":
                self.recorded[first + i] = answer
        held = self.counter.held()
        assert held == self.held(), f"{held}, not {self.held()}: {self.card.program} {events}"

    def held(self) -> Held:
        """Return what the card holds in the second opinion."""
        card = self.card
        return Held(card.balance, card.pending, card.carry, card.lifetime_points, card.lots())

    def check_entries(self) -> None:
        """Check what the ledger tells: the sums, the days on which things ended, nothing else."""
        entries = self.counter.entries()
        assert sum(entry["points_delta"] for entry in entries) == self.card.balance
        told: dict[Any, int] = {}
        for entry in entries:
            if entry["type"] in ("points_expired", "points_activated"):
                key = entry["type"], self.card.day_of(entry["occurred_at"])
                told[key] = told.get(key, 0) + abs(entry["points_delta"])
        booked: dict[Any, int] = {}
        for one in self.card.booked:
            booked[one.what, one.day] = booked.get((one.what, one.day), 0) + one.points
        assert told == booked
        self._check_days(entries)

    def _check_days(self, entries: Sequence[EntryRow]) -> None:
        """Check that nothing ended on a good day, and that nothing was spent on another one."""
        for entry in entries:
            day = self.card.day_of(entry["occurred_at"]).isoformat()
            lots = (entry["details"] or {}).get("lots", ())
            gone = [lot[0] for lot in lots if lot[1] < 0 and len(lot) == 2]
            if entry["type"] == "points_expired":
                assert all(good_until < day for good_until in gone)
            if entry["type"] == "points_redeemed":
                assert all(good_until >= day for good_until in gone)
