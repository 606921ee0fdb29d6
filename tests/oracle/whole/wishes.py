"""Lives of a whole shop: what is drawn, and the events that it is."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from tests.oracle.whole.cards import Event
from tests.oracle.whole.piles import NEVER
from tests.oracle.whole.promises import ready
from tests.oracle.whole.returns import VOIDABLE
from tests.oracle.whole.shop import Shop

CARDS = 3
SKUS = ("espresso", "cake", "water")
_DAY = 24 * 60
# What comes first is what Hypothesis tries instead of anything else: so it can leave wishes out.
ASKS = (
    "nothing stamp stamp stamp visit visit visit visit earn earn earn redeem_stamps redeem_stamps"
    " claim claim points reward reward adjust bonus grant grant redeem_grant revoke reserve reserve"
    " confirm release void void void refund refund refund merge merge separate separate book"
    " opening opening undo"
).split()

# Of cards that owe something, put together and apart.
ASKS_OF_DEBTS = (
    "nothing visit visit visit earn stamp points points redeem_stamps reward void void void void"
    " bonus merge merge merge separate separate separate book"
).split()


@dataclass(frozen=True)
class Wish:
    """What somebody asks for: `size` says how much, `back` how many minutes ago it happened,
    `pick` what it is about, `card` for which card.
    """

    ask: str
    card: int
    size: int
    back: int
    pick: int
    shop: int = 0


@dataclass(frozen=True)
class Rush:
    """Wishes of one moment, some minutes after the one before; `at_once` in lists."""

    minutes_later: int
    wishes: list[Wish]
    at_once: bool = False


def _rushes(asks: list[str], days: tuple[int, ...]) -> st.SearchStrategy[list[Rush]]:
    wishes = st.builds(
        Wish,
        ask=st.sampled_from(asks),
        card=st.sampled_from([0, 0, 0, 1, 1, 2]),
        size=st.integers(0, 60),
        back=st.sampled_from([0, 0, 0, 0, 30, 180, 1500, 4300]),
        pick=st.integers(0, 40),
        shop=st.sampled_from([0, 0, 1]),
    )
    later = [0, 0, 10, 60, 179, *(number * _DAY for number in days)]
    rush = st.builds(
        Rush,
        minutes_later=st.sampled_from(later),
        wishes=st.lists(wishes, min_size=3, max_size=7),
        at_once=st.booleans(),
    )
    return st.lists(rush, min_size=5, max_size=14)


RUSHES = _rushes(ASKS, (1, 1, 3, 7, 13, 28, 31, 70, 366))
RUSHES_OF_DEBTS = _rushes(ASKS_OF_DEBTS, (1, 3, 7, 13, 28))
# Nights in which clocks change, ends of months and years, and the day that most years lack.
STARTS = st.sampled_from(
    [
        datetime(*moment, tzinfo=UTC)
        for moment in (
            (2026, 3, 28, 22, 30),
            (2026, 10, 24, 21, 30),
            (2026, 4, 23, 21, 45),
            (2028, 1, 31, 22, 30),
            (2028, 2, 28, 23, 30),
            (2027, 12, 31, 22, 45),
        )
    ]
)
EXPIRIES = st.one_of(
    st.sampled_from([None, {"kind": "never"}, {"kind": "year_end"}]),
    st.fixed_dictionaries(
        {
            "kind": st.sampled_from(["fixed", "inactivity"]),
            "months": st.sampled_from([1, 2, 12]),
            "round_to": st.sampled_from(["day", "day", "month_end", "year_end"]),
        }
    ),
)
CLUBS = st.none() | st.fixed_dictionaries(
    {
        "tiers": st.just(
            [
                (0, Fraction(1), False),
                (4, Fraction(5, 4), True),
                (11, Fraction(1), False),
                (40, Fraction(2), True),
            ]
        ),
        "basis": st.sampled_from(["points", "spend_minor", "visits", "stamps"]),
        "window": st.sampled_from(["lifetime", "calendar_year", "rolling_12_months"]),
        "falls": st.sampled_from(["never", "one_down", "to_fit"]),
        "holds": st.sampled_from([0, 1, 14]),
        "grace": st.sampled_from([0, 30]),
    }
)
ADDED = st.sampled_from(
    [
        {"factor": Fraction(2), "points": 0, "stamps": 0},
        {"factor": Fraction(3, 2), "points": 0, "stamps": 0},
        {"factor": Fraction(1), "points": 5, "stamps": 0},
        {"factor": Fraction(1), "points": 0, "stamps": 1},
    ]
)
WINDOWS = st.sampled_from([None, None, ("22:30", "03:00"), ("00:00", "24:00"), ("02:15", "02:45")])


@st.composite
def promotions(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a promotion that is on for some of the time."""
    year = draw(st.sampled_from([2026, 2027, 2028]))
    added = draw(ADDED)
    return {
        **added,
        "starts_on": date(2026, 3, 1),
        "ends_on": date(year, 12, 31),
        "window": draw(WINDOWS),
        "weekdays": draw(st.sampled_from([[1, 2, 3, 4, 5, 6, 7], [6, 7], [1, 5]])),
        "items": draw(st.sampled_from([[], [], ["cake"]])),
        "minimum_minor": draw(st.sampled_from([0, 0, 200])),
        "limit": draw(st.sampled_from([None, (1, "card"), (2, "day"), (1, "week")])),
        "budget": draw(st.sampled_from([None, None, 6, 20])),
        "is_best": draw(st.booleans()),
        "places": draw(st.sampled_from([[], [], [0], [0, 1]])),
        "tiers": draw(st.sampled_from([[], [], [], [1], [0, 2]])),
    }


