"""What entries with details add to the statistics of their day; see `rollup_rules`."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

from punchcard.loyalty.rules.dated.lots import pending_in
from punchcard.loyalty.rules.standing import Details
from punchcard.loyalty.vocabulary import EntryType, PartKind

# Looked up once: before Python 3.12 an enum gives its words slowly, and this is asked always.
_BASE: Final = PartKind.BASE.value


class EntryFigures(NamedTuple):
    """What is counted of an entry; `sign` is -1 for the void of one."""

    sign: int
    stamps: int
    points: int
    amount_minor: int
    reward_value_minor: int
    details: Details

    @property
    def pending(self) -> int:
        """Return by how much it moved the points that are pending."""
        return pending_in(self.details.get("lots", ()))


def add_bonuses(deltas: dict[str, int], parts: Iterable[Mapping[str, Any]], count: int) -> None:
    """Add what tiers and promotions gave of a purchase, or with `count` -1 take it off."""
    points = stamps = 0
    for part in parts:
        if part["kind"] != _BASE:
            points += part["points"]
            stamps += part["stamps"]
    if points:
        deltas["points_bonus"] = count * points
    if stamps:
        deltas["stamps_bonus"] = count * stamps


def deltas_of(kind: EntryType, figures: EntryFigures) -> dict[str, int]:
    """Return what an entry adds that neither earns, redeems nor corrects in the plain way."""
    deltas = _COLUMNS[kind](figures) if kind in _COLUMNS else {}
    deltas["points_pending"] = figures.pending
    return {name: delta for name, delta in deltas.items() if delta}


def _refunded(figures: EntryFigures) -> dict[str, int]:
    return {
        "stamps_earned": figures.stamps,
        "points_refunded": -(figures.points + figures.pending),
        "refund_amount_minor": figures.sign * figures.amount_minor,
    }


def _redeemed(figures: EntryFigures) -> dict[str, int]:
    return {
        "rewards_redeemed": figures.sign,
        "reward_value_minor": figures.sign * figures.reward_value_minor,
    }


def _confirmed(figures: EntryFigures) -> dict[str, int]:
    """Count what was reserved as redeemed; the entry itself gives back what is left of it."""
    taken = figures.sign * figures.details.get("points", 0)
    deltas = {"points_reserved": -taken - figures.points, "points_redeemed": taken}
    if figures.details.get("has_reward"):
        deltas.update(_redeemed(figures))
    if figures.details.get("grant_id"):
        deltas["grants_ended"] = figures.sign
    return deltas


def _moved(figures: EntryFigures) -> dict[str, int]:
    return {"points_moved": figures.points + figures.pending, "stamps_moved": figures.stamps}


_COLUMNS: Final[Mapping[EntryType, Callable[[EntryFigures], dict[str, int]]]] = {
    EntryType.POINTS_EXPIRED: lambda f: {"points_expired": -f.points},
    EntryType.STAMPS_EXPIRED: lambda f: {"stamps_expired": -f.stamps},
    EntryType.POINTS_REFUNDED: _refunded,
    EntryType.REWARD_GRANTED: lambda f: {"rewards_granted": f.sign},
    EntryType.GRANT_EXPIRED: lambda f: {"grants_ended": f.sign},
    EntryType.GRANT_REVOKED: lambda f: {"grants_ended": f.sign},
    EntryType.GRANT_REDEEMED: lambda f: {"grants_ended": f.sign, **_redeemed(f)},
    EntryType.POINTS_RESERVED: lambda f: {"points_reserved": -f.points},
    EntryType.RESERVATION_RELEASED: lambda f: {"points_reserved": -f.points},
    EntryType.RESERVATION_CONFIRMED: _confirmed,
    EntryType.MERGED_IN: _moved,
    EntryType.MERGED_OUT: _moved,
    EntryType.OPENING_BALANCE: _moved,
}
"""By type; what is not here moves nothing but pending points."""
