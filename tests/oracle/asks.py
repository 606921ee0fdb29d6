"""Lives of a card of points: drawn events, and the same events as operations of the till."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from punchcard.kit.ids import CardId, EntryId, VendorId
from punchcard.loyalty.operations import (
    Actor,
    AdjustPoints,
    BookDue,
    CardKey,
    CardRef,
    EarnPoints,
    Operation,
    RedeemPoints,
    RefundPoints,
    VoidEntry,
)
from punchcard.loyalty.vocabulary import ActorKind
from tests.oracle.points import Event, Program


@dataclass(frozen=True)
class Ask:
    """What someone asks for: `size` says how much, `back` how many minutes ago it happened, `pick`
    which of the events that were taken it is about.
    """

    ask: str
    size: int
    back: int
    pick: int


@dataclass(frozen=True)
class Hour:
    """What is asked at one moment, some minutes after the moment before."""

    minutes_later: int
    asks: list[Ask]


_DAY = 24 * 60
HOURS = st.lists(
    st.builds(
        Hour,
        minutes_later=st.sampled_from(
            [0, 60, 179, _DAY, 13 * _DAY, 14 * _DAY, 28 * _DAY, 31 * _DAY, 70 * _DAY, 366 * _DAY]
        ),
        asks=st.lists(
            st.builds(
                Ask,
                ask=st.sampled_from(
                    "earn earn earn earn redeem redeem adjust void void refund refund book".split()
                ),
                size=st.integers(0, 60),
                back=st.sampled_from([0, 0, 0, 30, 180, 1500, 4300]),
                pick=st.integers(0, 30),
            ),
            min_size=1,
            max_size=4,
        ),
    ),
    min_size=1,
    max_size=10,
)
# Nights in which clocks change, ends of months and years, and the day that most years lack.
STARTS = st.sampled_from(
    [
        datetime(2026, 3, 28, 22, 30, tzinfo=UTC),
        datetime(2026, 10, 24, 21, 30, tzinfo=UTC),
        datetime(2026, 4, 23, 21, 45, tzinfo=UTC),
        datetime(2028, 1, 31, 22, 30, tzinfo=UTC),
        datetime(2028, 2, 28, 23, 30, tzinfo=UTC),
        datetime(2027, 12, 31, 22, 45, tzinfo=UTC),
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
PROGRAMS = st.fixed_dictionaries(
    {
        "zone": st.sampled_from(["Europe/Luxembourg", "Africa/Cairo", "America/St_Johns"]),
        "per_unit": st.sampled_from([1, 3, 7]),
        "per_amount_minor": st.sampled_from([7, 100]),
        "minimum_purchase_minor": st.sampled_from([0, 0, 60]),
        "minimum_redemption_points": st.sampled_from([0, 2]),
        "void_policy": st.sampled_from(["clamp", "allow_negative", "refuse"]),
        "expiry": EXPIRIES,
        "activation_days": st.sampled_from([0, 0, 1, 14, 40]),
        "grace_days": st.sampled_from([0, 30]),
    }
)


def event_of(ask: Ask, now: datetime, taken: list[int]) -> Event:
    """Return the event that an ask is at this time; `taken` are those that it can be about."""
    event = {"ask": ask.ask, "happened": now, "recorded": now}
    if ask.ask in ("void", "refund"):
        if not taken:
            return event_of(Ask("earn", ask.size, ask.back, ask.pick), now, taken)
        event["of"] = taken[ask.pick % len(taken)]
    match ask.ask:
        case "earn":
            back = timedelta(minutes=ask.back)
            event.update(amount_minor=ask.size * 17, happened=now - back)
        case "refund":
            event["amount_minor"] = 1 + ask.size * 9
        case "redeem":
            event["points"] = 1 + ask.size % 12
        case "adjust":
            event["points"] = ask.size % 15 - 7 or 1
        case "book":
            event["until"] = now - timedelta(hours=73)
    return event


def operation_of(
    event: Event, number: int, entries: Mapping[int, EntryId], card: CardId, vendor: VendorId
) -> Operation:
    """Return the operation that an event of this number is; `entries` are those of former ones."""
    asked: dict[str, Any] = {"vendor_id": vendor, "actor": Actor(ActorKind.API_KEY, "a key")}
    if event["ask"] in ("void", "refund"):
        asked["transaction_id"] = entries[event["of"]]
    else:
        asked["card"] = CardRef(CardKey.ID, card)
    kinds: dict[str, tuple[Callable[..., Operation], dict[str, Any]]] = {
        "earn": (EarnPoints, {"amount_minor": event.get("amount_minor")}),
        "redeem": (RedeemPoints, {"points": event.get("points")}),
        "adjust": (AdjustPoints, {"points_delta": event.get("points")}),
        "void": (VoidEntry, {}),
        "refund": (
            RefundPoints,
            {
                "amount_minor": event.get("amount_minor"),
                "refund_reference": f"{card} {number}",
            },
        ),
        "book": (BookDue, {"until": event.get("until")}),
    }
    kind, facts = kinds[event["ask"]]
    if event["happened"] != event["recorded"]:
        asked["occurred_at"] = event["happened"]
    return kind(**asked, **facts)


def columns_of(program: Program) -> dict[str, Any]:
    """Return the columns in which a program of the second opinion is kept."""
    return {
        "type": "points",
        "currency": "EUR",
        "timezone": program["zone"],
        "points_per_currency_unit": program["per_unit"],
        "points_per_amount_minor": program["per_amount_minor"],
        "minimum_purchase_minor": program["minimum_purchase_minor"],
        "minimum_redemption_points": program["minimum_redemption_points"],
        "void_policy": program["void_policy"],
        "points_expiry": program["expiry"],
        "points_activation_days": program["activation_days"],
        "return_grace_days": program["grace_days"],
    }
