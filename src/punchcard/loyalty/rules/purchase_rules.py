"""What one purchase earns: its base, the factor of a tier, promotions; rounded down once."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from punchcard.loyalty.vocabulary import PartKind


class Bonus(NamedTuple):
    """What a tier or a promotion does to a purchase; `facts` are told of it in the entry.

    The points earned so far count `factor` times; `points` and `stamps` come on top.
    """

    kind: PartKind
    factor: Fraction = Fraction(1)
    points: int = 0
    stamps: int = 0
    minimum_purchase_minor: int = 0
    facts: Mapping[str, Any] = {}


class Earned(NamedTuple):
    """What a purchase earned: exact points, stamps, and the parts that add up to both."""

    points: Fraction
    stamps: int
    parts: list[dict[str, Any]]


def earned(
    amount_minor: int,
    rate: Fraction,
    carry: Fraction,
    bonuses: Sequence[Bonus],
    *,
    base_stamps: int = 0,
    minimum_purchase_minor: int = 0,
) -> Earned:
    """Return what `amount_minor` earns at `rate` points a minor unit, with `carry` before it.

    Tiers' factors multiply the base; of promotions each adds its own share of that, so their order
    is of no account. What is below a part's own minimum leaves that part out.
    """
    # In whole numbers of parts of a point, so small that all of it is exact: fractions that are
    # made anew with every step cost several times as much.
    parts_of_one = rate.denominator * carry.denominator
    for bonus in bonuses:
        parts_of_one *= bonus.factor.denominator
    carried = carry.numerator * (parts_of_one // carry.denominator)
    counted = amount_minor if amount_minor >= minimum_purchase_minor else 0
    base = counted * rate.numerator * (parts_of_one // rate.denominator)
    total, stamps = base, base_stamps
    whole = (carried + total) // parts_of_one
    first = {"kind": str(PartKind.BASE), "points": whole, "stamps": stamps, "rate": str(rate)}
    if minimum_purchase_minor:
        first["minimum_purchase_minor"] = minimum_purchase_minor
    parts = [first]
    tiered = base
    for bonus in sorted(bonuses, key=lambda one: one.kind != PartKind.TIER):
        if bonus.minimum_purchase_minor > amount_minor:
            continue
        times, of = bonus.factor.as_integer_ratio()
        share = tiered * (times - of) // of
        if bonus.kind == PartKind.TIER:
            tiered += share
        total += share + bonus.points * parts_of_one
        stamps += bonus.stamps
        after = (carried + total) // parts_of_one
        parts.append(_part(bonus, after - whole))
        whole = after
    return Earned(Fraction(total, parts_of_one), stamps, parts)


def earned_of_rest(
    parts: Sequence[Mapping[str, Any]], amount_minor: int, *, paid_minor: int
) -> Fraction:
    """Return the exact points of a purchase of which `amount_minor` of `paid_minor` is left.

    By the rules of its own day, as its entry's parts tell them. Nothing left earns nothing.
    """
    if amount_minor <= 0 or paid_minor <= 0:
        return Fraction(0)
    base = parts[0]
    bonuses = [bonus_of_part(part) for part in parts[1:]]
    return earned(
        amount_minor,
        Fraction(base["rate"]),
        Fraction(0),
        bonuses,
        minimum_purchase_minor=base.get("minimum_purchase_minor", 0),
    ).points


def factor_text(factor: Fraction) -> str:
    """Return a factor as entries tell it: with three digits after the point."""
    thousandths = round(factor * 1000)
    return f"{thousandths // 1000}.{thousandths % 1000:03d}"


def _part(bonus: Bonus, points: int) -> dict[str, Any]:
    part: dict[str, Any] = {"kind": str(bonus.kind), "points": points, "stamps": bonus.stamps}
    if bonus.factor != 1:
        part["factor"] = factor_text(bonus.factor)
    if bonus.points:
        part["added_points"] = bonus.points
    if bonus.minimum_purchase_minor:
        part["minimum_purchase_minor"] = bonus.minimum_purchase_minor
    return {**part, **bonus.facts}


def bonus_of_part(part: Mapping[str, Any]) -> Bonus:
    """Return the bonus that gave a part, as its entry tells of it."""
    told = ("kind", "points", "stamps", "factor", "added_points", "minimum_purchase_minor")
    return Bonus(
        kind=PartKind(part["kind"]),
        factor=Fraction(part.get("factor", "1")),
        points=part.get("added_points", 0),
        stamps=part["stamps"],
        minimum_purchase_minor=part.get("minimum_purchase_minor", 0),
        facts={name: fact for name, fact in part.items() if name not in told},
    )
