"""What automations look at of cards: their days, what conditions ask, what happened on them."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, Row, Select, func, select

from punchcard.engage.rules.conditions import KnownFacts, asked_of, holds
from punchcard.engage.rules.occasions import VISITS, CardDates, PastEvent, event_of
from punchcard.engage.vocabulary import ConditionField
from punchcard.kit.ids import CardId
from punchcard.loyalty.cards.merges.merged_cards import parts_of
from punchcard.loyalty.rules.standing import NO_STANDING, Standing
from punchcard.loyalty.tables import CARDS, CUSTOMERS, ENTRIES
from punchcard.loyalty.vocabulary import EntryType

_YEAR: Final = timedelta(days=365)


def card_facts_query() -> Select[Any]:
    """Return the query of what is looked at of cards and of those they belong to."""
    return select(
        *(CARDS.c[name] for name in ("id", "vendor_id", "program_id", "location_id")),
        *(CARDS.c[name] for name in ("stamps", "points", "standing", "locale")),
        *(CARDS.c[name] for name in ("enrolled_at", "last_activity_at")),
        CUSTOMERS.c.birthday,
        CUSTOMERS.c.birthday_set_at,
        CUSTOMERS.c.locale.label("customer_locale"),
        CUSTOMERS.c.marketing_consent,
    ).outerjoin(CUSTOMERS, CUSTOMERS.c.id == CARDS.c.customer_id)


def dates_of(row: Row[Any], zone: ZoneInfo) -> CardDates:
    """Return what the days of a card are, where its shop is."""
    standing = Standing.parse(row.standing) or NO_STANDING
    ends = {lot.expires_on for lot in standing.lots if not lot.activates_on}
    return CardDates(
        joined=_day(row.enrolled_at, zone),
        last_seen=_day(row.last_activity_at, zone),
        birthday=row.birthday,
        birthday_told=_day(row.birthday_set_at, zone) if row.birthday_set_at else None,
        point_ends=tuple(date.fromisoformat(end) for end in sorted(ends) if end[0].isdigit()),
    )


def facts_of(row: Row[Any], zone: ZoneInfo, now: datetime, visits: int) -> KnownFacts:
    """Return what conditions may ask of a card; `visits` are those of the last 365 days."""
    today = _day(now, zone)
    standing = Standing.parse(row.standing) or NO_STANDING
    return {
        ConditionField.LAST_VISIT_DAYS: (today - _day(row.last_activity_at, zone)).days,
        ConditionField.VISITS_365D: visits,
        ConditionField.STAMPS: row.stamps,
        ConditionField.POINTS: row.points,
        ConditionField.TIER: standing.tier.get("key"),
        ConditionField.BIRTHDAY_MONTH: int(row.birthday[:2]) if row.birthday else None,
        ConditionField.JOINED_DAYS: (today - _day(row.enrolled_at, zone)).days,
        ConditionField.LOCALE: row.locale or row.customer_locale,
        ConditionField.GRANT_READY: bool(standing.grants),
        ConditionField.CONSENT: bool(row.marketing_consent),
        ConditionField.LOCATION_ID: row.location_id,
    }


def visits_of(
    connection: Connection, card_ids: Collection[CardId], now: datetime
) -> Mapping[CardId, int]:
    """Return how often each of these cards, with its parts, was there in the last 365 days."""
    if not card_ids:
        return {}
    parts = parts_of(connection, card_ids)
    query = (
        select(ENTRIES.c.card_id, func.count())
        .where(
            ENTRIES.c.card_id.in_([*card_ids, *parts]),
            ENTRIES.c.occurred_at > now - _YEAR,
            is_visit(),
        )
        .group_by(ENTRIES.c.card_id)
    )
    visits: Counter[CardId] = Counter()
    for card_id, number in connection.execute(query):
        visits[parts.get(card_id, card_id)] += int(number)
    return visits


def willing_cards(
    connection: Connection,
    conditions: Sequence[Mapping[str, Any]],
    rows: Sequence[Row[Any]],
    zone: ZoneInfo,
    now: datetime,
) -> set[CardId]:
    """Return those cards of `card_facts_query` that meet conditions as of `now`."""
    if not conditions:
        return {row.id for row in rows}
    visits: Mapping[CardId, int] = {}
    if ConditionField.VISITS_365D in asked_of(conditions):
        visits = visits_of(connection, [row.id for row in rows], now)
    return {
        row.id for row in rows if holds(conditions, facts_of(row, zone, now, visits.get(row.id, 0)))
    }


def is_visit() -> ColumnElement[bool]:
    """Return the condition that an entry tells of a visit, and was not voided."""
    void = ENTRIES.alias("void")
    voided = select(void.c.id).where(void.c.voids == ENTRIES.c.id).exists()
    return ENTRIES.c.type.in_(VISITS) & ~voided


def events_of(
    connection: Connection, card_ids: Collection[CardId], types: Iterable[EntryType]
) -> Sequence[PastEvent]:
    """Return entries of these types, and voids, of a card and its parts, in their order."""
    wanted = {*types, EntryType.VOIDED}
    names = ("id", "type", "created_at", "actor_kind", "voids", "details")
    query = (
        select(*(ENTRIES.c[name] for name in names))
        .where(ENTRIES.c.card_id.in_(card_ids), ENTRIES.c.type.in_(wanted))
        .order_by(ENTRIES.c.created_at, ENTRIES.c.sequence, ENTRIES.c.id)
    )
    return [event_of(row) for row in connection.execute(query)]


def _day(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()
