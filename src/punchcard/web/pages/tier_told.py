"""A card's tier as pages tell it: its name, until when, and how far it is to the next."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from punchcard.loyalty.cards.card_view import CardView
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.vocabulary import TierBasis
from punchcard.web.pages.card_preview import words_of


class TierTold(NamedTuple):
    """What a page tells of a card's tier; `next_name` is None in the highest."""

    name: str
    since: date
    until: date | None
    basis: TierBasis
    progress: int
    next_name: str | None
    missing: int

    @property
    def aim(self) -> int:
        """Return how much the next tier takes."""
        return max(1, self.progress) + self.missing


def tier_told(card: CardView, program: LoyaltyProgram, language: str) -> TierTold | None:
    """Return what to tell of the card's tier in a language; None where there are no tiers."""
    tier = card.tier
    if tier is None:
        return None
    return TierTold(
        name=tier_name(program.tiers or (), tier.key, language),
        since=date.fromisoformat(tier.since),
        until=date.fromisoformat(tier.until) if tier.until else None,
        basis=program.tier_basis,
        progress=max(0, tier.progress),
        next_name=(
            tier_name(program.tiers or (), tier.next_key, language) if tier.next_key else None
        ),
        missing=tier.missing,
    )


def tier_name(tiers: Sequence[Mapping[str, Any]], key: str, language: str) -> str:
    """Return what a tier is called in a language; its key where it is there no more."""
    found = next((tier for tier in tiers if tier["key"] == key), None)
    return key if found is None else words_of(found["texts"], language, "name", found["name"])