def _fitting(program: dict[str, Any]) -> dict[str, Any]:
    """Return a program without what one of its kind cannot have."""
    kind, club = program["kind"], program["club"]
    if kind == "hybrid":
        return program
    only = kind == "stamps"
    wrong = "points spend_minor" if only else "stamps"
    if club and club["basis"] in wrong.split():
        club = {**club, "basis": "visits"}
    fits = {
        "club": club,
        "promotions": [one for one in program["promotions"] if bool(one["stamps"]) is only],
    }
    stamps: dict[str, Any] = {
        "stamps_expiry": None,
        "milestones": [],
        "gives": {},
        "per_visit": None,
    }
    points = {"points_expiry": None, "activation_days": 0}
    return {**program, **fits, **(points if only else stamps)}


_DRAWN = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["hybrid", "hybrid", "hybrid", "points", "stamps"]),
        "zone": st.sampled_from(
            [ZoneInfo(name) for name in ("Europe/Luxembourg", "Africa/Cairo", "America/St_Johns")]
        ),
        "per_unit": st.sampled_from([1, 3]),
        "per_amount_minor": st.sampled_from([70, 100]),
        "minimum_purchase_minor": st.sampled_from([0, 0, 60]),
        "minimum_redemption_points": st.sampled_from([0, 2]),
        "void_policy": st.sampled_from(["clamp", "clamp", "allow_negative", "refuse"]),
        "points_expiry": EXPIRIES,
        "stamps_expiry": EXPIRIES,
        "activation_days": st.sampled_from([0, 0, 1, 14]),
        "grace_days": st.sampled_from([0, 30]),
        "target": st.sampled_from([4, 5]),
        "milestones": st.sampled_from([[], [2], [1, 3]]),
        "keeps": st.booleans(),
        "cooldown_minutes": st.sampled_from([0, 0, 0, 30]),
        "daily": st.sampled_from([4, 30]),
        "per_visit": st.sampled_from([None, None, 2]),
        "gives": st.sampled_from([{}, {"espresso": 1, "cake": 2}, {"espresso": 1, "cake": 2}]),
        "club": CLUBS,
        "promotions": st.lists(promotions(), max_size=3),
        "price": st.just(4),
        "stock": st.sampled_from([None, 1, 3]),
        "per_card": st.sampled_from([None, None, 1, 2]),
        "cups": st.sampled_from([None, 2]),
    }
)
PROGRAMS = _DRAWN.map(_fitting)
PROGRAMS_OF_DEBTS = st.builds(
    lambda program, owing: program | owing,
    PROGRAMS,
    st.fixed_dictionaries(
        {"void_policy": st.sampled_from(["allow_negative", "allow_negative", "clamp", "refuse"])}
        | {"minimum_redemption_points": st.just(0), "per_visit": st.none(), "daily": st.just(30)}
    ),
)


# What is asked for instead where a program has no stamps, or no points.
_INSTEAD = {
    "points": {
        "stamp": "earn",
        "visit": "earn",
        "redeem_stamps": "reward",
        "claim": "points",
        "nothing": "nothing",
    },
    "stamps": {
        "earn": "stamp",
        "visit": "stamp",
        "points": "redeem_stamps",
        "reward": "claim",
        "adjust": "bonus",
        "refund": "void",
    },
}


def event_of(wish: Wish, number: int, shop: Shop, now: datetime) -> Event:
    """Return the event that a wish is, in a shop where this and that has happened."""
    instead = _INSTEAD.get(shop.program["kind"], {})
    wish = replace(wish, ask=instead.get(wish.ask, wish.ask))
    event: Event = {"ask": wish.ask, "card": wish.card, "happened": now, "recorded": now}
    if wish.ask in ("void", "refund", "separate", "undo"):
        if (of := _of(wish, shop)) is None:
            return event_of(replace(wish, ask="visit"), number, shop, now)
        event["of"] = of
    facts: Event = _FACTS.get(wish.ask, _promise_of)(wish, number, shop, now)
    if wish.ask in ("stamp", "visit", "earn"):
        event["place"] = (None, 0, 1)[wish.pick % 3]
        event["happened"] = now - timedelta(minutes=wish.back)
    return event | facts


