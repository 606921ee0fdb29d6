"""The part of a point that a card carries: exact, in as few parts as it takes."""

from fractions import Fraction
from math import floor, lcm
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
    parts = program.points_per_amount_minor
    if part == _NOTHING:
        return card._replace(points_carry=0, carry_parts=parts)
    if parts % part.denominator:
        exact = lcm(parts, part.denominator)
        parts = exact if exact <= PARTS_LIMIT else PARTS_LIMIT // parts * parts
    return card._replace(points_carry=floor(part * parts), carry_parts=parts)
