"""The part of a point that a card carries: exact, in as few parts as it takes."""

from fractions import Fraction
from math import gcd, lcm
from typing import Final

from punchcard.loyalty.rules.values import CardState, ProgramRules

PARTS_LIMIT: Final = 2_147_483_647
"""Into how many parts of a point a carry can be counted: what a column holds."""

_NOTHING: Final = Fraction(0)


def carried(program: ProgramRules, card: CardState) -> Fraction:
    """Return the part of a point that the card carries."""
    if not card.points_carry:
        return _NOTHING
    return Fraction(card.points_carry, program.carry_parts_of(card))


def held(program: ProgramRules, card: CardState) -> Fraction:
    """Return the card's points with the part of one that it carries."""
    return card.points + carried(program, card)


def carrying(program: ProgramRules, card: CardState, part: Fraction) -> CardState:
    """Return the card carrying `part` of a point, at least 0 and less than 1.

    It is counted in the parts that the program counts in, or in so many that nothing is lost; what
    would take more than PARTS_LIMIT is rounded down.
    """
    points_carry, parts = carry_of(program, *part.as_integer_ratio())
    return card._replace(points_carry=points_carry, carry_parts=parts)


def carry_of(program: ProgramRules, part: int, of: int) -> tuple[int, int]:
    """Return `part` of the `of` parts of a point as a card carries it, and in how many parts."""
    parts = program.points_per_amount_minor
    if not part:
        return 0, parts
    if part * parts % of:
        exact = lcm(parts, of // gcd(part, of))
        parts = exact if exact <= PARTS_LIMIT else PARTS_LIMIT // parts * parts
    return part * parts // of, parts
