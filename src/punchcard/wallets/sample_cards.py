"""Cards that nobody holds: they lend their program's words, or show how it looks. Pure."""

from typing import Final

from punchcard.kit.ids import CardId
from punchcard.loyalty.vocabulary import CardStatus, ProgramType
from punchcard.wallets.pass_facts import CardFacts, ProgramFacts

SAMPLE_NUMBER: Final = "482915036274"
"""The number on cards that only show what a program looks like."""


def nobodys_card(program: ProgramFacts) -> CardFacts:
    """Return a card that only lends its program's words."""
    return CardFacts(
        id=CardId(""), number="", status=CardStatus.ACTIVE, stamps=0, points=0, rewards_ready=0
    )


def sample_card(program: ProgramFacts, name: str | None = None) -> CardFacts:
    """Return a card that nobody holds, as far as a customer may have come after some visits."""
    has_stamps, has_points = program.type != ProgramType.POINTS, program.type != ProgramType.STAMPS
    prices = [reward.points_required for reward in program.rewards] or [100]
    return CardFacts(
        id=CardId(""),
        number=SAMPLE_NUMBER,
        status=CardStatus.ACTIVE,
        stamps=max(1, program.stamps_target * 2 // 5) if has_stamps else 0,
        points=max(1, min(prices) * 3 // 5) if has_points else 0,
        rewards_ready=0,
        customer_name=name,
    )
