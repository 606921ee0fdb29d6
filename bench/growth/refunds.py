"""Which purchases come back, what of them, and when: by their line in the file alone."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from fractions import Fraction
from typing import Final

from bench.purchases import Purchase

_EVERY: Final = 40
"""Of so many lines of the file one comes back."""

_Way = Sequence[tuple[int, Fraction]]

_WHOLE, _HALF, _THIRD = Fraction(1), Fraction(1, 2), Fraction(1, 3)
# Points are good for at most 396 days: what comes back after 400 days earned some that have ended.
_WAYS: Final[Sequence[_Way]] = (
    [(3, _WHOLE)],
    [(10, _THIRD)],
    [(5, _THIRD), (20, _WHOLE)],
    [(400, _HALF)],
    [(30, _HALF), (400, _WHOLE)],
)
"""After how many days how much of a purchase has come back, by turns."""


def paid_back(purchase: Purchase) -> Iterator[tuple[timedelta, int]]:
    """Give how long after a purchase how many cents of it are paid back; nothing for most."""
    turn, is_kept = divmod(purchase.line, _EVERY)
    if is_kept:
        return
    before = 0
    for days, share in _WAYS[turn % len(_WAYS)]:
        cents = int(purchase.cents * share)
        if cents > before:
            yield timedelta(days=days), cents - before
        before = cents
