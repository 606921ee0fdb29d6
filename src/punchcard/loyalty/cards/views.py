"""Rows of cards as their callers see them: three queries at most, however many they are."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from punchcard.loyalty.cards.card_queries import times_redeemed
from punchcard.loyalty.cards.card_view import CardView, view_of_row
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
    counted = [row.id for row in rows if row.program_id in programs]
    taken = times_redeemed(session.connection(), counted, limited) if counted else {}
    return [view_of_row(row, rules[row.program_id], now, taken.get(row.id, {})) for row in rows]
