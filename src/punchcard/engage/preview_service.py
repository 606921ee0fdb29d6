"""Whom an automation would have met lately: shown before it is switched on."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from punchcard.engage.candidates import WINDOW_CARDS, DaySpan, Met, met_in_window, window_end
from punchcard.engage.card_facts import card_facts_query, willing_cards
from punchcard.engage.models import Automation
from punchcard.engage.rules.occasions import FOLLOWED_BY, event_of, occasions_of
from punchcard.engage.vocabulary import BY_DAY
from punchcard.kit.ids import CardId
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.programs.rules_loader import zone_of
from punchcard.loyalty.tables import CARDS, ENTRIES
from punchcard.loyalty.vocabulary import CardStatus, EntryType

PREVIEW_DAYS: Final = 90
"""How many days are looked back on."""
PREVIEW_CARDS: Final = 50_000
"""Of a program with more cards than these, the oldest are looked at."""


@dataclass(frozen=True, slots=True)
class AutomationPreview:
    """How many cards would have been met in how many days, and on how many occasions.

    `is_truncated`: the program has more cards than are looked at.
    """

    days: int
    cards: int
    occasions: int
    is_truncated: bool


def preview(
    session: Session, program: LoyaltyProgram, automation: Automation, now: datetime
) -> AutomationPreview:
    """Return whom an automation would have met in the last days, by the conditions as of now."""
    connection = session.connection()
    today = now.astimezone(zone_of(program)).date()
    span = DaySpan(today - timedelta(days=PREVIEW_DAYS - 1), today, now)
    met: list[Met] = []
    after: CardId | None = None
    looked_at = 0
    while looked_at < PREVIEW_CARDS:
        until = window_end(connection, program, after)
        place: dict[str, Any] = {"after": after, "until": until}
        if automation.trigger in BY_DAY:
            met += met_in_window(connection, program, automation, span, **place)
        else:
            met += _met_by_entries(connection, program, automation, span, **place)
        after, looked_at = until, looked_at + WINDOW_CARDS
        if until is None:
            break
    cards = {one.card_id for one in met}
    return AutomationPreview(PREVIEW_DAYS, len(cards), len(met), is_truncated=after is not None)


def _met_by_entries(
    connection: Connection,
    program: LoyaltyProgram,
    automation: Automation,
    span: DaySpan,
    *,
    after: CardId | None,
    until: CardId | None,
) -> list[Met]:
    """Return the occasions that entries of the cards in a window were."""
    zone = zone_of(program)
    since = datetime(span.first.year, span.first.month, span.first.day, tzinfo=zone)
    types = {*FOLLOWED_BY[automation.trigger], EntryType.VOIDED}
    cards = select(CARDS.c.id).where(
        CARDS.c.program_id == program.id,
        CARDS.c.status == CardStatus.ACTIVE,
        CARDS.c.last_activity_at >= since,
    )
    if after is not None:
        cards = cards.where(CARDS.c.id > after)
    if until is not None:
        cards = cards.where(CARDS.c.id <= until)
    names = ("card_id", "id", "type", "created_at", "actor_kind", "voids", "details")
    rows = connection.execute(
        select(*(ENTRIES.c[name] for name in names))
        .where(ENTRIES.c.card_id.in_(cards), ENTRIES.c.type.in_(types))
        .order_by(ENTRIES.c.card_id, ENTRIES.c.sequence)
    )
    events: dict[CardId, list[Any]] = {}
    for row in rows:
        events.setdefault(row.card_id, []).append(event_of(row))
    tiers = [tier["key"] for tier in program.tiers or ()]
    met = [
        Met(card_id, occasion)
        for card_id, told in events.items()
        for occasion in occasions_of(
            automation.trigger, automation.when, told, since=since, zone=zone, tiers=tiers
        )
    ]
    if not automation.conditions:
        return met
    found = connection.execute(card_facts_query().where(CARDS.c.id.in_(cards))).all()
    willing = willing_cards(connection, automation.conditions, found, zone, span.now)
    return [one for one in met if one.card_id in willing]
