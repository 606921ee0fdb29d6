"""Guests and their habits: who comes when. Pure chance from a seed, the same every time."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import Enum
from random import Random
from zoneinfo import ZoneInfo

from punchcard.demo.opening import OpenShop
from punchcard.demo.people import Strangers
from punchcard.loyalty.cards.card_view import CardView
from punchcard.loyalty.operations import NewCustomer

ZONE = ZoneInfo("Europe/Luxembourg")

# Of ten guests four enrol in the opening weeks; the others find the shop one by one.
_OPENING_SHARE = 0.4
_OPENING_DAYS = 12
_SECOND_VISIT = 0.06


class Doing(Enum):
    """What happens to a guest."""

    ENROLS = "enrols"
    VISITS = "visits"
    LOSES_CARD = "loses card"
    FINDS_CARD = "finds card"
    GETS_NEW_CARD = "gets new card"
    COMPLAINS = "complains"


@dataclass(slots=True)
class Guest:
    """Someone with a card of a shop, and what is known of the card."""

    shop: OpenShop
    joined_day: int
    visits_a_week: float
    service_point: int
    customer: NewCustomer | None
    enrols_alone: bool
    is_brought: bool = False
    has_come: bool = False
    card: CardView | None = None
    is_blocked: bool = False
    taken: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GuestEvent:
    """Something that happens to one guest at one moment."""

    at: datetime
    guest: Guest
    doing: Doing


def invite(shop: OpenShop, days: int, chance: Random) -> list[Guest]:
    """Return the guests of a shop over `days`; fewer for a shorter history."""
    trade, strangers = shop.shop.trade, Strangers(chance)
    number = max(8, round(trade.guests * min(1.0, 0.25 + 0.75 * days / 90)))
    guests = []
    for _ in range(number):
        is_brought = chance.random() < trade.brought
        enrols_alone = is_brought or chance.random() < 0.3
        is_anonymous = chance.random() < trade.anonymous
        rare, often = trade.visits_a_week
        is_regular = chance.random() < trade.regulars
        guests.append(
            Guest(
                shop=shop,
                joined_day=_joined_day(days, chance),
                visits_a_week=chance.uniform(often / 2, often)
                if is_regular
                else chance.uniform(rare, often / 3),
                service_point=chance.randrange(len(shop.service_points)),
                customer=None if is_anonymous else strangers.customer(accepted_terms=enrols_alone),
                enrols_alone=enrols_alone,
                is_brought=is_brought,
            )
        )
    return guests


def day_of_events(
    guests: list[Guest], number: int, day: date, chance: Random
) -> Iterator[GuestEvent]:
    """Return what happens on the `number`-th day, in no order."""
    for guest in guests:
        weight = guest.shop.shop.trade.weekdays[day.weekday()]
        if not weight or number < guest.joined_day:
            continue
        moment = _moment(guest, day, chance)
        if guest.card is None:
            yield GuestEvent(moment, guest, Doing.ENROLS)
        elif chance.random() < guest.visits_a_week / 7 * weight:
            yield from _visit(guest, moment, chance)


def _visit(guest: Guest, moment: datetime, chance: Random) -> Iterator[GuestEvent]:
    if guest.is_blocked:
        if chance.random() < 0.6:
            return
        doing = chance.choice((Doing.FINDS_CARD, Doing.GETS_NEW_CARD))
        yield GuestEvent(moment - timedelta(minutes=1), guest, doing)
    elif chance.random() < 0.004:
        yield GuestEvent(moment, guest, Doing.LOSES_CARD)
        return
    yield GuestEvent(moment, guest, Doing.VISITS)
    if chance.random() < 0.004:
        yield GuestEvent(moment + timedelta(minutes=4), guest, Doing.COMPLAINS)
    later = moment + timedelta(hours=chance.uniform(3, 5))
    closing = max(guest.shop.shop.trade.hours)
    if chance.random() < _SECOND_VISIT and later.astimezone(ZONE).hour <= closing:
        yield GuestEvent(later, guest, Doing.VISITS)


def _joined_day(days: int, chance: Random) -> int:
    if chance.random() < _OPENING_SHARE:
        return int(min(chance.expovariate(1 / (_OPENING_DAYS / 2)), days - 1))
    return chance.randrange(days)


def _moment(guest: Guest, day: date, chance: Random) -> datetime:
    hours = guest.shop.shop.trade.hours
    hour = chance.choices(list(hours), list(hours.values()))[0]
    clock = time(hour, chance.randrange(60), chance.randrange(60), chance.randrange(10**6))
    return datetime.combine(day, clock, ZONE)
