"""Ids of the demonstration: the same every time, as its chance is.

Which cards an automation holds out follows from ids, and with it what happens later.
"""

from random import Random
from typing import Final

from punchcard.kit.clock import Clock
from punchcard.kit.ids import Ids, SystemIds

_SEED: Final = 90


class _Dice:
    def __init__(self) -> None:
        self._chance = Random(_SEED)  # noqa: S311 not a secret

    def number(self) -> int:
        return self._chance.getrandbits(64)


def invented_ids(clock: Clock) -> Ids:
    """Return ids that follow from the clock alone; numbers and links of cards do not."""
    return SystemIds(clock, _Dice())
