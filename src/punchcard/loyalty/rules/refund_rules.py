"""Refunds: of a purchase of which a part was paid back, the points of that part come off."""

from datetime import datetime
from fractions import Fraction
from math import floor
from typing import Final

from punchcard.loyalty.errors.till import (
    AlreadyVoided,
    NotRefundable,
    RefundExceedsPurchase,
    TransactionNotFound,
)
from punchcard.loyalty.operations import RefundPoints
from punchcard.loyalty.rules.carry import carried
from punchcard.loyalty.rules.dated.dated_points import Moved, joined
from punchcard.loyalty.rules.dated.due_rules import ended_of
from punchcard.loyalty.rules.dated.lots import pending_in
from punchcard.loyalty.rules.purchase_rules import earned_of_rest
from punchcard.loyalty.rules.standing import Details
from punchcard.loyalty.rules.values import (
    Decision,
    EntryDraft,
    History,
    PastEntry,
    ProgramRules,
    Steps,
)
from punchcard.loyalty.rules.void_rules import lots_of, take_back, unattended, without_stamps
from punchcard.loyalty.vocabulary import EntryType

PURCHASES: Final = (EntryType.POINTS_EARNED, EntryType.VISIT_RECORDED)
"""The types of entries that record what somebody paid."""


def refund_points(
    operation: RefundPoints, program: ProgramRules, steps: Steps, history: History, at: datetime
) -> Decision:
    """Take the points off that the part of the purchase earned which was paid back.

    What is left of the purchase has earned then what it would have by the rules of its own day,
    whatever the order and size of its refunds. The stamps of a visit stay as long as something of
    it does. What was spent already is up to the void policy.
    """
    past = history.entry
    if past is None:
        raise TransactionNotFound
    if past.voided_by is not None:
        raise AlreadyVoided(voided_by=past.voided_by)
    if past.type not in PURCHASES or past.amount_minor is None:
        raise NotRefundable(transaction_type=past.type)
    program = unattended(operation, program)
    before = past.amount_minor - history.refunded_minor
    if operation.amount_minor > before:
        raise RefundExceedsPurchase(refundable_minor=before, currency=program.currency)
    after = before - operation.amount_minor
    amount = earned_by(past, program, before) - earned_by(past, program, after)
    lifetime = whole_earned(past, program, before) - whole_earned(past, program, after)
    card = steps.card
    stamps = past.stamps_delta if after == 0 else 0
    ended = ended_of(past, history, steps).within(stamps, amount)
    moved = take_back(program, card, amount - ended.points, lots_of(past))
    stamped = without_stamps(past, program, moved.card, ended) if stamps else Moved(moved.card)
    refunded = stamped.card._replace(lifetime_points=moved.card.lifetime_points - lifetime)
    told: Details = {
        "refunds": past.id,
        "refunded_points": str(amount),
        "lifetime": [-stamps, -lifetime, 0],
        **({"refunded_stamps": stamps} if stamps else {}),
        **ended.told(),
    }
    if refunded.carry_parts != program.points_per_amount_minor and carried(program, refunded):
        told["carry_parts"] = refunded.carry_parts
    entry = EntryDraft(
        type=EntryType.POINTS_REFUNDED,
        stamps_delta=refunded.stamps - card.stamps,
        points_delta=refunded.points - card.points,
        amount_minor=operation.amount_minor,
        reference=operation.refund_reference,
        details=joined(moved.details, stamped.details, told),
    )
    steps.take(entry, refunded)
    return steps.decision()


def earned_by(past: PastEntry, program: ProgramRules, amount_minor: int) -> Fraction:
    """Return the exact points that `amount_minor` of a past purchase earned, or would have."""
    details = past.details or {}
    paid = past.amount_minor or 0
    if "parts" in details:
        return earned_of_rest(details["parts"], amount_minor, paid_minor=paid)
    if amount_minor <= 0 or paid <= 0:
        return Fraction(0)
    is_of_today = past.program_version == program.version
    if is_of_today and amount_minor < program.minimum_purchase_minor:
        return Fraction(0)
    earned = past.points_delta + pending_in(lots_of(past)) + past.carry_delta
    return earned * Fraction(amount_minor, paid)


def whole_earned(past: PastEntry, program: ProgramRules, amount_minor: int) -> int:
    """Return the whole points that count as ever earned by what is left of a past purchase."""
    earned = past.points_delta + pending_in(lots_of(past))
    if amount_minor == past.amount_minor:
        return earned
    return min(earned, floor(earned_by(past, program, amount_minor)))
