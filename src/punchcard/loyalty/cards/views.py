"""Rows of cards as their callers see them: three queries at most, however many they are."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from punchcard.kit.ids import CardId, RewardId
from punchcard.loyalty.cards.card_queries import times_redeemed
from punchcard.loyalty.cards.card_view import CardView, state_of, view_of_row
from punchcard.loyalty.cards.merges.merged_cards import all_of
from punchcard.loyalty.programs.rules_loader import load_rules


def views_of(session: Session, rows: Sequence[Row[Any]], now: datetime) -> list[CardView]:
    """Return what the cards in rows of `card_query` show at `now`, in their order."""
    rules = {
        program_id: loaded
        for program_id, (_, loaded) in load_rules(session, {r.program_id for r in rows}).items()
    }
    limited = {
        offer.id: program.id
        for program in rules.values()
        for offer in program.offers
        if offer.per_card_limit is not None
    }
    programs = set(limited.values())
    taken = _taken(session, [row for row in rows if row.program_id in programs], limited)
    return [view_of_row(row, rules[row.program_id], now, taken.get(row.id, {})) for row in rows]


def _taken(
    session: Session, rows: Sequence[Row[Any]], limited: Collection[RewardId]
) -> dict[CardId, Counter[RewardId]]:
    """Return how often each card had rewards; what merged ones had counts for what they became."""
    all_ids = {row.id: all_of(row.id, state_of(row).standing) for row in rows}
    if not all_ids:
        return {}
    asked = [one for ids in all_ids.values() for one in ids]
    found = times_redeemed(session.connection(), asked, limited)
    return {
        card_id: sum((Counter(found.get(one)) for one in ids), Counter())
        for card_id, ids in all_ids.items()
    }
