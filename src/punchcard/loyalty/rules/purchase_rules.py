"""What one purchase earns: its base, the factor of a tier, promotions; rounded down once."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any, Final, NamedTuple

from punchcard.loyalty.vocabulary import PartKind

# Looked up once: before Python 3.12 an enum gives its words slowly, and these are asked always.
_BASE: Final = PartKind.BASE.value
_TIER: Final = PartKind.TIER

NOTHING: Final = Fraction(0)


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
    """What a purchase earned: exact points, stamps, and the parts that add up to both.

    `earned_parts` are the points, of which `parts_of_one` make one. With the carry before it they
    come to `whole` points and `left_parts` beside those.
    """

    earned_parts: int
    parts_of_one: int
    whole: int
    left_parts: int
    stamps: int
    parts: list[dict[str, Any]]

    @property
    def points(self) -> Fraction:
        """Return the exact points, without the carry before them."""
        return Fraction(self.earned_parts, self.parts_of_one)


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
    earned_of, one_of = rate.as_integer_ratio()
    carried, carried_of = carry.as_integer_ratio()
    parts_of_one = one_of * carried_of
    for bonus in bonuses:
        parts_of_one *= bonus.factor.denominator
    carried *= parts_of_one // carried_of
    counted = amount_minor if amount_minor >= minimum_purchase_minor else 0
    base = counted * earned_of * (parts_of_one // one_of)
    total, stamps = base, base_stamps
    whole = (carried + total) // parts_of_one
    first = {"kind": _BASE, "points": whole, "stamps": stamps, "rate": str(rate)}
    if minimum_purchase_minor:
        first["minimum_purchase_minor"] = minimum_purchase_minor
    parts = [first]
    tiered = base
    for bonus in bonuses if len(bonuses) < 2 else sorted(bonuses, key=_is_later):
        if bonus.minimum_purchase_minor > amount_minor:
            continue
        times, of = bonus.factor.as_integer_ratio()
        share = tiered * (times - of) // of
        if bonus.kind == _TIER:
            tiered += share
        total += share + bonus.points * parts_of_one
        stamps += bonus.stamps
        after = (carried + total) // parts_of_one
        parts.append(_part(bonus, after - whole))
        whole = after
    left = carried + total - whole * parts_of_one
    return Earned(total, parts_of_one, whole, left, stamps, parts)


def _is_later(bonus: Bonus) -> bool:
    return bonus.kind != _TIER


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
    return _factor_text(*factor.as_integer_ratio())


@lru_cache(maxsize=256)
def _factor_text(times: int, of: int) -> str:
    thousandths = round(Fraction(times * 1000, of))
    return f"{thousandths // 1000}.{thousandths % 1000:03d}"


def _part(bonus: Bonus, points: int) -> dict[str, Any]:
    part: dict[str, Any] = {"kind": bonus.kind.value, "points": points, "stamps": bonus.stamps}
    times, of = bonus.factor.as_integer_ratio()
    if times != of:
        part["factor"] = _factor_text(times, of)
    if bonus.points:
        part["added_points"] = bonus.points
    if bonus.minimum_purchase_minor:
        part["minimum_purchase_minor"] = bonus.minimum_purchase_minor
    part.update(bonus.facts)
    return part


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
