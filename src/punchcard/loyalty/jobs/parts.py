"""How jobs do much on many cards: a few at a time through the till, one turn after another."""

from collections.abc import Sequence
from typing import Final

from punchcard.loyalty.operations import Actor, Operation
from punchcard.loyalty.till.till import Till
from punchcard.loyalty.turns import GoesOn
from punchcard.loyalty.vocabulary import ActorKind

SYSTEM_ACTOR: Final = Actor(ActorKind.SYSTEM, None)
"""Who does what nobody asked for."""
CARDS_READ: Final = 500
"""How many cards a job reads at once."""
CARDS_AT_ONCE: Final = 15
"""How many cards a job moves at once: stamps go between them."""


def do_in_parts(
    till: Till, operations: Sequence[Operation], goes_on: GoesOn = lambda: True
) -> bool:
    """Let the till do `operations` part by part; returns whether all of them were sent.

    What it refuses was done by somebody else in the meantime.
    """
    for start in range(0, len(operations), CARDS_AT_ONCE):
        if not goes_on():
            return False
        till.submit_all(operations[start : start + CARDS_AT_ONCE])
    return True
