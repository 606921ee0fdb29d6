"""Visits: one purchase with its stamps and its points, in one entry."""

from datetime import datetime

from punchcard.kit.errors import invalid_field
from punchcard.kit.i18n import N_
from punchcard.loyalty.errors.balances import BalanceLimitReached, PurchaseBelowMinimum
from punchcard.loyalty.operations import RecordVisit
from punchcard.loyalty.rules.bonus_rules import bonuses_of
from punchcard.loyalty.rules.carry import carried, carrying
from punchcard.loyalty.rules.dated.dated_points import Moved, joined
from punchcard.loyalty.rules.points_rules import carries_finer, credit_earned, credited, earning_of
from punchcard.loyalty.rules.purchase_rules import Earned
from punchcard.loyalty.rules.stamp_rules import check_stamps_type, put_stamps
from punchcard.loyalty.rules.stamps.purchase_items import base_stamps, items_told
from punchcard.loyalty.rules.values import (
    BALANCE_LIMIT,
    CardState,
    Decision,
    EntryDraft,
    History,
    ProgramRules,
    Steps,
)
from punchcard.loyalty.vocabulary import EntryType

# Looked up once: before Python 3.12 an enum gives its words slowly, and this is asked always.


def record_visit(
    operation: RecordVisit, program: ProgramRules, steps: Steps, history: History, at: datetime
) -> Decision:
    """Put a purchase's stamps and points on the card: both of them, or neither.

    Its stamps are held against the same limits as stamps alone (a receipt's against its own), its
    amount against the same minimum as a purchase alone; what refuses one of them refuses the visit.
    """
    stamps = base_stamps(operation, program)
    _check(operation, program, stamps)
    card = steps.card
    bonuses = bonuses_of(operation, program, card, at, history)
    earning = None
    if bonuses or (operation.amount_minor is not None and carries_finer(program, card)):
        amount_minor = operation.amount_minor or 0
        earning = earning_of(amount_minor, bonuses, program, card, base_stamps=stamps)
    bonus = 0 if earning is None else earning.stamps - stamps
    stamped, told = card, None
    if stamps or (bonus and program.has_stamps):
        stamped, told = put_stamps(
            operation, program, card, history, at, quantity=stamps, bonus=bonus
        )
    pointed = _with_points(operation, program, stamped, earning, at)
    after = pointed.card
    if after.points + after.kept_standing.points_pending > BALANCE_LIMIT:
        raise BalanceLimitReached
    entry = EntryDraft(
        type=EntryType.VISIT_RECORDED,
        stamps_delta=after.stamps - card.stamps,
        points_delta=after.points - card.points,
        amount_minor=operation.amount_minor,
        reference=operation.reference,
        details=joined(told, pointed.details, items_told(operation)),
    )
    steps.take(entry, after)
    return steps.decision()


def _check(operation: RecordVisit, program: ProgramRules, stamps: int) -> None:
    amount_minor = operation.amount_minor
    if stamps:
        check_stamps_type(program)
    elif amount_minor is None:
        message = N_("Give an amount or a number of stamps.")
        raise invalid_field("amount_minor", message=message)
    if not program.has_points or amount_minor is None:
        return
    if amount_minor < program.minimum_purchase_minor:
        raise PurchaseBelowMinimum(
            minimum_purchase_minor=program.minimum_purchase_minor, currency=program.currency
        )


def _with_points(
    operation: RecordVisit,
    program: ProgramRules,
    card: CardState,
    earning: Earned | None,
    at: datetime,
) -> Moved:
    if program.has_points and earning is not None:
        return credit_earned(program, card, earning, program.day_of(at))
    if program.has_points and operation.amount_minor is not None:
        return credited(operation.amount_minor, (), program, card, at)
    told = None if earning is None else {"parts": earning.parts}
    if not card.points_carry:
        return Moved(card, told)
    # A visit's entry counts the carry in the parts of its own version.
    card = carrying(program, card, carried(program, card))
    if card.carry_parts != program.points_per_amount_minor:
        return Moved(card, joined(told, {"carry_parts": card.carry_parts}))
    return Moved(card, told)
