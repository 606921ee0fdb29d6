"""What ends or begins on a card by itself: booked before anything else is decided.

So points that have ended are never spent, though nobody booked it yet, and pending ones are there
on their day. The worker books what no operation came for.
"""

from datetime import date, datetime
from typing import NamedTuple

from punchcard.kit.ids import EntryId
from punchcard.loyalty.errors.cards import NothingDue
from punchcard.loyalty.rules.dated import lots
from punchcard.loyalty.rules.dated.dated_points import joined, with_details
from punchcard.loyalty.rules.dated.ended import Ended, LotMove, ended_since
from punchcard.loyalty.rules.promises import grant_rules, reservation_rules
from punchcard.loyalty.rules.standing import Details, Lot
from punchcard.loyalty.rules.tiers.tier_rules import lapsed
from punchcard.loyalty.rules.values import (
    CardState,
    Decision,
    EntryDraft,
    History,
    PastEntry,
    ProgramRules,
    Steps,
)
from punchcard.loyalty.vocabulary import EntryType


class _Due(NamedTuple):
    """Something that is due, and the day it is due on."""

    day: date
    entry: EntryDraft
    card: CardState


def book_due(program: ProgramRules, steps: Steps, at: datetime) -> None:
    """Book what ended or began on the card until `at`, each on its own day, the oldest first."""
    while steps.card.due_on is not None and steps.card.due_on <= program.day_of(at):
        due = _next_due(program, steps.card, steps.card.due_on)
        steps.take(due.entry, due.card)


def only_due(program: ProgramRules, card: CardState, until: datetime, at: datetime) -> Decision:
    """Return what is due on the card until `until` and nothing else. Raises NothingDue."""
    steps = Steps(card, at)
    book_due(program, steps, until)
    if not steps.taken:
        raise NothingDue
    return steps.decision()


def as_of(program: ProgramRules, card: CardState, at: datetime) -> CardState:
    """Return the card as it is at `at`, with everything that is due by then."""
    if not is_moved(program, card, at):
        return card
    steps = Steps(card, at)
    reservation_rules.give_back_expired(steps, at)
    book_due(program, steps, at)
    return steps.card


def ended_of(past: PastEntry, history: History, steps: Steps) -> Ended:
    """Return what of an entry has ended, also what has just been booked as ended."""
    if not history.moves:
        return Ended()
    now = (LotMove(EntryId(""), draft.type, draft.details or {}) for draft, _ in steps.taken)
    return ended_since(past.id, (*history.moves, *now))


def is_moved(program: ProgramRules, card: CardState, at: datetime) -> bool:
    """Return whether something of the card ended or began by itself until `at`."""
    if card.standing is None:
        return False
    is_due = card.due_on is not None and card.due_on <= program.day_of(at)
    return is_due or (bool(card.standing.held) and reservation_rules.has_expired(card, at))


def _next_due(program: ProgramRules, card: CardState, day: date) -> _Due:
    standing = card.kept_standing
    told = day.isoformat()
    for lot in standing.lots:
        if lot.activates_on and lot.activates_on <= told:
            return _activated(program, card, lot, day)
    for lot in standing.lots:
        if not lot.activates_on and lot.expires_on < told:
            return _points_expired(program, card, lot, day)
    for lot in standing.stamp_lots:
        if lot.expires_on < told:
            return _stamps_expired(program, card, lot, day)
    ended = grant_rules.expired(card, day) or lapsed(program, card, day)
    assert ended is not None, "a card says that something is due, and nothing is"
    return _on(program, day, *ended)


def _activated(program: ProgramRules, card: CardState, lot: Lot, day: date) -> _Due:
    gone = [lot.expires_on, -lot.amount, lot.activates_on]
    come = lots.put(card.kept_standing.lots, card.points, lot.amount, lot.expires_on)
    details: Details = {"lots": lots.merged([gone, *come])}
    moved = with_details(card._replace(points=card.points + lot.amount), details).card
    entry = EntryDraft(EntryType.POINTS_ACTIVATED, points_delta=lot.amount, details=details)
    return _on(program, day, entry, moved)


def _points_expired(program: ProgramRules, card: CardState, lot: Lot, day: date) -> _Due:
    details: Details = {"lots": [[lot.expires_on, -lot.amount]]}
    moved = with_details(card._replace(points=card.points - lot.amount), details).card
    entry = EntryDraft(EntryType.POINTS_EXPIRED, points_delta=-lot.amount, details=details)
    return _on(program, day, entry, moved)


def _stamps_expired(program: ProgramRules, card: CardState, lot: Lot, day: date) -> _Due:
    details: Details = {"stamp_lots": [[lot.expires_on, -lot.amount]]}
    moved = with_details(card._replace(stamps=card.stamps - lot.amount), details).card
    entry = EntryDraft(EntryType.STAMPS_EXPIRED, stamps_delta=-lot.amount, details=details)
    return _on(program, day, entry, moved)


def _on(program: ProgramRules, day: date, entry: EntryDraft, card: CardState) -> _Due:
    return _Due(day, entry._replace(at=program.midnight(day)), card)


def touched(program: ProgramRules, decision: Decision) -> Decision:
    """Return a visit's decision with the ends moved of what counts from the last visit."""
    card = decision.card
    if card.standing is None:
        return decision
    day = program.day_of(decision.at)
    changes: Details = {}
    for name, expiry in (("lots", program.points_expiry), ("stamp_lots", program.stamps_expiry)):
        if expiry is not None and expiry.counts_from_visits:
            held = getattr(card.standing, name)
            if moved_lots := lots.moved_to(held, expiry.last_day(day).isoformat()):
                changes[name] = moved_lots
    if not changes:
        return decision
    draft, _ = decision.steps[-1]
    moved = with_details(card, changes)
    draft = draft._replace(details=joined(draft.details, moved.details))
    decision.steps[-1] = (draft, moved.card)
    return decision
