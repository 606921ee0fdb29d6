"""What was bought, and how many stamps that gives before promotions add any."""

from collections.abc import Iterable
from typing import Final

from punchcard.kit.errors import invalid_field
from punchcard.kit.i18n import N_
from punchcard.loyalty.errors.balances import VisitStampLimitReached
from punchcard.loyalty.operations import AddStamp, PurchaseItem, RecordVisit
from punchcard.loyalty.rules.standing import Details
from punchcard.loyalty.rules.values import ProgramRules

ITEMS_LIMIT: Final = 50
"""How many different items one purchase can name."""

Stamping = AddStamp | RecordVisit


def base_stamps(operation: Stamping, program: ProgramRules) -> int:
    """Return how many stamps the operation gives: as asked for, by its items, or one for a visit.

    What items give is cut off at the program's limit a visit; a number that is asked for is not.
    Raises VisitStampLimitReached, and InvalidInput for items that give none where only stamps are
    asked for.
    """
    limit = program.max_stamps_per_visit
    if operation.items and _counts_items(operation, program):
        return _stamps_of_items(operation, program)
    asked = operation.quantity if isinstance(operation, AddStamp) else operation.stamps
    if asked is None:
        return 1 if program.has_stamps else 0
    if limit is not None and asked > limit:
        raise VisitStampLimitReached(max_stamps_per_visit=limit)
    return asked


def stamps_of_items(items: Iterable[PurchaseItem], program: ProgramRules) -> int:
    """Return how many stamps items give by the program, cut off at its limit a visit."""
    gives, limit = program.stamps_per_item, program.max_stamps_per_visit
    stamps = sum(gives.get(item.sku, 0) * item.quantity for item in items)
    return stamps if limit is None else min(stamps, limit)


def items_told(operation: Stamping) -> Details | None:
    """Return what an entry tells of the items that were bought; None for none."""
    if not operation.items:
        return None
    return {"items": [_item_told(item) for item in operation.items]}


def base_of(stamps_delta: int, details: Details | None) -> int:
    """Return how many stamps of an entry were not a promotion's: what the day's limit counts."""
    parts = (details or {}).get("parts")
    return int(parts[0]["stamps"]) if parts else stamps_delta


def _counts_items(operation: Stamping, program: ProgramRules) -> bool:
    if isinstance(operation, AddStamp):
        return True
    return operation.stamps is None and bool(program.stamps_per_item)


def _stamps_of_items(operation: Stamping, program: ProgramRules) -> int:
    stamps = stamps_of_items(operation.items, program)
    if not stamps and isinstance(operation, AddStamp):
        raise invalid_field("items", message=N_("None of these items gives a stamp."))
    return stamps


def _item_told(item: PurchaseItem) -> Details:
    told: Details = {"sku": item.sku, "quantity": item.quantity}
    if item.amount_minor is not None:
        told["amount_minor"] = item.amount_minor
    return told
