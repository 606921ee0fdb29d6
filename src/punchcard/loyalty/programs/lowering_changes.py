"""Changes that take from cards what they have: counted, and made once they are asked for again.

Who asks by software is told whom a change would cost what, with a `confirm` of exactly this change
of this version; the same request with that goes through. Pages count and ask in their own words.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from sqlalchemy.orm import Session

from punchcard.loyalty.errors.programs import ChangeLowersCards
from punchcard.loyalty.models import LoyaltyProgram, Reward
from punchcard.loyalty.programs.impact_service import (
    Impact,
    impacts_of_program,
    impacts_of_reward,
)
from punchcard.loyalty.programs.tier_impact import impact_of_tiers
from punchcard.loyalty.rules.tiers.tier_form import TIER_RULES

_TIERS: Final = frozenset({"tiers", *TIER_RULES})
# Another word for the same thing takes nothing; whether it is the same, nobody can count.
_TAKES_NOTHING: Final = "reward_name"
_CONFIRM_DIGITS: Final = 32


class Lowering:
    """Asks whether changes that lower what cards have are meant: `confirm` says which one is."""

    def __init__(self, confirm: str | None, now: datetime) -> None:
        self.confirm, self.now = confirm, now

    def ask_of_program(
        self, session: Session, program: LoyaltyProgram, changed: Mapping[str, Any]
    ) -> None:
        """Raise ChangeLowersCards for new values of a program that nobody has confirmed."""
        losers = _losers(impacts_of_program(session, program, changed))
        if not _TIERS.isdisjoint(changed):
            impact = impact_of_tiers(session, program, changed, now=self.now)
            losers["tiers"] = impact.losing + impact.earning_less
        self._ask(losers, program.id, program.version, changed)

    def ask_of_reward(
        self, session: Session, program: LoyaltyProgram, reward: Reward, changed: Mapping[str, Any]
    ) -> None:
        """Raise ChangeLowersCards for new values of a reward that nobody has confirmed."""
        changes = {"name": reward.name, **changed}
        impacts = impacts_of_reward(session, program, reward, changes, now=self.now)
        self._ask(_losers(impacts), reward.id, program.version, changed)

    def _ask(
        self, losers: Mapping[str, int], of: str, version: int, changed: Mapping[str, Any]
    ) -> None:
        lowered = sorted(matter for matter, cards in losers.items() if cards)
        if not lowered:
            return
        text = json.dumps([of, version, dict(changed)], sort_keys=True, default=str)
        confirm = sha256(text.encode()).hexdigest()[:_CONFIRM_DIGITS]
        if self.confirm != confirm:
            most = max(losers.values())
            raise ChangeLowersCards(losers=most, lowered=", ".join(lowered), confirm=confirm)


def _losers(impacts: Iterable[Impact]) -> dict[str, int]:
    """Return by what changes how many cards lose."""
    return {one.matter: one.losers for one in impacts if one.matter != _TAKES_NOTHING}