def _of(wish: Wish, shop: Shop) -> int | None:
    """Return what is to be taken back: mostly something that can be."""
    taken = sorted(shop.deeds)
    if wish.ask == "separate":
        taken = sorted(shop.merges)
    elif wish.ask == "undo":
        taken = [number for number in taken if shop.deeds[number].ask == "opening"]
    elif wish.size % 8:
        asks = ("earn", "visit") if wish.ask == "refund" else VOIDABLE
        taken = [number for number in taken if shop.deeds[number].ask in asks]
    return taken[-1 - wish.pick % len(taken)] if taken else None


def _stamp(wish: Wish, number: int, shop: Shop, now: datetime) -> Event:
    size = wish.size
    return {"stamps": 1 + size % 3, "items": _items(size), "reference": _receipt(wish.pick)}


def _visit(wish: Wish, number: int, shop: Shop, now: datetime) -> Event:
    amount = None if wish.size % 5 == 4 else 1 + wish.size * 13
    stamps = (None, None, 0, 1, 2)[wish.pick % 5]
    return {"amount_minor": amount, "items": _items(wish.size), "stamps": stamps} | {
        "reference": _receipt(wish.pick)
    }


def _claim(wish: Wish, number: int, shop: Shop, now: datetime) -> Event:
    on_the_way = [*shop.program["milestones"], *shop.program["milestones"], 5]
    return {"ask": "redeem_stamps", "at": on_the_way[wish.size % len(on_the_way)]}


_FACTS: dict[str, Callable[[Wish, int, Shop, datetime], Event]] = {
    "stamp": _stamp,
    "visit": _visit,
    "claim": _claim,
    "void": lambda *_: {"ask": "void"},
    "separate": lambda *_: {"ask": "void"},
    "undo": lambda *_: {"ask": "void", "by_import": True},
    "redeem_stamps": lambda *_: {"at": None},
    "earn": lambda wish, *_: {
        "amount_minor": 1 + wish.size * 13,
        "reference": _receipt(wish.pick),
    },
    "bonus": lambda wish, _, shop, now: {
        "points": 0 if shop.program["kind"] == "stamps" else 1 + wish.size % 4,
        "stamps": 0 if shop.program["kind"] == "points" else 1 + wish.pick % 2,
    },
    "opening": lambda wish, _, shop, now: {
        "points": None if shop.program["kind"] == "stamps" else wish.size % 13,
        "stamps": None if shop.program["kind"] == "points" else wish.pick % 7,
        "adds": bool(wish.size % 2),
    },
    "refund": lambda wish, number, *_: {
        "amount_minor": 1 + wish.size * 7,
        "reference": f"back-{number}",
    },
    "points": lambda wish, *_: {"points": 1 + wish.size % 6},
    "reward": lambda *_: {},
    "adjust": lambda wish, *_: {"points": wish.size % 15 - 7 or 1},
    "merge": lambda wish, *_: {"from": (wish.card + 1 + wish.size % (CARDS - 1)) % CARDS},
    "book": lambda wish, number, shop, now: {"until": now - timedelta(hours=73)},
}


def _promise_of(wish: Wish, number: int, shop: Shop, now: datetime) -> Event:
    grants = [name for name in shop.grants if name >= 0]
    named = grants[wish.pick % len(grants)] if grants and wish.size % 3 else None
    nothing: Event = {"ask": "book", "until": now}
    if wish.ask == "grant":
        return _grant(wish, shop, now)
    if wish.ask == "reserve":
        return _reserve(wish, shop, named)
    if wish.ask in ("redeem_grant", "revoke"):
        return nothing if wish.ask == "revoke" and named is None else {"grant": named}
    card = shop.cards[wish.card]
    held = sorted(card.held) or sorted(card.ended_holds)
    points = 1 + wish.size % 4 if wish.pick % 2 else None
    return {"of": held[wish.pick % len(held)], "points": points} if held else nothing


def _grant(wish: Wish, shop: Shop, now: datetime) -> Event:
    days = (None, 0, 3, 20, -1)[wish.size % 5]
    ends = NEVER if days is None else (shop.day(now) + timedelta(days=days)).isoformat()
    once = (None, None, "birthday", "welcome")[wish.pick % 4]
    return {"reward": ("coffee", "coffee", "cake")[wish.size % 3], "ends": ends, "once": once}


def _reserve(wish: Wish, shop: Shop, named: int | None) -> Event:
    kind = ("points", "cake", "grant", "points")[wish.pick % 4]
    if shop.program["kind"] == "stamps":
        kind = "grant"
    if kind == "grant":
        own = sorted(name for name in ready(shop, shop.cards[wish.card]) if name >= 0)
        named = own[wish.size % len(own)] if own else named
        kind = "cake" if named is None else "grant"
        if kind == "cake" and shop.program["kind"] == "stamps":
            return {"ask": "redeem_stamps", "at": None}
    seconds = 60 + 900 * wish.size
    return {"kind": kind, "points": 1 + wish.size % 6, "grant": named, "seconds": seconds}


def _items(size: int) -> list[tuple[str, int]]:
    return [] if size % 4 else [(SKUS[size % 2], 1 + size % 2), (SKUS[2], 1)]


def _receipt(pick: int) -> str | None:
    return (None, None, None, None, None, None, "R-1", "R-2")[pick % 8]
