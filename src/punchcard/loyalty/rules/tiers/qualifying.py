"""What counts towards a card's tier: by what it is and by the month in which it happened.

A card keeps the latest 13 months of each and one sum of all before them, so that no window is cut
short by a purchase that is told late, and another window can be looked at later.
"""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any, Final

from punchcard.loyalty.rules.dated.dates import add_months
from punchcard.loyalty.rules.dated.lots import pending_in
from punchcard.loyalty.rules.stamps.purchase_items import base_of
from punchcard.loyalty.rules.tiers.tier_plan import TierPlan
from punchcard.loyalty.rules.values import EntryDraft
from punchcard.loyalty.vocabulary import TierBasis, TierWindow

# Looked up once: before Python 3.12 an enum gives its words slowly, and these are asked always.
_VISITS: Final = TierBasis.VISITS
_SPEND_MINOR: Final = TierBasis.SPEND_MINOR
_STAMPS: Final = TierBasis.STAMPS

MONTHS_KEPT: Final = 13
_BEFORE: Final = "before"
_WINDOW_MONTHS: Final = 12

QualifyingCounts = Mapping[str, int]
"""Amounts by `basis:month`, such as `points:2026-11`, and `points:before`."""


def base_of_purchase(draft: EntryDraft, basis: TierBasis) -> int:
    """Return what a purchase counts: its base, without what promotions and tiers added."""
    details = draft.details or {}
    if basis == _VISITS:
        return 1
    if basis == _SPEND_MINOR:
        return draft.amount_minor or 0
    if basis == _STAMPS:
        return base_of(draft.stamps_delta, details)
    if "parts" in details:
        points: int = details["parts"][0]["points"]
        return points
    return draft.points_delta + pending_in(details.get("lots", ()))


def added(counts: QualifyingCounts, basis: TierBasis, day: date, amount: int) -> dict[str, int]:
    """Return the counts that change when `amount` counts on `day`; old months become one sum."""
    key = _key(basis, day)
    changed = {key: counts.get(key, 0) + amount}
    if not counts.keys() - changed:
        return changed
    months = sorted(
        name
        for name in {*counts, key}
        if name.startswith(f"{basis}:") and not name.endswith(_BEFORE)
    )
    before = f"{basis}:{_BEFORE}"
    first_kept = f"{basis}:{_first_kept(months[-1].partition(':')[2])}"
    for name in months:
        if name < first_kept:
            former = changed.get(name, counts.get(name, 0))
            changed[before] = changed.get(before, counts.get(before, 0)) + former
            changed[name] = 0
    return changed


def taken_back(counts: QualifyingCounts, key: str, amount: int) -> dict[str, int]:
    """Return the counts that change when `amount` that was counted under `key` no longer does."""
    of_month = min(amount, counts.get(key, 0))
    changed = {key: counts.get(key, 0) - of_month}
    if of_month < amount:
        before = f"{key.partition(':')[0]}:{_BEFORE}"
        changed[before] = max(0, counts.get(before, 0) - (amount - of_month))
    return changed


def amount_on(plan: TierPlan, counts: QualifyingCounts, day: date) -> int:
    """Return what counts on `day` towards the tiers of `plan`, in its window."""
    first, last = _window(plan.window, plan.basis, day)
    amount = 0
    for name, number in counts.items():
        if first <= name <= last:
            amount += number
    return amount


def refunded(told: tuple[str, int], *, paid: int, before: int, after: int) -> int:
    """Return how much of what a purchase counted goes with a refund.

    `told` is what its entry says was counted. Of `paid` minor units `before` were left until now
    and `after` are. What is counted in points or money goes by its share, visits and
    stamps with all of it, as they do on the card.
    """
    basis, amount = told[0].partition(":")[0], told[1]
    if basis in (TierBasis.STAMPS, TierBasis.VISITS):
        return amount if after == 0 else 0
    return amount * before // paid - amount * after // paid


def counted(details: Mapping[str, Any] | None) -> tuple[str, int] | None:
    """Return what an entry says it counted: under which key, and how much; None for nothing."""
    told = (details or {}).get("qualified")
    return (told[0], told[1]) if told else None


@lru_cache(maxsize=256)
def _window(window: TierWindow, basis: TierBasis, day: date) -> tuple[str, str]:
    """Return the first and the last key of `basis` that counts on `day`.

    What is one sum of all months before stands behind the last month.
    """
    if window == TierWindow.LIFETIME:
        return f"{basis}:", f"{basis}:{_BEFORE}"
    if window == TierWindow.CALENDAR_YEAR:
        return f"{basis}:{day.year}-01", _key(basis, day)
    first = add_months(day.replace(day=1), 1 - _WINDOW_MONTHS)
    return _key(basis, first), _key(basis, day)


@lru_cache(maxsize=256)
def _key(basis: TierBasis, day: date) -> str:
    return f"{basis}:{_month(day)}"


def _month(day: date) -> str:
    return day.isoformat()[:7]


@lru_cache(maxsize=64)
def _first_kept(month: str) -> str:
    return _month(add_months(date.fromisoformat(f"{month}-01"), 1 - MONTHS_KEPT))
