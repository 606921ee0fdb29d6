"""What the rules must know of a card's past, looked up for the few operations that need it.

`past` gives where a card's past can be asked for; it raises if this very batch has moved the card.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row

from punchcard.kit.ids import EntryId, RewardId, VendorId
from punchcard.loyalty.operations import (
    AddStamp,
    EarnPoints,
    Operation,
    RecordVisit,
    RefundPoints,
    VoidEntry,
)
from punchcard.loyalty.rules.refund_rules import PURCHASES
from punchcard.loyalty.rules.stamp_rules import as_stamped, is_late_report, is_out_of_turn
from punchcard.loyalty.rules.time_rules import AWAY_FROM_COUNTER, NEVER_LATE
from punchcard.loyalty.rules.values import (
    NO_HISTORY,
    Forgiven,
    History,
    PastEntry,
    PastStamp,
    RewardState,
)
from punchcard.loyalty.rules.void_rules import SPENDINGS, STAMPINGS
from punchcard.loyalty.till.held_card import HeldCard
from punchcard.loyalty.till.looks import past_visits, told_entries
from punchcard.loyalty.till.looks import till_queries as queries
from punchcard.loyalty.vocabulary import ActorKind, EntryType

Past = Callable[[HeldCard], Connection]


class NamedEntries:
    """The entries that operations of a batch name, read as one set when the first is asked for.

    They stay as they are: their cards are locked, and what this batch moves waits for the next.
    """

    def __init__(self, pairs: Collection[tuple[VendorId, EntryId]]) -> None:
        self._pairs = pairs
        self._rows: dict[EntryId, Row[Any]] | None = None

    def past(self, connection: Connection, entry_id: EntryId, card: HeldCard) -> PastEntry:
        """Return one of them as the past of its card."""
        if self._rows is None:
            self._rows = queries.past_rows(connection, {named for _, named in self._pairs})
        return queries.past_entry(self._rows[entry_id], card.program)


class Sight(NamedTuple):
    """What can be looked at: the past of the card, the rewards that were locked, the time."""

    past: Past
    card: HeldCard
    rewards: Mapping[tuple[VendorId, RewardId], RewardState]
    now: datetime
    entries: NamedEntries


# Looked up once: before Python 3.12 an enum gives its words slowly.
_IMPORT: Final = ActorKind.IMPORT
_STAMPING: Final = frozenset({AddStamp, RecordVisit})
_LONGEST_DAY: Final = timedelta(hours=26)
"""A calendar day has at most 25 hours."""


def is_stamp_of_now(operation: Operation, card: HeldCard, now: datetime) -> bool:
    """Return whether stamps are given now and the card has none later: nothing to be looked up."""
    last = card.state.last_stamp_at
    is_now = type(operation) in _STAMPING and operation.occurred_at is None
    return is_now and (last is None or last <= now)


def visit_history(operation: RecordVisit, sight: Sight) -> History:
    """Return what both halves of a visit are held against."""
    stamps = stamp_history(operation, sight)
    if operation.amount_minor is None:
        return stamps
    late = purchase_history(operation, sight).late_purchases
    return stamps if late is None else replace(stamps, late_purchases=late)


def stamp_history(operation: AddStamp | RecordVisit, sight: Sight) -> History:
    """Return a stamp's neighbours in time, and how many were recorded today, for one of before."""
    past, card, now = sight.past, sight.card, sight.now
    at = operation.occurred_at
    if not card.program.has_stamps or operation.actor.kind in AWAY_FROM_COUNTER:
        return NO_HISTORY
    state = as_stamped(card.program, card.state, at, now)
    is_behind = is_out_of_turn(state, at or now)
    is_late = is_late_report(at, now) and operation.actor.kind != _IMPORT
    if not (is_behind or is_late):
        return NO_HISTORY
    connection, middle = past(card), at or now
    reach = max(card.program.cooldown, _LONGEST_DAY)
    return History(
        stamps=past_visits.past_stamps(
            connection, card.all_ids, limit=1000, since=middle - reach, until=middle + reach
        )
        if is_behind
        else (),
        recorded_stamps=past_visits.stamps_recorded(
            connection, card.all_ids, since=card.program.start_of_day(now)
        )
        if is_late
        else None,
    )


def purchase_history(operation: EarnPoints | RecordVisit, sight: Sight) -> History:
    """Return how many late purchases were recorded today, for one more of them."""
    past, card, now = sight.past, sight.card, sight.now
    is_late = is_late_report(operation.occurred_at, now)
    if not is_late or operation.actor.kind in NEVER_LATE:
        return NO_HISTORY
    since = card.program.start_of_day(now)
    return History(
        late_purchases=past_visits.late_purchases_recorded(past(card), card.all_ids, since=since)
    )


def void_history(operation: VoidEntry, sight: Sight) -> History:
    """Return the entry to take back, and what else the rules ask about one of its type.

    Of a stamp that is the stamps that then are the last, of a purchase what was paid back, of what
    was spent what earlier voids forgave. An opening balance needs none: an import has thousands.
    """
    card = sight.card
    connection = sight.past(card)
    entry = sight.entries.past(connection, operation.transaction_id, card)
    claims: tuple[tuple[int, int], ...] = ()
    is_before_merge = False
    if entry.type == EntryType.STAMPS_REDEEMED and "lap" in (entry.details or {}):
        claims = told_entries.standing_claims(connection, card.state.id)
        is_before_merge = told_entries.is_before_merge(connection, card.state.id, entry)
    return History(
        stamps=_stamps_beside(connection, card, entry),
        entry=entry,
        forgiven=_forgiven(connection, card, entry),
        reward=sight.rewards.get((operation.vendor_id, entry.reward_id or RewardId(""))),
        refunded_minor=_refunded_minor(connection, card, entry),
        claims=claims,
        moves=told_entries.moves_of(connection, card.state.id, entry),
        is_before_merge=is_before_merge,
    )


def _stamps_beside(
    connection: Connection, card: HeldCard, entry: PastEntry
) -> tuple[PastStamp, ...]:
    if entry.type not in STAMPINGS:
        return ()
    return past_visits.past_stamps(
        connection, card.all_ids, limit=past_visits.LAST_STAMPS, without=entry.id
    )


def _forgiven(connection: Connection, card: HeldCard, entry: PastEntry) -> Forgiven:
    if entry.type not in SPENDINGS:
        return Forgiven()
    forgiven = queries.forgiven(connection, card.state.id, card.program)
    if not card.program.has_points:
        return forgiven
    stamps, points = queries.forgiven_by_refunds(connection, card.state.id, card.program)
    return replace(
        forgiven,
        stamps=forgiven.stamps + stamps,
        points_carry=forgiven.points_carry + points,
    )


def _refunded_minor(connection: Connection, card: HeldCard, entry: PastEntry) -> int:
    if entry.type not in PURCHASES or not card.program.has_points:
        return 0
    return queries.refunded_minor(connection, card.state.id, entry.id)


def refund_history(operation: RefundPoints, sight: Sight) -> History:
    """Return the purchase that was paid back in part, and what came back of it before."""
    card = sight.card
    connection = sight.past(card)
    entry = sight.entries.past(connection, operation.transaction_id, card)
    refunded = queries.refunded_minor(connection, card.state.id, entry.id)
    moves = told_entries.moves_of(connection, card.state.id, entry)
    return History(entry=entry, refunded_minor=refunded, moves=moves)
