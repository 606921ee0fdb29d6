"""Which cards an automation meets: within a span of days, or because of their entries.

The cards of a program are gone through in windows, so that no look at them takes long.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, Row, and_, or_, select

from punchcard.engage.card_facts import (
    card_facts_query,
    dates_of,
    events_of,
    willing_cards,
)
from punchcard.engage.models import Automation
from punchcard.engage.rules.occasions import (
    FOLLOWED_BY,
    Occasion,
    occasion_on,
    occasions_of,
)
from punchcard.engage.vocabulary import Trigger
from punchcard.kit.ids import CardId
from punchcard.loyalty.cards.merges.merged_cards import parts_of
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.tables import CARDS, CUSTOMERS
from punchcard.loyalty.vocabulary import CardStatus

WINDOW_CARDS: Final = 5000
"""How many cards of a program are looked at in one go."""
_OLDEST_YEARS: Final = 40
"""No card is older."""


class Met(NamedTuple):
    """A card that an automation meets, and the occasion."""

    card_id: CardId
    occasion: Occasion


@dataclass(frozen=True, slots=True)
class DaySpan:
    """Days of a program, both included, and the moment as of which conditions are looked at."""

    first: date
    last: date
    now: datetime

    def days(self) -> Iterator[date]:
        """Give the days, the first one first."""
        day = self.first
        while day <= self.last:
            yield day
            day += timedelta(days=1)


def window_end(
    connection: Connection, program: LoyaltyProgram, after: CardId | None
) -> CardId | None:
    """Return the last card of the next window after a card; None if no full window is left."""
    query = select(CARDS.c.id).where(CARDS.c.program_id == program.id).order_by(CARDS.c.id)
    if after is not None:
        query = query.where(CARDS.c.id > after)
    return connection.execute(query.offset(WINDOW_CARDS - 1).limit(1)).scalar_one_or_none()


def met_in_window(
    connection: Connection,
    program: LoyaltyProgram,
    automation: Automation,
    span: DaySpan,
    *,
    after: CardId | None,
    until: CardId | None,
) -> list[Met]:
    """Return the cards after one and up to another that the days of a span meet."""
    zone = ZoneInfo(program.timezone)
    query = card_facts_query().where(
        CARDS.c.program_id == program.id,
        CARDS.c.status == CardStatus.ACTIVE,
        _near(automation, span, zone),
    )
    if after is not None:
        query = query.where(CARDS.c.id > after)
    if until is not None:
        query = query.where(CARDS.c.id <= until)
    rows = connection.execute(query.order_by(CARDS.c.id)).all()
    found = [(row, _occasions(automation, row, span, zone)) for row in rows]
    near = [(row, occasions) for row, occasions in found if occasions]
    willing = willing_cards(
        connection, automation.conditions, [row for row, _ in near], zone, span.now
    )
    return [Met(row.id, one) for row, occasions in near if row.id in willing for one in occasions]


def met_by_entries(
    connection: Connection,
    program: LoyaltyProgram,
    automation: Automation,
    card_id: CardId,
    now: datetime,
) -> list[Met]:
    """Return the occasions that entries of a card are since an automation was switched on."""
    zone = ZoneInfo(program.timezone)
    assert automation.active_since is not None
    # Visits of merged cards are of one visitor; of tiers each card has a past of its own.
    is_by_tier = automation.trigger == Trigger.TIER_REACHED
    card_ids = [card_id] if is_by_tier else [card_id, *parts_of(connection, [card_id])]
    occasions = list(
        occasions_of(
            automation.trigger,
            automation.when,
            events_of(connection, card_ids, FOLLOWED_BY[automation.trigger]),
            since=automation.active_since,
            zone=zone,
            tiers=[tier["key"] for tier in program.tiers or ()],
        )
    )
    if not occasions:
        return []
    query = card_facts_query().where(CARDS.c.id == card_id, CARDS.c.status == CardStatus.ACTIVE)
    rows = connection.execute(query).all()
    is_willing = willing_cards(connection, automation.conditions, rows, zone, now)
    return [Met(card_id, one) for one in occasions] if is_willing else []


def _occasions(
    automation: Automation, row: Row[Any], span: DaySpan, zone: ZoneInfo
) -> list[Occasion]:
    dates = dates_of(row, zone)
    found = (occasion_on(automation.trigger, automation.when, dates, day) for day in span.days())
    return [occasion for occasion in found if occasion is not None]


def _near(automation: Automation, span: DaySpan, zone: ZoneInfo) -> ColumnElement[bool]:
    """Return the condition that a card may be met; the rules then look at the very day."""
    days_before = timedelta(days=automation.when.get("days_before") or 0)
    if automation.trigger == Trigger.BIRTHDAY:
        days = {day + days_before for day in span.days()}
        names = {f"{day:%m-%d}" for day in days}
        if "02-28" in names:
            names.add("02-29")
        return CUSTOMERS.c.birthday.in_(sorted(names))
    if automation.trigger == Trigger.LAPSED:
        gone = timedelta(days=automation.when["days"])
        return _within(CARDS.c.last_activity_at, span.first - gone, span.last - gone, zone)
    if automation.trigger == Trigger.POINTS_EXPIRING:
        # A card is due on the day after the last day of something, the first of all.
        return CARDS.c.due_on <= span.last + days_before + timedelta(days=1)
    return or_(*_anniversaries(span, zone))


def _anniversaries(span: DaySpan, zone: ZoneInfo) -> Iterator[ColumnElement[bool]]:
    """Give the spans of days, of each year before, on which who joined has an anniversary now."""
    for back in range(1, _OLDEST_YEARS + 1):
        first, last = _years_before(span.first, back), _years_before(span.last, back)
        # The 29th of February, for those who joined on it.
        yield _within(CARDS.c.enrolled_at, first, last + timedelta(days=1), zone)


def _years_before(day: date, years: int) -> date:
    if (day.month, day.day) == (2, 29):
        return date(day.year - years, 2, 28)
    return day.replace(year=day.year - years)


def _within(
    column: ColumnElement[datetime], first: date, last: date, zone: ZoneInfo
) -> ColumnElement[bool]:
    return and_(
        column >= datetime(first.year, first.month, first.day, tzinfo=zone),
        column < datetime(last.year, last.month, last.day, tzinfo=zone) + timedelta(days=1),
    )
